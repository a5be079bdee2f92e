//! Files to upload, and a server that Threads can fetch them from.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Three by two pixels, and a byte of one's choice.
pub(super) fn png(byte: u8) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x03\0\0\0\x02\x08\x06\0\0\0".to_vec();
    file.push(byte);
    file
}

pub(super) fn gif() -> Vec<u8> {
    b"GIF89a\x05\0\x04\0\x80\0\0".to_vec()
}

/// Of so many bytes, and of so many seconds.
pub(super) fn video(bytes: usize, seconds: u32) -> Vec<u8> {
    let mut file = b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\x6Cmvhd\0\0\0\0".to_vec();
    file.extend([0; 8]);
    file.extend(1_000_u32.to_be_bytes());
    file.extend((seconds * 1_000).to_be_bytes());
    while file.len() < bytes {
        file.push(u8::try_from(file.len() % 251).unwrap_or(0));
    }
    file
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A body of `multipart/form-data` with these fields and the part `media`, and its type.
pub(super) fn multipart(fields: &[(&str, &str)], media: &[u8]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let head = "--x\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a\"\r\n\
                Content-Type: application/octet-stream\r\n\r\n";
    body.extend(head.bytes());
    body.extend(media);
    body.extend(b"\r\n--x--\r\n");
    ("multipart/form-data; boundary=x", body)
}

/// Serves files under their names; whatever else is asked for is not there.
pub(super) struct Files {
    base: String,
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Files {
    pub(super) async fn serve(files: Vec<(&'static str, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (asked, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (files, counter, door) = (Arc::new(files), Arc::clone(&asked), Arc::clone(&gate));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (files, counter, door) =
                    (Arc::clone(&files), Arc::clone(&counter), Arc::clone(&door));
                tokio::spawn(async move {
                    let mut head = vec![0; 4_096];
                    let length = stream.read(&mut head).await.unwrap_or(0);
                    let head = String::from_utf8_lossy(&head[..length]).into_owned();
                    counter.fetch_add(1, Ordering::Relaxed);
                    let path = head.split(' ').nth(1).unwrap_or_default();
                    if path.starts_with("/slow/") {
                        door.acquire().await.expect("open").forget();
                    }
                    let name = path.rsplit('/').next().unwrap_or_default();
                    let found = files.iter().find(|(known, _)| *known == name);
                    let (status, body) = match found {
                        Some((_, body)) => ("200 OK", body.as_slice()),
                        None => ("404 Not Found", &b"no"[..]),
                    };
                    let head = format!(
                        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
                });
            }
        });
        Self { base, asked, gate }
    }

    pub(super) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// The same file, once it is let go.
    pub(super) fn slow_url(&self, name: &str) -> String {
        format!("{}/slow/{name}", self.base)
    }

    pub(super) fn let_go(&self) {
        self.gate.add_permits(1);
    }

    /// Waits until it has been asked for something.
    pub(super) async fn until_asked(&self) {
        while self.asked() == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// How often it was asked for something.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}
