//! Line by line, whether what is live is what was asked.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

use super::asked::{Asked, Part, Shown, Wanted};
use crate::client::Reply;

/// What came of a request.
pub struct Seen<'a> {
    /// What was answered at once.
    pub reply: &'a Reply,
    /// The post when it was settled.
    pub post: &'a Value,
    /// What is live on the platforms, as `GET /_sim/posts` answers it; `None` where that can not
    /// be asked.
    pub live: Option<&'a [Value]>,
    /// The ids of what was live before.
    pub before: &'a HashSet<String>,
}

/// One thing that was asked, and what is live of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub seen: String,
    pub mark: Mark,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Mark {
    Ok,
    Differs {
        asked: String,
    },
    /// Nothing was asked about it, or nobody can tell but a person who looks.
    Told,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { name, seen, mark } = self;
        match mark {
            Mark::Ok => write!(f, "{name:<20}{}   ok", short(seen)),
            Mark::Told => write!(f, "{name:<20}{}", short(seen)),
            Mark::Differs { asked } => {
                write!(f, "{name:<20}{seen}   DIFFERS, asked was: {asked}")
            }
        }
    }
}

/// Whether a line is not as it was asked.
pub fn differs(line: &Line) -> bool {
    matches!(line.mark, Mark::Differs { .. })
}

/// A text on one line, its middle left out.
pub fn short(text: &str) -> String {
    let text = text.replace('\n', " ");
    let length = text.chars().count();
    if length <= 110 {
        return text;
    }
    let head: String = text.chars().take(70).collect();
    let tail: String = text.chars().skip(length - 30).collect();
    format!("{head} ... {tail} ({length} characters)")
}

/// Everything that was asked, beside what is live.
pub fn compare(asked: &Asked, seen: &Seen<'_>) -> Vec<Line> {
    let mut lines = Lines::default();
    match &asked.wanted {
        Wanted::Refused(violations) => {
            lines.same("answer", seen.reply.status.as_u16(), 422);
            lines.same(
                "violations",
                list(&seen.reply.violations()),
                list(violations),
            );
        }
        Wanted::Live(_) if seen.reply.status != 202 => {
            lines.same("answer", seen.reply.status.as_u16(), 202);
            lines.told("violations", list(&seen.reply.violations()));
        }
        Wanted::Live(accounts) => {
            for shown in accounts {
                lines.account(shown, seen);
            }
        }
    }
    lines.0
}

fn list<T: AsRef<str>>(all: &[T]) -> String {
    let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    all.join(", ")
}

