//! Reading a JSON body field by field, so that everything wrong with it is told at once: wrong
//! types, unknown fields and broken rules together.

use actix_web::web::Bytes;
use entities::Timestamp;
use serde_json::{Map, Value};

use crate::json::{self, Refused};
use crate::problem::{Problem, Violation};

/// How many violations one answer lists: more help nobody, and a hostile body has many.
pub(crate) const MOST: usize = 100;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Notes one more.
    pub fn add(
        &mut self,
        field: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        if self.0.len() >= MOST {
            return;
        }
        self.0.push(Violation {
            field: field.into(),
            code,
            message: message.into(),
        });
    }

    /// Whether nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn into_list(self) -> Vec<Violation> {
        self.0
    }

    /// The problem to answer with, if anything was wrong.
    pub fn into_result(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.0))
        }
    }
}

/// One JSON object that is being read.
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    known: Vec<&'a str>,
}

/// The body as a JSON object. An empty body counts as `{}` where `may_be_empty`.
pub fn object(body: &Bytes, may_be_empty: bool) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() && may_be_empty {
        return Ok(Map::new());
    }
    match json::read(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::not_json("The body is JSON, but not an object.")),
        Err(Refused::Unreadable(why)) => Err(Problem::not_json(why)),
        Err(Refused::Twice(fields)) => Err(Problem::invalid(fields)),
    }
}

/// A whole number. `60.0` is one (JSON Schema, 6.1.1), and some programs write it so.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        // Beyond, a double is no exact number any more.
        let is_exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
        is_exact.then_some(number as i64)
    })
}

impl<'a> Fields<'a> {
    /// The outermost object.
    pub fn root(object: &'a Map<String, Value>) -> Self {
        Fields {
            object,
            path: String::new(),
            known: Vec::new(),
        }
    }

    /// The path of a field, as violations name it.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Whether a field is there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Whether a field is absent or null.
    pub fn lacks(&self, name: &str) -> bool {
        self.object.get(name).is_none_or(Value::is_null)
    }

    /// Says that there is such a field, without reading it.
    pub fn known(&mut self, name: &'a str) {
        self.known.push(name);
    }

    /// Whether a field is an object.
    pub fn is_object(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(Value::is_object)
    }

    /// A text, if it is there and not null.
    pub fn text(&mut self, name: &'a str, violations: &mut Violations) -> Option<&'a str> {
        let value = self.value(name)?;
        let text = value.as_str();
        if text.is_none() {
            violations.add(self.path(name), "wrong_type", "This must be a string.");
        }
        text
    }

    /// A yes or no, if it is there and not null.
    pub fn flag(&mut self, name: &'a str, violations: &mut Violations) -> Option<bool> {
        let value = self.value(name)?;
        let flag = value.as_bool();
        if flag.is_none() {
            violations.add(self.path(name), "wrong_type", "This must be true or false.");
        }
        flag
    }

    /// A whole number of `least` to `most`, if it is there and not null.
    pub fn number(
        &mut self,
        name: &'a str,
        (least, most): (i64, i64),
        violations: &mut Violations,
    ) -> Option<i64> {
        let value = self.value(name)?;
        let whole = whole(value);
        let is_whole = whole.is_some() || value.is_u64();
        let number = whole.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let code = if is_whole {
                "out_of_range"
            } else {
                "wrong_type"
            };
            let message = format!("This must be a whole number from {least} to {most}.");
            violations.add(self.path(name), code, message);
        }
        number
    }

    /// A list of texts, if it is there and not null; `None` stands in it for what is no text.
    pub fn texts(
        &mut self,
        name: &'a str,
        violations: &mut Violations,
    ) -> Option<Vec<Option<&'a str>>> {
        let path = self.path(name);
        let list = self.list(name, violations)?;
        let mut texts = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let text = value.as_str();
            if text.is_none() {
                violations.add(
                    format!("{path}[{index}]"),
                    "wrong_type",
                    "This must be a string.",
                );
            }
            texts.push(text);
        }
        Some(texts)
    }

    /// A list of objects, if it is there and not null.
    pub fn objects(
        &mut self,
        name: &'a str,
        violations: &mut Violations,
    ) -> Option<Vec<Fields<'a>>> {
        let path = self.path(name);
        let list = self.list(name, violations)?;
        let mut objects = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match value.as_object() {
                Some(object) => objects.push(Fields {
                    object,
                    path,
                    known: Vec::new(),
                }),
                None => violations.add(path, "wrong_type", "This must be an object."),
            }
        }
        Some(objects)
    }

    /// An object, if it is there and not null.
    pub fn object(&mut self, name: &'a str, violations: &mut Violations) -> Option<Fields<'a>> {
        let path = self.path(name);
        let value = self.value(name)?;
        let object = value.as_object();
        if object.is_none() {
            violations.add(path.clone(), "wrong_type", "This must be an object.");
        }
        object.map(|object| Fields {
            object,
            path,
            known: Vec::new(),
        })
    }

    /// The names of the fields that are there, whatever they are.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.object.keys().map(String::as_str)
    }

    /// One of a closed set of words, if it is there and not null.
    pub fn word<T: Copy>(
        &mut self,
        name: &'a str,
        all: &[(&'static str, T)],
        violations: &mut Violations,
    ) -> Option<T> {
        let word = self.text(name, violations)?;
        let known = all.iter().find(|(known, _)| *known == word);
        if known.is_none() {
            let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
            let message = format!("This must be one of: {}.", words.join(", "));
            violations.add(self.path(name), "unknown_word", message);
        }
        known.map(|(_, value)| *value)
    }

    /// A time, if it is there and not null.
    pub fn time(&mut self, name: &'a str, violations: &mut Violations) -> Option<Timestamp> {
        let text = self.text(name, violations)?;
        let time = serde_json::from_value(Value::from(text)).ok();
        if time.is_none() {
            let message =
                "This must be an RFC 3339 time with an offset, such as 2026-12-24T18:00:00+01:00.";
            violations.add(self.path(name), "invalid_time", message);
        }
        time
    }

    /// Names every field that was not asked for.
    pub fn refuse_others(self, violations: &mut Violations) {
        for name in self
            .object
            .keys()
            .filter(|name| !self.known.contains(&name.as_str()))
        {
            let shown: String = name.chars().take(64).collect();
            let message = format!(
                "There is no such field; known here: {}.",
                self.known.join(", ")
            );
            violations.add(self.path(&shown), "unknown_field", message);
        }
    }

    fn list(&mut self, name: &'a str, violations: &mut Violations) -> Option<&'a Vec<Value>> {
        let value = self.value(name)?;
        let list = value.as_array();
        if list.is_none() {
            violations.add(self.path(name), "wrong_type", "This must be a list.");
        }
        list
    }

    fn value(&mut self, name: &'a str) -> Option<&'a Value> {
        self.known.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }
}
