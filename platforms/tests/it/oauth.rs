//! The calls by which profiles are connected: what is sent, and that nothing of it comes back in a
//! failure.

mod threads;
mod transport;
mod x;

use std::fmt::Debug;

use platforms::oauth::Failure;
use secrecy::SecretString;

const CODE: &str = "AQBx-hBsH3/code+with=odd|characters";
const APP_SECRET: &str = "app-secret/with+odd=characters|";
const VERIFIER: &str = "verifier-dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT: &str = "https://app.example/v1/connect/callback?a=1&b=2";

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// None of `secrets` is in any printing of the failure, plain or encoded.
fn assert_silent(failure: &Failure, secrets: &[&str]) {
    for secret in secrets {
        let mut url = reqwest::Url::parse("x:").unwrap();
        url.query_pairs_mut().append_key_only(secret);
        let encoded = url.query().unwrap().to_owned();
        for words in [secret, encoded.as_str()] {
            assert!(!failure.to_string().contains(words), "{failure}");
            assert!(!format!("{failure:?}").contains(words), "{failure:?}");
        }
    }
}

fn assert_prints_no_secret(value: &dyn Debug, secrets: &[&str]) {
    let printed = format!("{value:?}{value:#?}");
    for secret in secrets {
        assert!(!printed.contains(secret), "{printed}");
    }
}
