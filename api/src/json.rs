//! JSON as a request may hold it: no deeper than anything that could be meant, no longer lists, and
//! no field twice. RFC 8259 leaves open which of two counts, so a proxy that checks one and a service
//! that takes the other can be played off against each other.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::problem::Violation;

/// How deep lists and objects may lie in each other; a post needs 8.
pub const DEEPEST: usize = 32;

/// How many values one list or object may hold; a post's longest is its 50 accounts.
pub const MOST_MEMBERS: usize = 1_000;

/// Why a body is not taken.
#[derive(Debug)]
pub enum Refused {
    /// It is no JSON, or more of it than is read.
    Unreadable(String),
    /// Fields that are there twice.
    Twice(Vec<Violation>),
}

/// Reads a whole body.
pub fn read(body: &[u8]) -> Result<Value, Refused> {
    let mut reading = Reading::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    // The depth is counted here, to be told in our own words.
    let read = Next(&mut reading)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match read {
        Err(error) => Err(Refused::Unreadable(error.to_string())),
        Ok(_) if !reading.twice.is_empty() => Err(Refused::Twice(reading.twice)),
        Ok(value) => Ok(value),
    }
}

#[derive(Default)]
struct Reading {
    path: String,
    depth: usize,
    twice: Vec<Violation>,
}

impl Reading {
    fn enter<E: Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(E::custom(format_args!(
                "lists and objects lie more than {DEEPEST} deep in each other"
            )));
        }
        Ok(())
    }

    /// Goes to a field or an element; returns the way back.
    fn go(&mut self, step: fmt::Arguments<'_>) -> usize {
        let before = self.path.len();
        // Writing to a text can not fail.
        let _ = fmt::Write::write_fmt(&mut self.path, step);
        before
    }

    fn note_twice(&mut self, name: &str) {
        if self.twice.len() < crate::fields::MOST {
            let before = self.step_into(name);
            self.twice.push(Violation {
                field: self.path.clone(),
                code: "duplicate_field",
                message: "This field is there twice; say which of them is meant.".to_owned(),
            });
            self.path.truncate(before);
        }
    }

    fn step_into(&mut self, name: &str) -> usize {
        let shown: String = name.chars().take(64).collect();
        let dot = if self.path.is_empty() { "" } else { "." };
        self.go(format_args!("{dot}{shown}"))
    }
}

fn too_many<E: Error>() -> E {
    E::custom(format_args!(
        "a list or an object holds more than {MOST_MEMBERS} values"
    ))
}

/// The next value of whatever kind.
struct Next<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Next<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Next<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut values = Vec::new();
        loop {
            let before = self.0.go(format_args!("[{}]", values.len()));
            let next = list.next_element_seed(Next(self.0))?;
            self.0.path.truncate(before);
            match next {
                None => break,
                Some(_) if values.len() >= MOST_MEMBERS => return Err(too_many()),
                Some(value) => values.push(value),
            }
        }
        self.0.depth -= 1;
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut fields = Map::new();
        let mut count = 0;
        while let Some(name) = object.next_key::<String>()? {
            count += 1;
            if count > MOST_MEMBERS {
                return Err(too_many());
            }
            if fields.contains_key(&name) {
                self.0.note_twice(&name);
            }
            let before = self.0.step_into(&name);
            let value = object.next_value_seed(Next(self.0))?;
            self.0.path.truncate(before);
            fields.insert(name, value);
        }
        self.0.depth -= 1;
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreadable(body: &str) -> String {
        match read(body.as_bytes()) {
            Err(Refused::Unreadable(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_read_is_what_is_there() {
        let body = r#"{"a": [1, -2, 1.5, 18446744073709551615, "x\u0041", true, null, {}], "b": {"c": []}}"#;
        let expected: Value = serde_json::from_str(body).unwrap();
        assert_eq!(read(body.as_bytes()).unwrap(), expected);
        for body in [
            "",
            "{",
            "{} {}",
            "{\"a\": 1e999}",
            "{\"a\": \"\u{1}\"}",
            "nul",
        ] {
            unreadable(body);
        }
        assert!(read(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn thirty_two_levels_are_read_and_no_more() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(DEEPEST).as_bytes()).is_ok());
        for depth in [DEEPEST + 1, 127, 200_000] {
            assert!(unreadable(&nested(depth)).contains("32 deep"));
        }
        // Beside each other is not in each other.
        let wide = format!("[{}]", vec![nested(DEEPEST - 1); 100].join(","));
        assert!(read(wide.as_bytes()).is_ok());
    }

    #[test]
    fn a_list_or_an_object_holds_a_thousand_values_and_no_more() {
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        let object = |count: usize| {
            let fields: Vec<String> = (0..count).map(|number| format!("\"{number}\":1")).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert!(read(list(1_000).as_bytes()).is_ok() && read(object(1_000).as_bytes()).is_ok());
        assert!(unreadable(&list(1_001)).contains("1000 values"));
        assert!(unreadable(&object(1_001)).contains("1000 values"));
        let same = format!("{{{}}}", vec!["\"a\":1"; 1_001].join(","));
        assert!(unreadable(&same).contains("1000 values"));
    }

    #[test]
    fn a_field_that_is_there_twice_is_named_with_its_place() {
        let body = r#"{"a": 1, "b": [{"c": 1}, {"c": 1, "d": 2, "c": 1}], "a": 1, "\u0061": 2}"#;
        let Err(Refused::Twice(twice)) = read(body.as_bytes()) else {
            panic!("it is refused");
        };
        let fields: Vec<&str> = twice.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["b[1].c", "a", "a"]);
    }
}
