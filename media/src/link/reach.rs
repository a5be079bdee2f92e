//! Whether a platform could fetch from an address, by the look of it.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// What can be said of an address without asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Nothing speaks against it; `warning` says what might.
    Public { warning: Option<String> },
    /// Nobody on the internet can reach it, and why.
    Private { why: String },
}

/// Judges the address under which a server says it is reached. Meta fetches pictures and videos
/// from it (threads.md 4.3).
pub fn reach(public_url: &str) -> Reach {
    let private = |why: String| Reach::Private { why };
    let url = match Url::parse(public_url.trim()) {
        Ok(url) => url,
        Err(_) => {
            let why = "it is no address: write it like https://posts.example.com";
            return private(why.into());
        }
    };
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        return private(format!("it begins with {scheme}: and not with https:"));
    }
    let hidden = match url.host() {
        None => Some("it names no host"),
        Some(Host::Domain(name)) => hidden_name(name),
        Some(Host::Ipv4(address)) => hidden_v4(address),
        Some(Host::Ipv6(address)) => hidden_v6(address),
    };
    let host = url.host_str().unwrap_or_default();
    if let Some(hidden) = hidden {
        return private(format!(
            "{host} cannot be reached from the internet ({hidden}): give the server a public name, or a tunnel that has one"
        ));
    }
    let warning = match (url.scheme(), url.host()) {
        ("http", _) => Some(format!(
            "{host} is reached without TLS, so anyone on the way can read the links: put https in front of it"
        )),
        (_, Some(Host::Ipv4(_) | Host::Ipv6(_))) => Some(format!(
            "{host} is a bare address, and few certificates name one: better give the server a name"
        )),
        _ => None,
    };
    Reach::Public { warning }
}

/// Names that the public name servers do not know (RFC 6761, 6762, 8375, 9476 and habit).
fn hidden_name(name: &str) -> Option<&'static str> {
    const LOCAL: [&str; 9] = [
        "local",
        "internal",
        "lan",
        "home",
        "corp",
        "intranet",
        "private",
        "localdomain",
        "home.arpa",
    ];
    const RESERVED: [&str; 5] = ["test", "invalid", "example", "alt", "onion"];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let ends_in = |ending: &str| {
        name.strip_suffix(ending)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if ends_in("localhost") {
        Some("this machine alone")
    } else if LOCAL.into_iter().any(ends_in) {
        Some("a name of a local network")
    } else if RESERVED.into_iter().any(ends_in) {
        Some("a name that is never given to a server")
    } else if !name.contains('.') {
        Some("a name without a dot")
    } else {
        None
    }
}

fn hidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [127, ..] => Some("this machine alone"),
        [0, ..] => Some("no address to connect to"),
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] => Some("a private network"),
        [169, 254, ..] => Some("a link-local address"),
        [100, 64..=127, ..] => Some("a shared address behind a provider's NAT"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("an address for examples"),
        [192, 0, 0, _] | [198, 18..=19, ..] => Some("an address for special uses"),
        [224..=255, ..] => Some("no address of a single server"),
        _ => None,
    }
}

fn hidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = address.to_ipv4_mapped() {
        return hidden_v4(inner);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("this machine alone"),
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("no address to connect to"),
        [0xfc00..=0xfdff, ..] => Some("a private network"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0x2001, 0xdb8, ..] => Some("an address for examples"),
        [0xff00..=0xffff, ..] => Some("no address of a single server"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(url: &str, because: &str) {
        match reach(url) {
            Reach::Private { why } => assert!(why.contains(because), "{url}: {why}"),
            Reach::Public { .. } => panic!("{url} is said to be public"),
        }
    }

    fn public(url: &str, warned_of: Option<&str>) {
        match (reach(url), warned_of) {
            (Reach::Public { warning: None }, None) => {}
            (
                Reach::Public {
                    warning: Some(text),
                },
                Some(of),
            ) => {
                assert!(text.contains(of), "{url}: {text}");
            }
            (other, _) => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn public_names_and_addresses_are_public() {
        public("https://posts.example.com", None);
        public("https://posts.example.com:8443/base", None);
        public("https://notlocal.de", None);
        public("https://mylocalhost.com", None);
        public("http://posts.example.com", Some("without TLS"));
        public("https://8.8.8.8", Some("bare address"));
        public("https://[2606:4700::1111]", Some("bare address"));
        for edge in [
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "11.0.0.1",
        ] {
            public(&format!("http://{edge}"), Some("without TLS"));
        }
    }

    #[test]
    fn this_machine_and_its_network_are_private() {
        for url in [
            "http://localhost:3000",
            "https://a.localhost",
            "https://LOCALHOST.",
        ] {
            private(url, "this machine");
        }
        for url in [
            "http://127.0.0.1",
            "http://127.9.9.9",
            "http://[::1]:80",
            "http://0x7f.1",
        ] {
            private(url, "this machine");
        }
        private("http://[::ffff:127.0.0.1]", "this machine");
        for url in [
            "http://10.0.0.1",
            "http://192.168.1.5",
            "http://172.16.0.1",
            "http://172.31.9.9",
        ] {
            private(url, "private network");
        }
        private("https://[fd00::1]", "private network");
        private("http://169.254.1.1", "link-local");
        private("http://[fe80::1]", "link-local");
        private("http://100.64.0.1", "provider's NAT");
        private("http://100.127.255.255", "provider's NAT");
        private("http://0.0.0.0:3000", "no address to connect to");
        private("https://203.0.113.7", "examples");
    }

    #[test]
    fn names_of_local_networks_are_private() {
        private("https://nas.local", "local network");
        private("https://posts.internal.", "local network");
        private("https://posts.home.arpa", "local network");
        private("https://posts", "without a dot");
        private("https://posts.test", "never given");
    }

    #[test]
    fn what_is_no_web_address_is_private() {
        private("", "no address");
        private("posts.example.com", "no address");
        private("ftp://posts.example.com", "begins with ftp:");
    }
}
