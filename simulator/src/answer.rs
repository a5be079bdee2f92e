//! An answer before it becomes bytes on a connection.

use std::borrow::Cow;

use bytes::Bytes;

use crate::json::Json;

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Bytes,
    /// It made something live.
    pub(crate) effect: bool,
    /// The container or post that it made, for faults that mark it.
    pub(crate) made: Option<u64>,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            effect: false,
            made: None,
        }
    }

    pub(crate) fn json(status: u16, body: &Json) -> Self {
        Self {
            body: body.bytes(),
            ..Self::empty(status)
        }
        .header("content-type", "application/json; charset=utf-8")
    }

    pub(crate) fn problem(status: u16, body: &Json) -> Self {
        Self {
            body: body.bytes(),
            ..Self::empty(status)
        }
        .header("content-type", "application/problem+json")
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            body: Bytes::from(body),
            ..Self::empty(status)
        }
        .header("content-type", content_type)
    }

    pub(crate) fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn with_effect(self) -> Self {
        Self {
            effect: true,
            ..self
        }
    }

    pub(crate) fn making(self, id: u64) -> Self {
        Self {
            made: Some(id),
            ..self
        }
    }
}
