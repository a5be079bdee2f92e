//! The parts of a `multipart/form-data` body, without copying them.

use bytes::Bytes;

/// One part, such as a field or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// It came with a file name.
    pub(crate) is_file: bool,
    pub(crate) bytes: Bytes,
}

/// A longer value is content and no field.
const LONGEST_FIELD: usize = 1 << 20;

impl Part {
    /// The part as a text field; `None`: it is a file, or no text.
    pub(crate) fn field(&self) -> Option<(String, String)> {
        let is_field = !self.is_file && self.bytes.len() <= LONGEST_FIELD;
        let text = std::str::from_utf8(&self.bytes).ok().filter(|_| is_field)?;
        Some((self.name.clone(), text.to_owned()))
    }
}

pub(crate) fn parts(content_type: &str, body: &Bytes) -> Vec<Part> {
    let boundary = content_type
        .split(';')
        .find_map(|part| part.trim().strip_prefix("boundary="));
    let Some(boundary) = boundary.map(|boundary| boundary.trim_matches('"')) else {
        return Vec::new();
    };
    let delimiter = format!("--{boundary}").into_bytes();
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = find(&body[at..], &delimiter) {
        starts.push(at + found);
        at += found + delimiter.len();
    }
    let between = starts.windows(2);
    between
        .filter_map(|pair| part(body.slice(pair[0] + delimiter.len()..pair[1])))
        .collect()
}

fn part(bytes: Bytes) -> Option<Part> {
    let head_end = find(&bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..head_end]).ok()?;
    let disposition = head.lines().find(|line| {
        line.get(..20)
            .is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:"))
    })?;
    let items = || disposition.split(';').map(str::trim);
    let name = items().find_map(|item| item.strip_prefix("name="))?;
    let is_file = items().any(|item| item.starts_with("filename"));
    let value = bytes.slice(head_end + 4..);
    let end = value.strip_suffix(b"\r\n").map_or(value.len(), <[u8]>::len);
    Some(Part {
        name: name.trim_matches('"').to_owned(),
        is_file,
        bytes: value.slice(..end),
    })
}

/// The place of `what` in `bytes`. Jumps from one first byte to the next, since a file may have
/// megabytes.
fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| byte == first) {
        at += next;
        if bytes[at..].starts_with(what) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_with_their_line_breaks() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\none\r\ntwo\r\n\
                    --x\r\ncontent-disposition: form-data; name=media_type\r\n\r\nTEXT\r\n--x--\r\n";
        let read = parts(
            "multipart/form-data; boundary=\"x\"",
            &Bytes::from_static(body.as_bytes()),
        );
        let read: Vec<_> = read.iter().filter_map(Part::field).collect();
        let expected = [("text", "one\r\ntwo"), ("media_type", "TEXT")];
        assert_eq!(
            read,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_file_keeps_its_bytes_and_is_no_field() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a\"\r\n\r\n\
                     \x00\xFF--\r\n\r\n--x--";
        let read = parts("multipart/form-data; boundary=x", &Bytes::from_static(body));
        assert_eq!(&read[0].bytes[..], b"\x00\xFF--\r\n");
        assert_eq!((read[0].is_file, read[0].field()), (true, None));
    }
}
