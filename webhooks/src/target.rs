//! The rules for a webhook's URL. All that can be known without asking anybody is told at once;
//! where a name leads is judged when it is used (`resolve`).

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::{Reach, Whose, whose};

/// The longest URL, in bytes.
pub const LONGEST: usize = 2048;

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    #[error(
        "This must be a URL such as https://example.com/webhooks, of at most {LONGEST} characters."
    )]
    NotAUrl,
    #[error("A webhook's URL begins with https://.")]
    NotHttps,
    #[error(
        "A webhook's URL has no user name and no password in it; the signature proves who sends."
    )]
    UserInfo,
    #[error("A webhook's URL has no fragment (#...): it would never be sent.")]
    Fragment,
    #[error("This leads to {}; webhooks go to public addresses.", .0.in_words())]
    OutOfReach(Whose),
    #[error("This name is of a local network; webhooks go to public addresses.")]
    LocalName,
}

impl BadUrl {
    /// A stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            BadUrl::NotAUrl => "invalid_url",
            BadUrl::NotHttps => "not_https",
            BadUrl::UserInfo => "user_info",
            BadUrl::Fragment => "fragment",
            BadUrl::OutOfReach(_) | BadUrl::LocalName => "private_target",
        }
    }
}

/// Names that lead into a network of one's own wherever they are known (RFC 6761, RFC 6762,
/// RFC 8375, ICANN's `internal`).
const LOCAL: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
];

/// Reads a URL.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, reach: Reach) -> Result<Url, Vec<BadUrl>> {
    // The parser takes spaces and line ends away, and what is stored would not be what was shown.
    let is_plain = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(text).ok().filter(|_| is_plain);
    let host = url
        .as_ref()
        .and_then(|url| url.host().map(|host| host.to_owned()));
    let (Some(url), Some(host)) = (url, host) else {
        return Err(vec![BadUrl::NotAUrl]);
    };
    let mut wrong = Vec::new();
    let schemes: &[&str] = match reach {
        Reach::Public => &["https"],
        Reach::PrivateToo => &["https", "http"],
    };
    if !schemes.contains(&url.scheme()) {
        wrong.push(BadUrl::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        wrong.push(BadUrl::UserInfo);
    }
    if url.fragment().is_some() {
        wrong.push(BadUrl::Fragment);
    }
    wrong.extend(host_is_wrong(&host, reach));
    if wrong.is_empty() {
        Ok(url)
    } else {
        Err(wrong)
    }
}

fn host_is_wrong(host: &Host<String>, reach: Reach) -> Option<BadUrl> {
    let address: IpAddr = match host {
        Host::Ipv4(address) => (*address).into(),
        Host::Ipv6(address) => (*address).into(),
        Host::Domain(name) => {
            let is_out = reach == Reach::Public && is_local(name);
            return is_out.then_some(BadUrl::LocalName);
        }
    };
    let whose = whose(address);
    (!whose.is_within(reach)).then_some(BadUrl::OutOfReach(whose))
}

fn is_local(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let ends = |local: &str| {
        name.strip_suffix(local)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    // A name without a dot is looked up in the network's own domain.
    !name.contains('.') || LOCAL.iter().any(|local| ends(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<&'static str> {
        let wrong = parse(text, Reach::Public).err().unwrap_or_default();
        wrong.into_iter().map(BadUrl::code).collect()
    }

    #[test]
    fn public_https_is_taken() {
        for text in [
            "https://example.com",
            "https://example.com:8443/hooks?token=a%20b",
            "https://8.8.8.8/",
            "https://[2606:4700:4700::1111]/",
            "https://local.example.com/",
            "https://internals.example/",
        ] {
            assert_eq!(wrong(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        assert_eq!(
            wrong("http://me:secret@127.0.0.1/#there"),
            ["not_https", "user_info", "fragment", "private_target"]
        );
    }

    #[test]
    fn what_is_no_url_is_told() {
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        for text in [
            "",
            "example.com",
            "https://",
            "mailto:me@example.com",
            "https://example.com/ a",
            " https://example.com",
            "https://exa\tmple.com",
            "https://256.1.1.1/",
            &long,
        ] {
            assert_eq!(wrong(text), ["invalid_url"], "{text}");
        }
        assert_eq!(wrong("file://example.com/etc"), ["not_https"]);
    }

    #[test]
    fn a_private_address_is_known_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.0.0.1.",
            "0",
            "169.254.169.254",
            "[::1]",
            "[::ffff:10.0.0.1]",
            "[fd00::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "redis",
            "db.internal",
            "printer.local",
            "router.lan",
            "nas.home.arpa",
            "%6c%6f%63%61%6c%68%6f%73%74",
        ] {
            assert_eq!(
                wrong(&format!("https://{host}/")),
                ["private_target"],
                "{host}"
            );
        }
    }

    #[test]
    fn those_who_host_it_for_themselves_may_send_to_themselves() {
        for text in [
            "http://127.0.0.1:9000/hook",
            "http://localhost:9000",
            "http://redis/",
            "https://[fd00::1]/",
            "http://example.com",
        ] {
            assert!(parse(text, Reach::PrivateToo).is_ok(), "{text}");
        }
        for text in [
            "http://169.254.169.254/",
            "http://0.0.0.0/",
            "http://[fe80::1]/",
        ] {
            let wrong = parse(text, Reach::PrivateToo).unwrap_err();
            assert!(matches!(wrong[..], [BadUrl::OutOfReach(_)]), "{text}");
        }
    }
}
