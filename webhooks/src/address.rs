//! Which addresses are whose. Pure: it judges numbers and asks nobody.
//!
//! A customer's URL must not lead into the network that we run in. What is not known to be public
//! is refused. Source: the IANA special-purpose address registries for IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far webhooks may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses alone.
    Public,
    /// Those of this machine and its own networks too: for those who host it for themselves.
    PrivateToo,
}

/// Whose an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of the internet.
    Public,
    /// This machine.
    Loopback,
    /// A network of one's own (RFC 1918, RFC 4193).
    Private,
    /// Between a provider and its customers (RFC 6598).
    SharedByProvider,
    /// The same cable, and wherever else a cloud's metadata service is.
    LinkLocal,
    Unspecified,
    Multicast,
    Broadcast,
    Documentation,
    Benchmarking,
    /// For protocols' own use, out of use, or not given out.
    Reserved,
}

use Whose::{
    Benchmarking, Broadcast, Documentation, LinkLocal, Loopback, Multicast, Private, Public,
    Reserved, SharedByProvider, Unspecified,
};

impl Whose {
    /// Whether a webhook may go there.
    pub fn is_within(self, reach: Reach) -> bool {
        match (self, reach) {
            (Public, _) => true,
            (Loopback | Private | SharedByProvider, Reach::PrivateToo) => true,
            // Not even then: nobody's webhooks are received there, but a cloud's credentials are
            // given out under a link-local address.
            _ => false,
        }
    }

    /// In words, for a sentence: "leads to ...".
    pub fn in_words(self) -> &'static str {
        match self {
            Public => "a public address",
            Loopback => "the machine itself",
            Private => "a private network",
            SharedByProvider => "a provider's shared network",
            LinkLocal => "a link-local address or a cloud's metadata service",
            Unspecified => "no address at all",
            Multicast => "a multicast group",
            Broadcast => "a broadcast address",
            Documentation => "an address for examples",
            Benchmarking => "an address for benchmarks",
            Reserved => "a reserved address",
        }
    }
}

/// The first that fits counts; what fits none is public.
const IPV4: &[([u8; 4], u32, Whose)] = &[
    ([0, 0, 0, 0], 32, Unspecified),
    // "This network" (RFC 791): some systems take all of it for themselves.
    ([0, 0, 0, 0], 8, Reserved),
    ([10, 0, 0, 0], 8, Private),
    // What Alibaba's and Azure's machines are given credentials and orders by.
    ([100, 100, 100, 200], 32, LinkLocal),
    ([168, 63, 129, 16], 32, LinkLocal),
    ([100, 64, 0, 0], 10, SharedByProvider),
    ([127, 0, 0, 0], 8, Loopback),
    ([169, 254, 0, 0], 16, LinkLocal),
    ([172, 16, 0, 0], 12, Private),
    ([192, 0, 0, 0], 24, Reserved),
    ([192, 0, 2, 0], 24, Documentation),
    // The relays of 6to4, which are gone (RFC 7526).
    ([192, 88, 99, 0], 24, Reserved),
    ([192, 168, 0, 0], 16, Private),
    ([198, 18, 0, 0], 15, Benchmarking),
    ([198, 51, 100, 0], 24, Documentation),
    ([203, 0, 113, 0], 24, Documentation),
    ([224, 0, 0, 0], 4, Multicast),
    ([255, 255, 255, 255], 32, Broadcast),
    ([240, 0, 0, 0], 4, Reserved),
];

/// The same for IPv6, after what holds an IPv4 address; what fits none is reserved.
const IPV6: &[([u16; 8], u32, Whose)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Unspecified),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Loopback),
    // The metadata services of AWS and Google.
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, LinkLocal),
    ([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, LinkLocal),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Private),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, LinkLocal),
    // Site-local, out of use, and still private where it is found (RFC 3879).
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Reserved),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Multicast),
    ([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, Benchmarking),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Documentation),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Documentation),
    // For protocols: Teredo, ORCHID and others.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Reserved),
    // The only part of IPv6 that is given out.
    ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3, Public),
];

/// Whose `address` is.
pub fn whose(address: IpAddr) -> Whose {
    match address {
        IpAddr::V4(address) => whose_v4(address),
        IpAddr::V6(address) => whose_v6(address),
    }
}

fn whose_v4(address: Ipv4Addr) -> Whose {
    let bits = u32::from(address);
    let fits = |net: [u8; 4], length: u32| {
        let differs = bits ^ u32::from(Ipv4Addr::from(net));
        differs.checked_shr(32 - length).unwrap_or(0) == 0
    };
    let found = IPV4.iter().find(|(net, length, _)| fits(*net, *length));
    found.map_or(Public, |(_, _, whose)| *whose)
}

fn whose_v6(address: Ipv6Addr) -> Whose {
    let bits = u128::from(address);
    let fits = |net: [u16; 8], length: u32| {
        let differs = bits ^ u128::from(Ipv6Addr::from(net));
        differs.checked_shr(128 - length).unwrap_or(0) == 0
    };
    let found = IPV6.iter().find(|(net, length, _)| fits(*net, *length));
    let outside = found.map_or(Reserved, |(_, _, whose)| *whose);
    match inside(address) {
        Some(inner) => match (whose_v4(inner), outside) {
            (inner, _) if is_carried(address) => inner,
            (Public, outside) => outside,
            (LinkLocal, _) => LinkLocal,
            // Where it leads is for somebody else to say: nobody's own network is reached that way.
            _ => Reserved,
        },
        None => outside,
    }
}

/// The IPv4 address inside, by any of the forms that something may take it out of again.
fn inside(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let last = v4(parts[6], parts[7]);
    match parts {
        // `::` and `::1` are themselves; the rest is IPv4-compatible (RFC 4291).
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0, _, _] => Some(last),
        // Mapped (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052, RFC 8215).
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0, 0, 0, 0, 0xffff, 0, _, _] => Some(last),
        [0x64, 0xff9b, ..] => Some(last),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => Some(v4(high, low)),
        // Teredo (RFC 4380) has its client's address with all bits turned.
        [0x2001, 0, ..] => Some(v4(!parts[6], !parts[7])),
        // ISATAP (RFC 5214).
        [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => Some(last),
        _ => None,
    }
}

/// Whether what is sent there arrives at the address inside: mapped, and the well-known NAT64.
fn is_carried(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _]
    )
}

#[cfg(test)]
mod tests;
