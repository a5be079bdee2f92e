//! Whose address a request has. A header that says so is believed of proxies that are known, and of
//! nobody else: everybody can send one.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use actix_web::http::header::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// Proxies whose word is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// Text that is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadNetwork(pub String);

impl FromStr for TrustedProxies {
    type Err = BadNetwork;

    /// Addresses and networks with commas between: `10.0.0.7, 10.1.0.0/16, fd00::/8`.
    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let parts = text.split(',').map(str::trim);
        let nets = parts.filter(|part| !part.is_empty()).map(|part| {
            let address = part.parse::<IpAddr>().map(IpNet::from);
            address
                .or_else(|_| part.parse::<IpNet>())
                .map_err(|_| BadNetwork(part.to_owned()))
        });
        Ok(TrustedProxies(nets.collect::<Result<_, _>>()?))
    }
}

impl TrustedProxies {
    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Where a request comes from that `peer` has brought: from the right, the first address that is
    /// none of our proxies.
    pub fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contain(peer) {
            return peer;
        }
        let for_header = self.walk(peer, headers, &X_FORWARDED_FOR, plain);
        let forwarded = self.walk(peer, headers, &FORWARDED, for_parameter);
        match (for_header, forwarded) {
            (Some(one), None) | (None, Some(one)) => one,
            (Some(one), Some(other)) if one == other => one,
            // Proxies that write one of them pass the other on as it came from outside. Which is
            // which can not be told, so neither counts.
            _ => peer,
        }
    }

    /// Whether a request that `peer` has brought seems to come through a proxy that nobody named:
    /// a neighbour that speaks for somebody. Everybody then has that proxy's address.
    pub fn seem_to_lack(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let peer = peer.to_canonical();
        let is_near = match peer {
            IpAddr::V4(near) => near.is_private() || near.is_loopback(),
            IpAddr::V6(near) => near.is_unique_local() || near.is_loopback(),
        };
        let speaks_for_somebody =
            headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED);
        is_near && speaks_for_somebody && !self.contain(peer)
    }

    /// Whether there are none.
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// `None`: the header is not there.
    fn walk(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &HeaderName,
        read: fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let lines: Vec<&str> = headers
            .get_all(name)
            .map(|line| line.to_str().unwrap_or_default())
            .collect();
        if lines.is_empty() {
            return None;
        }
        let mut nearest = peer;
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            match read(entry) {
                Some(address) if self.contain(address) => nearest = address,
                Some(address) => return Some(address),
                // A proxy that hides whom it speaks for answers for them.
                None => break,
            }
        }
        Some(nearest)
    }
}

/// `203.0.113.9`, `203.0.113.9:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn plain(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let address = entry.parse::<IpAddr>().ok();
    let with_port = || entry.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bare = || {
        let inside = entry.strip_prefix('[')?.strip_suffix(']')?;
        inside.parse::<IpAddr>().ok()
    };
    address
        .or_else(with_port)
        .or_else(bare)
        .map(|address| address.to_canonical())
}

/// `for="[2001:db8::1]:4711";proto=https` (RFC 7239).
fn for_parameter(entry: &str) -> Option<IpAddr> {
    let mut parameters = entry.split(';');
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })?;
    plain(value.trim().trim_matches('"'))
}

