//! URLs as X finds them: with `http://` or `https://`, or as bare domains (`example.com/path`).
//!
//! Places are counted in characters. The JavaScript reference counts UTF-16 units, so that a host
//! may begin in the middle of an emoji (`#😀.t.co` is a link there), and for some texts it reports
//! the first place where a bare domain is written instead of the one it found. Neither is imitated.

use std::ops::Range;

use super::chars::may_precede_url;
use super::host::{Host, HostRun};
use super::label_length::labels_fit;
use super::url_tail::{self, query_end};

/// The longest URL in UTF-16 units; its protocol counts twice, as in the reference.
const MAX_URL_LENGTH: usize = 4096;

/// The longest name after `t.co/` that is still a short link.
const MAX_SHORT_LINK_NAME: usize = 40;

/// The places (in bytes, ascending) of all URLs of `text`. Time linear in the text.
pub(super) fn urls(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut run = HostRun::after(text, from);
    while let Some(current) = run {
        if let Some(host) = current.leftmost(text, from) {
            let tail = url_tail::read(text, host.range.end);
            from = tail.end;
            found.extend(bare_urls(text, &current, &host, &tail));
            run = if from < current.end {
                Some(current)
            } else {
                HostRun::after(text, from)
            };
        } else if let Some(start) = protocol_start(text, &current, from) {
            run = HostRun::after(text, current.end);
            if let Some(next) = run
                .as_ref()
                .filter(|next| next.start == current.end + "://".len())
                && let Some(host) = next.at_start(text)
            {
                from = url_tail::read(text, host.range.end).end;
                found.extend(full_url(text, start..from, next, &host));
                if from >= next.end {
                    run = HostRun::after(text, from);
                }
            }
        } else {
            run = HostRun::after(text, current.end);
        }
    }
    found
}

/// Where `http` or `https` begins, if the run ends with it and `://` follows.
fn protocol_start(text: &str, run: &HostRun, from: usize) -> Option<usize> {
    if !text[run.end..].starts_with("://") {
        return None;
    }
    ["https", "http"].iter().find_map(|protocol| {
        let start = run
            .end
            .checked_sub(protocol.len())
            .filter(|&at| at >= run.start)?;
        let written = text.get(start..run.end)?;
        let free = start == 0 || start > from;
        let preceded = text[..start]
            .chars()
            .next_back()
            .is_none_or(may_precede_url);
        (free && preceded && written.eq_ignore_ascii_case(protocol)).then_some(start)
    })
}

/// The URL with protocol at `range`, as far as it is one.
fn full_url(text: &str, range: Range<usize>, run: &HostRun, host: &Host) -> Option<Range<usize>> {
    let name = &text[host.range.clone()];
    let protocol = host.range.start - range.start;
    // What claims to be encoded must not hold other scripts.
    let misencoded = name.starts_with("xn--") && run.bare_domains(host).is_empty();
    if misencoded || !is_acceptable(&text[range.clone()], protocol, name) {
        return None;
    }
    if !name.eq_ignore_ascii_case("t.co") || !text[host.range.end..].starts_with('/') {
        return Some(range);
    }
    // X's own short links have a name of letters and digits and nothing after it but a query.
    let name = host.range.end + 1;
    let length = text[name..range.end]
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(range.end - name);
    match length {
        0 => Some(range),
        1..=MAX_SHORT_LINK_NAME => Some(range.start..query_end(&text[..range.end], name + length)),
        _ => None,
    }
}

/// The bare domains of a host without protocol; the last one takes the path.
fn bare_urls(text: &str, run: &HostRun, host: &Host, tail: &url_tail::Tail) -> Vec<Range<usize>> {
    let url = &text[host.range.start..tail.end];
    let before = text[..host.range.start].chars().next_back();
    if matches!(before, Some('-' | '_' | '.' | '/'))
        || !is_acceptable(url, "https://".len(), &text[host.range.clone()])
    {
        return Vec::new();
    }
    let mut domains = run.bare_domains(host);
    // Only a domain which touches the path gets it. The reference also joins them across letters
    // of other scripts, and then disagrees with itself on the length: apart they count more.
    if tail.has_path
        && let Some(last) = domains.last_mut()
        && last.end == host.range.end
    {
        last.end = tail.end;
    }
    domains
}

/// Neither the URL nor any label of its host is too long.
fn is_acceptable(url: &str, protocol: usize, host: &str) -> bool {
    protocol + url.encode_utf16().count() <= MAX_URL_LENGTH && labels_fit(host)
}
