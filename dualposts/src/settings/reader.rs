//! One variable at a time; nothing wrong ends the reading.

use std::time::Duration;

use secrecy::SecretString;

/// Reads variables, and collects what is wrong with them.
pub(super) struct Reader<E> {
    pub env: E,
    pub wrong: Vec<String>,
}

impl<E: Fn(&str) -> Option<String>> Reader<E> {
    pub fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    pub fn text(&self, name: &str) -> Option<String> {
        (self.env)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    pub fn parse<T: std::str::FromStr>(&mut self, name: &str, expected: &str, otherwise: T) -> T {
        match self.text(name) {
            None => otherwise,
            Some(text) => text.parse().unwrap_or_else(|_| {
                self.wrong(format!("{name} is {text:?}; it must be {expected}"));
                otherwise
            }),
        }
    }

    /// A URL may hold a password, so a wrong one is not repeated.
    pub fn url(&mut self, name: &str, schemes: &[&str]) -> Option<String> {
        let text = self.text(name)?;
        if !schemes.iter().any(|scheme| text.starts_with(scheme)) {
            self.wrong(format!("{name} must begin with {}", schemes.join(" or ")));
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    /// Several secrets with commas between.
    pub fn list(&self, name: &str) -> Vec<SecretString> {
        let text = self.text(name).unwrap_or_default();
        let parts = text.split(',').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(|part| part.to_owned().into())
            .collect()
    }

    pub fn switch(&mut self, name: &str) -> Option<bool> {
        match self.text(name)?.as_str() {
            "on" | "true" | "1" => Some(true),
            "off" | "false" | "0" => Some(false),
            other => {
                self.wrong(format!("{name} is {other:?}; it must be on or off"));
                None
            }
        }
    }

    pub fn seconds(&mut self, name: &str, otherwise: Duration) -> Duration {
        let seconds: f64 = self.parse(name, "a number of seconds", otherwise.as_secs_f64());
        Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|time| !time.is_zero())
            .unwrap_or_else(|| {
                self.wrong(format!("{name} must be a number of seconds above 0"));
                otherwise
            })
    }
}
