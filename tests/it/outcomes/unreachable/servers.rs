//! Listeners where a platform should be, none of which ever takes a request.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};

/// How somebody listens.
#[derive(Clone, Copy)]
pub enum Listens {
    InPlainHttp,
    AndClosesAtOnce,
    AndClosesInTheHandshake,
    AndResetsInTheHandshake,
    /// With TLS's own words.
    AndRefusesTheHandshake,
    WithACertificateOfNobodys,
    /// Accepts, and never says a word.
    AndSaysNothing,
}

pub struct Server {
    pub url: String,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// Listens on a free port until the process ends.
    pub fn start(how: Listens) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let said = answered(how, &mut stream);
                kept.lock().expect("no panic").push(said);
                if matches!(how, Listens::AndSaysNothing) {
                    open.push(stream);
                }
            }
        });
        Server { url, heard }
    }

    pub fn connections(&self) -> usize {
        self.heard.lock().expect("no panic").len()
    }

    /// Whether anybody has sent these words, after the handshake or without one.
    pub fn heard(&self, words: &str) -> bool {
        let all = self.heard.lock().expect("no panic");
        let has = |said: &Vec<u8>| {
            said.windows(words.len())
                .any(|part| part == words.as_bytes())
        };
        all.iter().any(has)
    }
}

/// Does its part, and returns what the other side has said.
fn answered(how: Listens, stream: &mut TcpStream) -> Vec<u8> {
    match how {
        Listens::AndClosesAtOnce | Listens::AndSaysNothing => Vec::new(),
        Listens::AndClosesInTheHandshake => greeting(stream),
        // The system resets a connection that is closed with bytes unread.
        Listens::AndResetsInTheHandshake => {
            let mut first = [0];
            let _ = stream.read(&mut first);
            first.into()
        }
        Listens::InPlainHttp => {
            let said = greeting(stream);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            said
        }
        Listens::AndRefusesTheHandshake => {
            let said = greeting(stream);
            // A fatal alert: handshake_failure (RFC 8446 6.2).
            let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, 40]);
            said
        }
        Listens::WithACertificateOfNobodys => decrypted(stream),
    }
}

/// The first bytes that come, most likely a ClientHello.
fn greeting(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; 16_384];
    let read = stream.read(&mut bytes).unwrap_or(0);
    bytes.truncate(read);
    bytes
}

/// What is said inside of TLS.
fn decrypted(stream: &mut TcpStream) -> Vec<u8> {
    let certificate = CertificateDer::from(bytes(CERTIFICATE));
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(bytes(KEY)));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate and its key");
    let mut tls = ServerConnection::new(Arc::new(config)).expect("a configuration");
    let mut said = Vec::new();
    let _ = rustls::Stream::new(&mut tls, stream).read_to_end(&mut said);
    said
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// Of `localhost` and 127.0.0.1, signed by itself: nobody trusts it.
const CERTIFICATE: &str = "\
    308201973082013ea003020102021455bd981545c83b7cbf3b782d83b1f98ddfa9023b300a06082a8648ce3d\
    04030230143112301006035504030c096c6f63616c686f73743020170d3236313132343133313532335a180f\
    32313236313033313133313532335a30143112301006035504030c096c6f63616c686f73743059301306072a\
    8648ce3d020106082a8648ce3d03010703420004d12caa3a52b3058d72310816559f72ef01561d54a029db29\
    fa56d2c9c29db96feeb7ee7a7471d83c783b8bb0dfbe5a23014401f5cbecf7618744befd52e4eaa7a36c306a\
    301d0603551d0e0416041444ba50757bd86b394d5ee2291de974355359ab18301f0603551d23041830168014\
    44ba50757bd86b394d5ee2291de974355359ab18301a0603551d110413301187047f00000182096c6f63616c\
    686f7374300c0603551d130101ff04023000300a06082a8648ce3d040302034700304402200b7d294a55e7a9\
    921db4253ef1c3e1efb3aa4872fc2f463afd1316d79240355f02206e4c712bfcf8eaa6e0437ac32823e4631c\
    02f517e2330829eb7862c9dbca24bd";

/// Its key, used nowhere else.
const KEY: &str = "\
    308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420a47c5cec4c0a48ee\
    858d29d38cb5857539e6d248a22635fe9ff4120e18896f33a14403420004d12caa3a52b3058d72310816559f\
    72ef01561d54a029db29fa56d2c9c29db96feeb7ee7a7471d83c783b8bb0dfbe5a23014401f5cbecf7618744\
    befd52e4eaa7";
