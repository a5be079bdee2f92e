//! Ids of 17 digits from ranges that do not meet, so that a client which
//! takes one kind for another never succeeds by chance (threads.md 0.4, 11).

use crate::random::{BASE64_URL, Random};

const CONTAINERS: u64 = 17_000_000_000_000_000;
const MEDIA: u64 = 18_000_000_000_000_000;
const USERS: u64 = 27_000_000_000_000_000;
const RANGE: u64 = 1_000_000_000_000_000;
/// 2023-01-01, before Threads existed.
const EPOCH_MS: i64 = 1_672_531_200_000;

/// Grows with time, so that a simulator which was started again never gives
/// out an id that a client still holds from before.
#[derive(Debug)]
pub(crate) struct Ids {
    last_container: u64,
    last_media: u64,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            last_container: CONTAINERS,
            last_media: MEDIA,
        }
    }
}

impl Ids {
    pub(crate) fn container(&mut self, now_ms: i64, random: &mut Random) -> u64 {
        self.last_container = next(self.last_container, CONTAINERS, now_ms, random);
        self.last_container
    }

    pub(crate) fn media(&mut self, now_ms: i64, random: &mut Random) -> u64 {
        self.last_media = next(self.last_media, MEDIA, now_ms, random);
        self.last_media
    }
}

fn next(last: u64, base: u64, now_ms: i64, random: &mut Random) -> u64 {
    let age_ms = u64::try_from(now_ms.saturating_sub(EPOCH_MS)).unwrap_or(0);
    let from_time = base + age_ms.saturating_mul(50).min(RANGE / 2) + random.next() % 50;
    from_time.max(last + 1)
}

/// Decimal digits only: no sign, no leading zero, no space.
pub(crate) fn parse(id: &str) -> Option<u64> {
    let plain =
        id.len() <= 19 && !id.starts_with('0') && id.bytes().all(|byte| byte.is_ascii_digit());
    if plain { id.parse().ok() } else { None }
}

pub(crate) fn is_container(id: &str) -> bool {
    parse(id).is_some_and(|id| (CONTAINERS..CONTAINERS + RANGE).contains(&id))
}

pub(crate) fn is_media(id: &str) -> bool {
    parse(id).is_some_and(|id| (MEDIA..MEDIA + RANGE).contains(&id))
}

pub(crate) fn is_user(id: &str) -> bool {
    parse(id).is_some_and(|id| (USERS..USERS + RANGE).contains(&id))
}

/// The 11 characters of a permalink, such as `DXYOXEPk5SM` (threads.md 8.1).
/// Distinct ids give distinct codes: the factor is odd.
pub(crate) fn shortcode(media_id: u64) -> String {
    const BITS: u64 = (1 << 60) - 1;
    let code = (3 << 60) | (media_id.wrapping_mul(0x9E37_79B9_7F4A_7C15) & BITS);
    (0..11)
        .rev()
        .map(|place| sextet(code >> (6 * place)))
        .collect()
}

/// Such as `A-ptA4ve9FlWkRMi935kaIS`.
pub(crate) fn trace_id(random: &mut Random) -> String {
    format!("A{}", random.text(BASE64_URL, 22))
}

/// An opaque place in a list.
pub(crate) fn cursor(media_id: u64) -> String {
    let code: String = (0..10)
        .rev()
        .map(|place| sextet(media_id >> (6 * place)))
        .collect();
    format!("QVFIU{code}ZD")
}

pub(crate) fn media_of(cursor: &str) -> Option<u64> {
    let code = cursor.strip_prefix("QVFIU")?.strip_suffix("ZD")?;
    code.bytes().try_fold(0_u64, |id, byte| {
        let sextet = BASE64_URL.iter().position(|&letter| letter == byte)?;
        id.checked_mul(64)?.checked_add(u64::try_from(sextet).ok()?)
    })
}

fn sextet(bits: u64) -> char {
    char::from(BASE64_URL[usize::try_from(bits & 63).unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_seventeen_digits_and_never_repeat() {
        let (mut ids, mut random) = (Ids::default(), Random::new(1));
        let now_ms = 1_795_000_000_000;
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            for id in [
                ids.container(now_ms, &mut random),
                ids.media(now_ms, &mut random),
            ] {
                assert_eq!(id.to_string().len(), 17);
                assert!(seen.insert(id));
            }
        }
    }

    #[test]
    fn the_kinds_are_told_apart() {
        let (mut ids, mut random) = (Ids::default(), Random::new(1));
        let container = ids.container(0, &mut random).to_string();
        let media = ids.media(0, &mut random).to_string();
        assert!(is_container(&container) && !is_media(&container));
        assert!(is_media(&media) && !is_container(&media));
    }

    #[test]
    fn only_plain_decimals_are_ids() {
        for id in [
            "",
            "abc",
            "+18000000000000001",
            "018000000000000001",
            "1.8e16",
            " 1",
        ] {
            assert_eq!(parse(id), None, "{id:?}");
        }
    }

    #[test]
    fn a_cursor_leads_back_to_its_post() {
        assert_eq!(
            media_of(&cursor(18_021_615_854_650_509)),
            Some(18_021_615_854_650_509)
        );
        assert_eq!(media_of("nonsense"), None);
    }

    #[test]
    fn a_shortcode_has_eleven_characters() {
        assert_eq!(shortcode(MEDIA).len(), 11);
        assert_ne!(shortcode(MEDIA), shortcode(MEDIA + 1));
    }
}