#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn told(&mut self, name: impl Into<String>, seen: impl ToString) {
        self.add(name, seen, Mark::Told);
    }

    fn same(&mut self, name: impl Into<String>, seen: impl ToString, asked: impl ToString) {
        let (seen, asked) = (seen.to_string(), asked.to_string());
        let mark = match seen == asked {
            true => Mark::Ok,
            false => Mark::Differs { asked },
        };
        self.add(name, seen, mark);
    }

    /// Whatever the order of its fields.
    fn same_json(&mut self, name: impl Into<String>, seen: &Value, asked: &Value) {
        let mark = match seen == asked {
            true => Mark::Ok,
            false => Mark::Differs {
                asked: asked.to_string(),
            },
        };
        self.add(name, seen, mark);
    }

    fn add(&mut self, name: impl Into<String>, seen: impl ToString, mark: Mark) {
        self.0.push(Line {
            name: name.into(),
            seen: seen.to_string(),
            mark,
        });
    }

    fn account(&mut self, shown: &Shown, seen: &Seen<'_>) {
        let account = &shown.account;
        let deliveries = seen.post["deliveries"].as_array();
        let delivery = deliveries.into_iter().flatten();
        let mut delivery = delivery.filter(|one| one["account"] == account.id.as_str());
        let Some(delivery) = delivery.next() else {
            let name = format!("{} {}", account.platform, account.username);
            self.same(name, "no delivery", "a delivery");
            return;
        };
        let name = format!("{} @{}", account.platform, account.username);
        self.same(name, said(&delivery["status"]), "published");
        if !delivery["error"].is_null() {
            self.told("  error", &delivery["error"]);
        }
        let recorded = delivery["parts"].as_array().cloned().unwrap_or_default();
        self.same("  messages", recorded.len(), shown.parts.len());
        let mut before: Option<&Value> = None;
        for (index, part) in shown.parts.iter().enumerate() {
            let record = recorded.get(index).unwrap_or(&Value::Null);
            self.told(format!("  {} url", index + 1), said(&record["url"]));
            let id = &record["remote_id"];
            match seen.live {
                None => self.promised(shown, part),
                Some(live) => match live.iter().find(|post| post["id"] == *id) {
                    Some(post) => self.part(shown, part, post, before),
                    None => self.same(format!("  {}", index + 1), "not live", "live"),
                },
            }
            before = Some(id);
        }
        if let Some(live) = seen.live {
            let others = live.iter().filter(|post| {
                post["account"] == account.username.as_str()
                    && post["platform"] == account.platform.as_str()
                    && !seen.before.contains(said(&post["id"]))
                    && !recorded.iter().any(|one| one["remote_id"] == post["id"])
            });
            let others: Vec<&str> = others.map(|post| said(&post["text"])).collect();
            if !others.is_empty() {
                self.same("  beside them", list(&others), "nothing");
            }
        }
    }

    fn part(&mut self, shown: &Shown, part: &Part, post: &Value, before: Option<&Value>) {
        self.same("    text", said(&post["text"]), &part.text);
        self.same(
            "    kind",
            said(&post["kind"]),
            part.kind(shown.account.platform),
        );
        let media = post["media"].as_array().cloned().unwrap_or_default();
        for index in 0..media.len().max(part.media.len()) {
            let live = media.get(index).map(live_file);
            let wanted = part.media.get(index).map(wanted_file);
            let none = || "none".to_owned();
            let (live, wanted) = (live.unwrap_or_else(none), wanted.unwrap_or_else(none));
            self.same(format!("    media {}", index + 1), live, wanted);
        }
        let answers = before.cloned().unwrap_or(Value::Null);
        if !answers.is_null() || !post["reply_to"].is_null() {
            self.same("    answers", said(&post["reply_to"]), said(&answers));
        }
        let quote = part.quote.as_deref();
        if quote.is_some() || !post["quote"].is_null() {
            self.same("    quotes", said(&post["quote"]), quote.unwrap_or("-"));
        }
        let poll = part.poll.clone().unwrap_or(Value::Null);
        if !poll.is_null() || !post["poll"].is_null() {
            self.same_json("    poll", &post["poll"], &poll);
        }
        self.options(part, post);
    }

    fn options(&mut self, part: &Part, post: &Value) {
        let live = post["options"].as_object().cloned().unwrap_or_default();
        for (name, wanted) in &part.options {
            let live = live.get(*name).unwrap_or(&Value::Null);
            // What is no text was sent as JSON in a text.
            let read = match (wanted, live) {
                (Value::String(_), _) | (_, Value::Null) => live.clone(),
                (_, sent) => serde_json::from_str(said(sent)).unwrap_or(Value::Null),
            };
            self.same_json(format!("    {name}"), &read, wanted);
        }
        for (name, live) in &live {
            if !part.options.contains_key(name.as_str()) {
                self.same(format!("    {name}"), live, "nothing");
            }
        }
    }

    /// What should be there, for a person who opens the address.
    fn promised(&mut self, shown: &Shown, part: &Part) {
        self.told("    text", &part.text);
        self.told("    kind", part.kind(shown.account.platform));
        for (index, media) in part.media.iter().enumerate() {
            self.told(format!("    media {}", index + 1), wanted_file(media));
        }
        if let Some(quote) = &part.quote {
            self.told("    quotes", quote);
        }
        if let Some(poll) = &part.poll {
            self.told("    poll", poll);
        }
        for (name, value) in &part.options {
            self.told(format!("    {name}"), value);
        }
    }
}

/// A text, or a dash.
fn said(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn live_file(live: &Value) -> String {
    let alt_text = live["alt_text"].as_str();
    told_file(said(&live["kind"]), said(&live["sha256"]), alt_text)
}

fn wanted_file(wanted: &super::asked::Attached) -> String {
    let file = &wanted.file;
    told_file(file.kind, &file.sha256, wanted.alt_text.as_deref())
}

fn told_file(kind: &str, sha256: &str, alt_text: Option<&str>) -> String {
    let hash = sha256.get(..12).unwrap_or(sha256);
    match alt_text {
        None => format!("{kind} {hash}"),
        Some(alt_text) => format!("{kind} {hash} \"{alt_text}\""),
    }
}
