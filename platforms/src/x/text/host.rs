//! Hosts inside running text, found in time linear in the text.
//!
//! twitter-text describes a host by a regular expression which is tried at every position. Here
//! the text is cut once into runs of characters that can stand in a host, each run into labels,
//! and a table made from right to left says for each label how far a host beginning in it
//! reaches. Each position is then answered by one look at the table.

use std::ops::Range;

use super::chars::{is_bare_host_char, is_host_char, is_label_char, may_precede_url};
use super::tlds::tld_end;

/// A maximal run of host characters.
pub(super) struct HostRun {
    pub(super) start: usize,
    pub(super) end: usize,
    labels: Vec<Label>,
    /// For each label: the last label which can be the top-level domain of a host that begins in
    /// this label and has at least one whole label between.
    reach: Vec<Option<usize>>,
}

struct Label {
    start: usize,
    /// Where the label ends: at its dot, or for the last label at the end of the run.
    dot: usize,
    /// A dot follows.
    closed: bool,
    starts_well: bool,
    ends_well: bool,
    last_underscore: Option<usize>,
    /// Start of the longest tail of characters that may stand in a bare domain.
    bare_tail: usize,
    tld_end: Option<usize>,
}

/// A host found in a run: its place in the text, and its first and last label.
pub(super) struct Host {
    pub(super) range: Range<usize>,
    first: usize,
    last: usize,
}

impl HostRun {
    /// The first run at or after `from` that has a dot or a protocol's `://` after it.
    pub(super) fn after(text: &str, mut from: usize) -> Option<Self> {
        loop {
            let start = from + text[from..].find(is_host_char)?;
            let end = text[start..]
                .find(|c| !is_host_char(c))
                .map_or(text.len(), |len| start + len);
            if text[start..end].contains('.') || text[end..].starts_with("://") {
                return Some(Self::new(text, start, end));
            }
            from = end;
        }
    }

    fn new(text: &str, start: usize, end: usize) -> Self {
        let mut labels = Vec::new();
        let mut at = start;
        for piece in text[start..end].split('.') {
            labels.push(Label::new(text, at..at + piece.len(), end));
            at += piece.len() + 1;
        }
        let reach = reach(&labels);
        Self {
            start,
            end,
            labels,
            reach,
        }
    }

    /// The leftmost host which begins after `from`, stands after a character that may precede a
    /// URL, and ends with a top-level domain.
    pub(super) fn leftmost(&self, text: &str, from: usize) -> Option<Host> {
        // The reference takes the first character of a text for the one before the URL if it
        // may be that, and only otherwise for a part of the host: `éa.com` is the link `a.com`.
        if from == 0 && self.start == 0 {
            let second = text.chars().next().map_or(0, char::len_utf8);
            if second < self.labels[0].dot
                && let Some(host) = self.host_in(text, 0, second..second + 1)
            {
                return Some(host);
            }
        }
        let first = self.labels.partition_point(|label| label.dot <= from);
        (first..self.labels.len()).find_map(|index| {
            let label = &self.labels[index];
            let earliest = if from == 0 { 0 } else { from + 1 };
            self.host_in(text, index, label.start.max(earliest)..label.dot)
        })
    }

    /// The host which begins exactly at the start of the run, as after `http://`.
    pub(super) fn at_start(&self, text: &str) -> Option<Host> {
        self.furthest(text, 0, self.start)
    }

    /// The leftmost host that begins within `starts`, a part of the label `index`.
    fn host_in(&self, text: &str, index: usize, starts: Range<usize>) -> Option<Host> {
        let label = &self.labels[index];
        let near = self
            .labels
            .get(index + 1)
            .is_some_and(|next| next.tld_end.is_some());
        if !label.closed || !label.ends_well || !(near || self.reach[index].is_some()) {
            return None;
        }
        // Without a whole label after this one, this is the registered name: no underscores.
        let earliest = match (self.reach[index], label.last_underscore) {
            (None, Some(underscore)) => starts.start.max(underscore + 1),
            _ => starts.start,
        };
        (earliest..starts.end)
            .filter(|&at| text.is_char_boundary(at))
            .find(|&at| {
                text[..at].chars().next_back().is_none_or(may_precede_url) && begins_label(text, at)
            })
            .and_then(|at| self.furthest(text, index, at))
    }

    fn furthest(&self, text: &str, first: usize, start: usize) -> Option<Host> {
        let label = &self.labels[first];
        if !label.closed || !label.ends_well || start >= label.dot || !begins_label(text, start) {
            return None;
        }
        let last = self.reach[first].or_else(|| {
            label
                .last_underscore
                .is_none_or(|at| at < start)
                .then_some(first + 1)
        })?;
        let end = self.labels[last].tld_end?;
        Some(Host {
            range: start..end,
            first,
            last,
        })
    }

    /// The bare domains within a host: the parts of it that are dotted Latin letters, digits and
    /// `-`, and end with a top-level domain. Without `http://` only these are links.
    pub(super) fn bare_domains(&self, host: &Host) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut from = host.range.start;
        let mut index = host.first;
        while index < host.last {
            let start = self.labels[index].bare_tail.max(from);
            let mut at = index + 1;
            let mut end = None;
            if start < self.labels[index].dot {
                loop {
                    end = self.labels[at].tld_end.map(|end| (at, end)).or(end);
                    if at == host.last || !self.labels[at].is_bare() {
                        break;
                    }
                    at += 1;
                }
            }
            index = match end {
                Some((last, end)) => {
                    found.push(start..end);
                    from = end;
                    last
                }
                // No label up to `at` is a top-level domain, so starting between would fail too.
                None => at,
            };
        }
        found
    }
}

impl Label {
    fn new(text: &str, range: Range<usize>, run_end: usize) -> Self {
        let label = &text[range.clone()];
        let foreign = label
            .char_indices()
            .rev()
            .find(|&(_, c)| !is_bare_host_char(c));
        Self {
            start: range.start,
            dot: range.end,
            closed: range.end < run_end,
            starts_well: label.chars().next().is_some_and(is_label_char),
            ends_well: label.chars().next_back().is_some_and(is_label_char),
            last_underscore: label.rfind('_').map(|at| range.start + at),
            bare_tail: foreign.map_or(range.start, |(at, c)| range.start + at + c.len_utf8()),
            tld_end: tld_end(text, range.start),
        }
    }

    /// Fit to be a whole label before the last.
    fn is_whole(&self) -> bool {
        self.closed && self.starts_well && self.ends_well
    }

    fn is_bare(&self) -> bool {
        self.closed && self.bare_tail == self.start && self.start < self.dot
    }
}

fn begins_label(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_some_and(is_label_char)
}

fn reach(labels: &[Label]) -> Vec<Option<usize>> {
    let mut reach = vec![None; labels.len()];
    for index in (0..labels.len().saturating_sub(2)).rev() {
        let next = &labels[index + 1];
        if next.is_whole() {
            let near = next.last_underscore.is_none() && labels[index + 2].tld_end.is_some();
            reach[index] = reach[index + 1].or(near.then_some(index + 2));
        }
    }
    reach
}
