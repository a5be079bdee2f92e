use std::net::IpAddr;

use super::*;

fn of(address: &str) -> Whose {
    whose(address.parse::<IpAddr>().unwrap())
}

/// The first and the last address of each network, and what lies just outside of it.
const NETWORKS: &[(&str, &str, Whose, &str, &str)] = &[
    (
        "10.0.0.0",
        "10.255.255.255",
        Private,
        "9.255.255.255",
        "11.0.0.0",
    ),
    (
        "100.64.0.0",
        "100.127.255.255",
        SharedByProvider,
        "100.63.255.255",
        "100.128.0.0",
    ),
    (
        "127.0.0.0",
        "127.255.255.255",
        Loopback,
        "126.255.255.255",
        "128.0.0.0",
    ),
    (
        "169.254.0.0",
        "169.254.255.255",
        LinkLocal,
        "169.253.255.255",
        "169.255.0.0",
    ),
    (
        "172.16.0.0",
        "172.31.255.255",
        Private,
        "172.15.255.255",
        "172.32.0.0",
    ),
    (
        "192.0.0.0",
        "192.0.0.255",
        Reserved,
        "191.255.255.255",
        "192.0.1.0",
    ),
    (
        "192.0.2.0",
        "192.0.2.255",
        Documentation,
        "192.0.1.255",
        "192.0.3.0",
    ),
    (
        "192.88.99.0",
        "192.88.99.255",
        Reserved,
        "192.88.98.255",
        "192.88.100.0",
    ),
    (
        "192.168.0.0",
        "192.168.255.255",
        Private,
        "192.167.255.255",
        "192.169.0.0",
    ),
    (
        "198.18.0.0",
        "198.19.255.255",
        Benchmarking,
        "198.17.255.255",
        "198.20.0.0",
    ),
    (
        "198.51.100.0",
        "198.51.100.255",
        Documentation,
        "198.51.99.255",
        "198.51.101.0",
    ),
    (
        "203.0.113.0",
        "203.0.113.255",
        Documentation,
        "203.0.112.255",
        "203.0.114.0",
    ),
    (
        "2001:2::",
        "2001:2:0:ffff:ffff:ffff:ffff:ffff",
        Benchmarking,
        "2600::",
        "2620::",
    ),
    (
        "2001:db8::",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        Documentation,
        "2001:db7:ffff::1",
        "2001:db9::",
    ),
    (
        "3fff::",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        Documentation,
        "3ffe:ffff::1",
        "3fff:1000::",
    ),
    (
        "2001:1::",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        Reserved,
        "2000:ffff::1",
        "2001:200::",
    ),
];

#[test]
fn each_network_ends_where_the_registry_says() {
    for (first, last, kind, before, after) in NETWORKS {
        assert_eq!(of(first), *kind, "{first}");
        assert_eq!(of(last), *kind, "{last}");
        assert_eq!(of(before), Public, "{before}");
        assert_eq!(of(after), Public, "{after}");
    }
}

