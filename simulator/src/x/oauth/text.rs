//! The texts of codes and tokens in X's own form: base64 of `<45 random>:<epoch ms>:1:1:<kind>:1`
//! (x.md 1.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::{BASE64_URL, Random};

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Code,
    Access,
    Refresh,
}

pub(super) fn text(kind: Kind, now_ms: i64, random: &mut Random) -> String {
    let word = match kind {
        Kind::Code => "ac",
        Kind::Access => "at",
        Kind::Refresh => "rt",
    };
    let secret = random.text(BASE64_URL, 45);
    URL_SAFE_NO_PAD.encode(format!("{secret}:{now_ms}:1:1:{word}:1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::X_CLIENT_ID;

    fn opened(text: &str) -> String {
        let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_text_has_the_length_and_the_parts_of_the_documented_ones() {
        let mut random = Random::new(1);
        let text = text(Kind::Refresh, 1_776_741_844_000, &mut random);
        assert_eq!(text.len(), 91);
        assert!(opened(&text).ends_with(":1776741844000:1:1:rt:1"));
    }

    #[test]
    fn so_has_the_client_id() {
        assert_eq!(X_CLIENT_ID.len(), 34);
        assert_eq!(opened(X_CLIENT_ID), "SimulatedApp00000001:1:ci");
    }
}
