//! The publishable key names the instance: its environment, its Frontend API and its issuer.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// Which kind of instance a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// `pk_live_`, `sk_live_`
    Production,
    /// `pk_test_`, `sk_test_`
    Development,
}

/// A publishable key, taken apart. It is no secret: every page of the product carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishableKey {
    text: String,
    environment: Environment,
    host: String,
}

/// Why a text is no publishable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidKey {
    #[error("a publishable key begins with pk_live_ or pk_test_")]
    Prefix,
    #[error("what follows the key's prefix is not base64")]
    Encoding,
    #[error("the key does not name a host followed by a dollar sign")]
    Host,
}

/// Why a secret key does not belong to a publishable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unpaired {
    #[error("a secret key begins with sk_live_ or sk_test_")]
    NotASecretKey,
    #[error("the publishable key is of a {publishable} instance, the secret key of a {secret} one")]
    OtherEnvironment {
        publishable: Environment,
        secret: Environment,
    },
}

impl PublishableKey {
    /// Takes a key apart: the prefix, then base64 of the Frontend API's host and a `$`
    /// (clerk.md, Vocabulary).
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let text = text.trim();
        let (environment, encoded) = environment(text, "pk").ok_or(InvalidKey::Prefix)?;
        let decoded = STANDARD_NO_PAD
            .decode(encoded.trim_end_matches('='))
            .map_err(|_| InvalidKey::Encoding)?;
        let decoded = String::from_utf8(decoded).map_err(|_| InvalidKey::Encoding)?;
        let host = decoded.strip_suffix('$').ok_or(InvalidKey::Host)?;
        if !is_host(host) {
            return Err(InvalidKey::Host);
        }
        Ok(Self {
            text: text.to_owned(),
            environment,
            host: host.to_owned(),
        })
    }

    /// The key as it was given, for the pages.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The Frontend API's host, with its port where it has one.
    pub fn frontend_host(&self) -> &str {
        &self.host
    }

    /// What the session tokens of the instance carry as `iss` (clerk.md 1.1), unless the
    /// Frontend API is reached through a proxy.
    pub fn issuer(&self) -> String {
        format!("https://{}", self.host)
    }

    /// Refuses a secret key of the other environment, which would find none of the users that the
    /// pages sign in. Within one environment nothing can be told from the keys alone.
    ///
    /// # Errors
    /// When the keys cannot belong together.
    pub fn pairs_with(&self, secret_key: &SecretString) -> Result<(), Unpaired> {
        let secret = secret_key.expose_secret().trim();
        match environment(secret, "sk") {
            None => Err(Unpaired::NotASecretKey),
            Some((secret, _)) if secret != self.environment => Err(Unpaired::OtherEnvironment {
                publishable: self.environment,
                secret,
            }),
            Some(_) => Ok(()),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Environment::Production => "production",
            Environment::Development => "development",
        })
    }
}

/// The environment that a key's prefix names, and what follows it.
fn environment<'a>(key: &'a str, kind: &str) -> Option<(Environment, &'a str)> {
    let rest = key.strip_prefix(kind)?;
    let (environment, rest) = if let Some(rest) = rest.strip_prefix("_live_") {
        (Environment::Production, rest)
    } else {
        (Environment::Development, rest.strip_prefix("_test_")?)
    };
    (!rest.is_empty()).then_some((environment, rest))
}

/// As clerk-js has it: a host with a dot. A port is allowed for stand-ins.
fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "1"));
    let label_is_sound = |label: &str| {
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.chars().all(sound)
    };
    name.contains('.') && name.split('.').all(label_is_sound) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(prefix: &str, decoded: &str) -> String {
        format!("{prefix}{}", STANDARD_NO_PAD.encode(decoded))
    }

    fn parsed(text: &str) -> Result<PublishableKey, InvalidKey> {
        PublishableKey::parse(text)
    }

    #[test]
    fn a_key_names_its_environment_its_host_and_its_issuer() {
        let live = parsed("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
        assert_eq!(live.environment(), Environment::Production);
        assert_eq!(live.frontend_host(), "clerk.example.com");
        assert_eq!(live.issuer(), "https://clerk.example.com");
        assert_eq!(live.as_str(), "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k");
        let test = parsed(&key("pk_test_", "happy-fox-12.clerk.accounts.dev$")).unwrap();
        assert_eq!(test.environment(), Environment::Development);
        assert_eq!(test.issuer(), "https://happy-fox-12.clerk.accounts.dev");
    }

    #[test]
    fn padding_and_surrounding_space_do_no_harm() {
        let padded = format!(" {}==\n", key("pk_test_", "a.example$"));
        assert_eq!(parsed(&padded).unwrap().frontend_host(), "a.example");
    }

    #[test]
    fn a_stand_in_may_have_a_port() {
        let local = parsed(&key("pk_test_", "127.0.0.1:4010$")).unwrap();
        assert_eq!(local.frontend_host(), "127.0.0.1:4010");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let host = InvalidKey::Host;
        for (text, expected) in [
            ("".to_owned(), InvalidKey::Prefix),
            ("pk_live_".to_owned(), InvalidKey::Prefix),
            (key("sk_live_", "a.example$"), InvalidKey::Prefix),
            (key("pk_prod_", "a.example$"), InvalidKey::Prefix),
            ("pk_live_???".to_owned(), InvalidKey::Encoding),
            ("pk_live_/////w".to_owned(), InvalidKey::Encoding),
            (key("pk_live_", "a.example"), host),
            (key("pk_live_", "$"), host),
            (key("pk_live_", "example$"), host),
            (key("pk_live_", "a..example$"), host),
            (key("pk_live_", "a.example$b.example$"), host),
            (key("pk_live_", "a.example/path$"), host),
            (key("pk_live_", "user@a.example$"), host),
            (key("pk_live_", "a.example:port$"), host),
        ] {
            assert_eq!(parsed(&text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn keys_of_two_environments_do_not_pair() {
        let live = parsed(&key("pk_live_", "a.example$")).unwrap();
        let test = parsed(&key("pk_test_", "a.example$")).unwrap();
        let secret = |text: &str| SecretString::from(text);
        assert_eq!(live.pairs_with(&secret("sk_live_1")), Ok(()));
        assert_eq!(test.pairs_with(&secret("sk_test_1")), Ok(()));
        assert_eq!(
            live.pairs_with(&secret("sk_test_1")),
            Err(Unpaired::OtherEnvironment {
                publishable: Environment::Production,
                secret: Environment::Development,
            })
        );
        assert!(test.pairs_with(&secret("sk_live_1")).is_err());
        for nonsense in ["", "sk_test_", "pk_test_1", "xpk_1"] {
            let pair = test.pairs_with(&secret(nonsense));
            assert_eq!(pair, Err(Unpaired::NotASecretKey), "{nonsense}");
        }
    }
}
