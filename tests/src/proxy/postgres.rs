//! As much of PostgreSQL's protocol (version 3) as is needed to tell its messages apart: a type
//! byte and a length, and only the first message of a client has no type.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Controls, End, Side, Way};

/// The codes in place of a protocol version with which TLS and GSSAPI are asked for.
const ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];
const VERSION_3: u32 = 3;

/// Whether a client's first bytes ask for encryption.
pub(super) fn asks_for_encryption(first: &[u8]) -> bool {
    first.len() == 8 && number(&first[4..]).is_some_and(|code| ENCRYPTION.contains(&code))
}

/// Whether a client's first bytes are a start-up message.
pub(super) fn is_start_up(first: &[u8]) -> bool {
    first.len() > 8
        && number(first).is_some_and(|length| length as usize == first.len())
        && number(&first[4..]).is_some_and(|version| version >> 16 == VERSION_3)
}

/// Passes messages on, those of a client one batch up to its `Sync` at a time.
///
/// The server answers every such batch with one `ReadyForQuery`, the start-up with the first. So
/// the answer that must not reach the client is known by its number.
pub(super) async fn pass(
    controls: &Controls,
    start_up: Vec<u8>,
    (mut client_in, mut server_out): Way<'_>,
    (mut server_in, mut client_out): Way<'_>,
) -> std::io::Result<End> {
    let withheld = AtomicU64::new(0);
    let up = async {
        server_out.write_all(&start_up).await?;
        let mut asked = 1;
        let (mut read, mut batch) = (Vec::new(), Vec::new());
        while client_in.read_buf(&mut read).await? > 0 {
            controls.flowing().await;
            while let Some(message) = message(&mut read) {
                let kind = message[0];
                batch.extend_from_slice(&message);
                match kind {
                    b'Q' | b'S' => {
                        asked += 1;
                        match controls.counted() {
                            Some(Side::Before) => return Ok(End::Cut),
                            Some(Side::After) => withheld.store(asked, Ordering::SeqCst),
                            None => {}
                        }
                    }
                    // Part of a batch whose `Sync` is still to come.
                    b'P' | b'B' | b'D' | b'E' | b'C' => continue,
                    _ => {}
                }
                server_out.write_all(&batch).await?;
                batch.clear();
            }
        }
        Ok(End::Closed)
    };
    let down = async {
        let mut answered = 0;
        let (mut read, mut passed) = (Vec::new(), Vec::new());
        while server_in.read_buf(&mut read).await? > 0 {
            controls.flowing().await;
            while let Some(message) = message(&mut read) {
                let is_withheld = withheld.load(Ordering::SeqCst) == answered + 1;
                let is_ready = message[0] == b'Z';
                answered += u64::from(is_ready);
                if !is_withheld {
                    passed.extend_from_slice(&message);
                } else if is_ready {
                    return Ok(End::Cut);
                }
            }
            client_out.write_all(&passed).await?;
            passed.clear();
        }
        Ok(End::Closed)
    };
    tokio::select! { end = up => end, end = down => end }
}

/// Takes the first whole message off what was read.
fn message(read: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = 1 + number(read.get(1..)?)? as usize;
    if read.len() < length {
        return None;
    }
    let rest = read.split_off(length);
    Some(std::mem::replace(read, rest))
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_taken_one_by_one_and_only_whole() {
        let mut read = b"S\0\0\0\x04Q\0\0\0\x07ab\0Z\0".to_vec();
        assert_eq!(message(&mut read).as_deref(), Some(&b"S\0\0\0\x04"[..]));
        assert_eq!(message(&mut read).as_deref(), Some(&b"Q\0\0\0\x07ab\0"[..]));
        assert_eq!(message(&mut read), None);
        assert_eq!(read, b"Z\0");
    }

    #[test]
    fn a_connection_to_postgresql_is_known_by_its_first_bytes() {
        assert!(asks_for_encryption(b"\0\0\0\x08\x04\xd2\x16\x2f"));
        assert!(is_start_up(b"\0\0\0\x0d\0\x03\0\0user\0"));
        for other in [&b"*1\r\n$4\r\nPING\r\n"[..], b"GET / HTTP/1.1\r\n", b""] {
            assert!(!asks_for_encryption(other) && !is_start_up(other));
        }
    }
}
