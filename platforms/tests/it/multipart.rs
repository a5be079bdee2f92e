//! Reading the forms with files that the X client sends.

use crate::server::Request;

pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Vec<u8>,
}

impl Part {
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }
}

/// The parts of the body, in order; whatever is not RFC 7578 panics.
pub fn parts(request: &Request) -> Vec<Part> {
    let content_type = request.header("content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=");
    let delimiter = format!("\r\n--{}", boundary.unwrap());
    // The first delimiter has no line before it.
    let body = [b"\r\n", request.bytes.as_slice()].concat();
    let mut pieces = split(&body, delimiter.as_bytes()).into_iter();
    assert_eq!(pieces.next().unwrap(), b"");
    let mut pieces: Vec<&[u8]> = pieces.collect();
    assert_eq!(pieces.pop().unwrap(), b"--\r\n");
    pieces.into_iter().map(part).collect()
}

fn part(piece: &[u8]) -> Part {
    let piece = piece.strip_prefix(b"\r\n").unwrap();
    let head_end = split(piece, b"\r\n\r\n")[0].len();
    let head = std::str::from_utf8(&piece[..head_end]).unwrap();
    let header = |name: &str| {
        let mut lines = head
            .split("\r\n")
            .map(|line| line.split_once(": ").unwrap());
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    };
    let disposition = header("content-disposition").unwrap();
    let mut words = disposition.split("; ");
    assert_eq!(words.next(), Some("form-data"));
    let quoted = |key: &str| {
        let value = disposition
            .split("; ")
            .find_map(|word| word.strip_prefix(&format!("{key}=\"")));
        value.map(|value| value.strip_suffix('"').unwrap().to_owned())
    };
    Part {
        name: quoted("name").unwrap(),
        file_name: quoted("filename"),
        content_type: header("content-type"),
        bytes: piece[head_end + 4..].to_vec(),
    }
}

fn split<'a>(bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        pieces.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    pieces.push(rest);
    pieces
}
