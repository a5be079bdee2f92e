//! The text fields of a `multipart/form-data` body.

pub(crate) fn fields(content_type: &str, body: &[u8]) -> Vec<(String, String)> {
    let boundary = content_type
        .split(';')
        .find_map(|part| part.trim().strip_prefix("boundary="));
    let Some(boundary) = boundary.map(|boundary| boundary.trim_matches('"')) else {
        return Vec::new();
    };
    let body = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    body.split(delimiter.as_str())
        .skip(1)
        .filter_map(field)
        .collect()
}

fn field(part: &str) -> Option<(String, String)> {
    let (head, value) = part.split_once("\r\n\r\n")?;
    let disposition = head.lines().find(|line| {
        line.get(..20)
            .is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:"))
    })?;
    let name = disposition
        .split(';')
        .find_map(|item| item.trim().strip_prefix("name="))?;
    let value = value.strip_suffix("\r\n").unwrap_or(value);
    Some((name.trim_matches('"').to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_with_their_line_breaks() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\none\r\ntwo\r\n\
                    --x\r\ncontent-disposition: form-data; name=media_type\r\n\r\nTEXT\r\n--x--\r\n";
        let read = fields("multipart/form-data; boundary=\"x\"", body.as_bytes());
        let expected = [("text", "one\r\ntwo"), ("media_type", "TEXT")];
        assert_eq!(
            read,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