#[test]
fn what_stands_alone_is_known() {
    for (address, kind) in [
        ("0.0.0.0", Unspecified),
        ("0.0.0.1", Reserved),
        ("0.255.255.255", Reserved),
        ("1.0.0.0", Public),
        ("169.254.169.254", LinkLocal),
        ("223.255.255.255", Public),
        ("224.0.0.0", Multicast),
        ("239.255.255.255", Multicast),
        ("240.0.0.0", Reserved),
        ("255.255.255.254", Reserved),
        ("255.255.255.255", Broadcast),
        ("8.8.8.8", Public),
        ("::", Unspecified),
        ("::1", Loopback),
        ("fc00::", Private),
        ("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Private),
        // The metadata services of AWS, Google, Alibaba and Azure, and their neighbours.
        ("fd00:ec2::254", LinkLocal),
        ("fd00:ec2::253", Private),
        ("fd20:ce::254", LinkLocal),
        ("fd20:ce::255", Private),
        ("100.100.100.200", LinkLocal),
        ("100.100.100.201", SharedByProvider),
        ("168.63.129.16", LinkLocal),
        ("168.63.129.17", Public),
        ("fe00::1", Reserved),
        ("fe80::1", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", Reserved),
        ("ff02::1", Multicast),
        ("2606:4700:4700::1111", Public),
        ("1fff:ffff::1", Reserved),
        ("4000::1", Reserved),
        ("5f00::1", Reserved),
        ("100::1", Reserved),
    ] {
        assert_eq!(of(address), kind, "{address}");
    }
}

/// Every way to write the IPv4 address `a.b.c.d` into an IPv6 one.
fn written_into(address: &str) -> Vec<String> {
    let [a, b, c, d] = address.parse::<std::net::Ipv4Addr>().unwrap().octets();
    let hex = format!("{a:02x}{b:02x}:{c:02x}{d:02x}");
    let turned = format!("{:02x}{:02x}:{:02x}{:02x}", !a, !b, !c, !d);
    vec![
        format!("::ffff:{hex}"),
        format!("::ffff:0:{hex}"),
        format!("::{hex}"),
        format!("64:ff9b::{hex}"),
        format!("64:ff9b:1::{hex}"),
        format!("2002:{hex}::1"),
        format!("2001:0:4136:e378:8000:63bf:{turned}"),
        format!("2606:4700::5efe:{hex}"),
        format!("2606:4700::200:5efe:{hex}"),
    ]
}

#[test]
fn an_inner_address_that_is_not_public_is_found_in_every_form() {
    for inner in [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "168.63.129.16",
        "192.168.1.1",
        "100.64.0.1",
        "172.20.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        for address in written_into(inner) {
            let found = of(&address);
            let expected = match of(inner) {
                inner if is_carried(address.parse().unwrap()) => inner,
                LinkLocal => LinkLocal,
                // What takes it out again may be anywhere: it is no way into one's own network.
                _ => Reserved,
            };
            assert_eq!(found, expected, "{address}");
            assert!(!found.is_within(Reach::Public), "{address}");
        }
    }
}

#[test]
fn what_is_not_carried_leads_into_no_network_of_one_s_own() {
    for address in [
        "2002:a00:1::1",
        "64:ff9b:1::a00:1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ] {
        assert!(!of(address).is_within(Reach::PrivateToo), "{address}");
    }
    assert!(of("::ffff:a00:1").is_within(Reach::PrivateToo));
}

#[test]
fn an_inner_address_that_is_public_is_reached_only_where_it_is_carried() {
    let forms: Vec<Whose> = written_into("8.8.8.8")
        .iter()
        .map(|form| of(form))
        .collect();
    assert_eq!(
        forms,
        [
            Public, Reserved, Reserved, Public, Reserved, Public, Reserved, Public, Public
        ]
    );
}

#[test]
fn private_addresses_are_within_reach_only_when_that_was_said() {
    for kind in [Loopback, Private, SharedByProvider] {
        assert!(
            !kind.is_within(Reach::Public) && kind.is_within(Reach::PrivateToo),
            "{kind:?}"
        );
    }
    for kind in [
        LinkLocal,
        Unspecified,
        Multicast,
        Broadcast,
        Documentation,
        Benchmarking,
        Reserved,
    ] {
        assert!(
            !kind.is_within(Reach::Public) && !kind.is_within(Reach::PrivateToo),
            "{kind:?}"
        );
    }
    assert!(Public.is_within(Reach::Public) && Public.is_within(Reach::PrivateToo));
}

/// The standard library knows these too, by its own reading.
#[test]
fn the_standard_library_agrees() {
    let mut state = 1_u64;
    for _ in 0..200_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let address = std::net::Ipv4Addr::from((state >> 32) as u32);
        let special = address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_multicast()
            || address.is_broadcast()
            || address.is_documentation()
            || address.is_unspecified();
        assert!(!special || whose(address.into()) != Public, "{address}");
    }
}
