//! JSON with its keys in the order that the platforms send.
//!
//! `serde_json::Value` sorts keys, and the order is one of the things in
//! which X's two dialects differ (x.md 0.2), so answers are built here.

use std::borrow::Cow;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) enum Json {
    Plain(Value),
    Object(Vec<(Cow<'static, str>, Json)>),
    List(Vec<Json>),
}

impl Json {
    pub(crate) fn object<const N: usize>(fields: [(&'static str, Json); N]) -> Self {
        let fields = fields.into_iter();
        Self::Object(
            fields
                .map(|(key, value)| (Cow::Borrowed(key), value))
                .collect(),
        )
    }

    /// Adds a field to an object; anything else is left as it is.
    pub(crate) fn with(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Json>,
    ) -> Self {
        if let Self::Object(fields) = &mut self {
            fields.push((key.into(), value.into()));
        }
        self
    }

    /// Adds a field only when there is a value: both platforms omit what is
    /// empty (threads.md 1).
    pub(crate) fn with_some(self, key: &'static str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The keys of the outer object in alphabetical order.
    pub(crate) fn sorted(mut self) -> Self {
        if let Self::Object(fields) = &mut self {
            fields.sort_by(|a, b| a.0.cmp(&b.0));
        }
        self
    }

    pub(crate) fn bytes(&self) -> Bytes {
        serde_json::to_vec(self)
            .map(Bytes::from)
            .unwrap_or_default()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
        }
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Self::List(items)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self::Plain(value)
    }
}

macro_rules! plain {
    ($($from:ty),+) => {
        $(impl From<$from> for Json {
            fn from(value: $from) -> Self {
                Self::Plain(Value::from(value))
            }
        })+
    };
}
plain!(&str, String, i64, u64, u32, u16, usize, bool);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_they_were_written_in() {
        let body = Json::object([("status", "FINISHED".into()), ("id", "1".into())]);
        assert_eq!(&body.bytes()[..], br#"{"status":"FINISHED","id":"1"}"#);
        assert_eq!(
            &body.sorted().bytes()[..],
            br#"{"id":"1","status":"FINISHED"}"#
        );
    }
}