/// Who counts as one: an address of IPv4, and the 64 bits of IPv6 that one household is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Household {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Household {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Household::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let high = address.to_bits() >> 64;
                Household::V6(u64::try_from(high).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(peer: &str, headers: &[(&HeaderName, &str)], expected: &str) {
        let proxies: TrustedProxies = "10.0.0.0/8, 192.0.2.1, fd00::/8".parse().unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append((*name).clone(), HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(proxies.origin(ip(peer), &map), ip(expected), "{headers:?}");
    }

    #[test]
    fn a_stranger_is_where_they_connect_from_whatever_they_say() {
        check(
            "203.0.113.5",
            &[(&X_FORWARDED_FOR, "10.0.0.1")],
            "203.0.113.5",
        );
        check("203.0.113.5", &[(&FORWARDED, "for=1.2.3.4")], "203.0.113.5");
        check("::ffff:203.0.113.5", &[], "203.0.113.5");
    }

    #[test]
    fn of_a_proxy_the_rightmost_address_counts_that_is_no_proxy() {
        let name = &X_FORWARDED_FOR;
        check("10.0.0.1", &[(name, "203.0.113.5")], "203.0.113.5");
        check("10.0.0.1", &[(name, "6.6.6.6, 203.0.113.5")], "203.0.113.5");
        check(
            "10.0.0.1",
            &[(name, "6.6.6.6, 203.0.113.5:999, 10.9.9.9,192.0.2.1")],
            "203.0.113.5",
        );
        check(
            "10.0.0.1",
            &[(name, "6.6.6.6"), (name, "203.0.113.5")],
            "203.0.113.5",
        );
        check("fd00::1", &[(name, "[2001:db8::1]:4711")], "2001:db8::1");
        check("10.0.0.1", &[], "10.0.0.1");
        // All the way our own.
        check("10.0.0.1", &[(name, "10.0.0.3, 10.0.0.2")], "10.0.0.3");
    }

    #[test]
    fn what_can_not_be_read_is_the_proxys_own() {
        for odd in ["unknown", "", "203.0.113.5, _hidden", "203.0.113.5 6.6.6.6"] {
            check("10.0.0.1", &[(&X_FORWARDED_FOR, odd)], "10.0.0.1");
        }
        check(
            "10.0.0.1",
            &[(&X_FORWARDED_FOR, "6.6.6.6, unknown, 10.0.0.2")],
            "10.0.0.2",
        );
    }

    #[test]
    fn forwarded_is_read_too_and_where_both_differ_neither_counts() {
        let (plain, new) = (&X_FORWARDED_FOR, &FORWARDED);
        check(
            "10.0.0.1",
            &[(new, "for=6.6.6.6, For=\"[2001:db8::1]:80\";proto=https")],
            "2001:db8::1",
        );
        check("10.0.0.1", &[(new, "proto=https")], "10.0.0.1");
        check(
            "10.0.0.1",
            &[(plain, "203.0.113.5"), (new, "for=203.0.113.5")],
            "203.0.113.5",
        );
        check(
            "10.0.0.1",
            &[(plain, "203.0.113.5"), (new, "for=6.6.6.6")],
            "10.0.0.1",
        );
    }

    #[test]
    fn a_neighbour_that_speaks_for_somebody_and_is_not_known_seems_to_be_a_proxy() {
        let lacks = |trusted: &str, peer: &str, header: Option<&HeaderName>| {
            let mut headers = HeaderMap::new();
            if let Some(name) = header {
                headers.insert(name.clone(), HeaderValue::from_static("for=203.0.113.5"));
            }
            let trusted: TrustedProxies = trusted.parse().unwrap();
            trusted.seem_to_lack(ip(peer), &headers)
        };
        for near in [
            "127.0.0.1",
            "172.18.0.5",
            "::ffff:10.0.0.1",
            "fd00::7",
            "::1",
        ] {
            assert!(lacks("", near, Some(&X_FORWARDED_FOR)), "{near}");
            assert!(lacks("192.0.2.1", near, Some(&FORWARDED)), "{near}");
            assert!(!lacks("", near, None), "{near}");
        }
        assert!(!lacks("10.0.0.0/8", "10.0.0.1", Some(&X_FORWARDED_FOR)));
        assert!(!lacks("", "203.0.113.5", Some(&X_FORWARDED_FOR)));
    }

    #[test]
    fn a_household_is_one_address_of_ipv4_or_64_bits_of_ipv6() {
        let of = |text: &str| Household::from(ip(text));
        assert_ne!(of("203.0.113.5"), of("203.0.113.6"));
        assert_eq!(of("203.0.113.5"), of("::ffff:203.0.113.5"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn what_is_no_network_is_named() {
        let wrong = "10.0.0.1, 10.0.0.0/33".parse::<TrustedProxies>();
        assert_eq!(wrong, Err(BadNetwork("10.0.0.0/33".to_owned())));
        assert_eq!("".parse(), Ok(TrustedProxies::default()));
    }
}
