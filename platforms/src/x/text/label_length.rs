//! The length of a host's labels in the domain name system, where other scripts are written in
//! Punycode (RFC 3492). Only the length is needed, so nothing is encoded.

/// The longest label the domain name system allows, in bytes.
const LONGEST: usize = 63;

/// No label of the host is empty or longer than 63 bytes once it is encoded.
pub(super) fn labels_fit(host: &str) -> bool {
    host.split('.')
        .all(|label| (1..=LONGEST).contains(&encoded_len(label)))
}

/// The encoded length of a label; any number above the limit if it is too long. Full stops of
/// other scripts divide a label here, though not where hosts are looked for: the reference
/// hands the label to a library which does so.
fn encoded_len(label: &str) -> usize {
    // Every character adds at least one byte. Stopping here keeps the encoding, whose cost grows
    // with the square of the length, to a constant.
    if label.chars().nth(LONGEST).is_some() {
        return LONGEST + 1;
    }
    let parts = label.split(['\u{3002}', '\u{FF0E}', '\u{FF61}']);
    parts.map(|part| part_len(part) + 1).sum::<usize>() - 1
}

fn part_len(part: &str) -> usize {
    if part.chars().all(|c| matches!(c, ' '..='~')) {
        return part.len();
    }
    let chars: Vec<u32> = part.chars().map(u32::from).collect();
    "xn--".len() + punycode_len(&chars)
}

fn punycode_len(chars: &[u32]) -> usize {
    let basic = chars.iter().filter(|&&c| c < 0x80).count();
    let mut length = basic + usize::from(basic > 0);
    let (mut handled, mut next, mut delta, mut bias) = (basic as u32, 0x80, 0, 72);
    while let Some(&smallest) = chars.iter().filter(|&&c| c >= next).min() {
        delta += (smallest - next) * (handled + 1);
        for &c in chars {
            if c < smallest {
                delta += 1;
            } else if c == smallest {
                length += digits(delta, bias);
                bias = adapt(delta, handled + 1, handled == basic as u32);
                delta = 0;
                handled += 1;
            }
        }
        delta += 1;
        next = smallest + 1;
    }
    length
}

/// How many base-36 digits the variable-length number `delta` takes.
fn digits(delta: u32, bias: u32) -> usize {
    let (mut rest, mut position, mut count) = (delta, 36_u32, 1);
    loop {
        let threshold = position.saturating_sub(bias).clamp(1, 26);
        if rest < threshold {
            return count;
        }
        rest = (rest - threshold) / (36 - threshold);
        position += 36;
        count += 1;
    }
}

fn adapt(delta: u32, handled: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / handled;
    let mut steps = 0;
    while delta > 455 {
        delta /= 35;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_as_long_as_its_punycode() {
        for (label, encoded) in [
            ("example", "example"),
            ("bücher", "xn--bcher-kva"),
            ("ああ", "xn--l8ja"),
            ("☃", "xn--n3h"),
            ("пример", "xn--e1afmkfd"),
            ("παράδειγμα", "xn--hxajbheg2az3al"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
        ] {
            assert_eq!(encoded_len(label), encoded.len(), "{label}");
        }
    }

    #[test]
    fn a_label_has_one_to_63_bytes() {
        assert!(labels_fit(&format!("{}.com", "a".repeat(63))));
        assert!(!labels_fit(&format!("{}.com", "a".repeat(64))));
        assert!(!labels_fit("a..com"));
    }
}
