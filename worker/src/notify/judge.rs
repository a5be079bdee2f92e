//! What a try means. Pure.

use std::time::Duration;

use entities::Timestamp;
use entities::notifications::{After, Disable};
use entities::rows::notification::Notification;
use webhooks::{Answer, NotDelivered, retry_after};

use crate::backoff::planned;

/// How long tries go on, and how long a webhook may fail before it is disabled.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// The pauses between tries; the last one stays.
const PAUSES: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_secs(MINUTE),
    Duration::from_secs(5 * MINUTE),
    Duration::from_secs(30 * MINUTE),
    Duration::from_secs(2 * HOUR),
    Duration::from_secs(5 * HOUR),
    Duration::from_secs(10 * HOUR),
];

/// How a notification goes on, and whether its webhook does.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    pub after: After,
    pub disabling: Disable,
    /// Why it failed, in words.
    pub error: Option<String>,
}

/// Judges what came of the try at `taken` that ended `now`.
pub fn judge(taken: &Notification, came: &Result<Answer, NotDelivered>, now: Timestamp) -> Verdict {
    let (error, wanted) = match came {
        Ok(answer) if (200..300).contains(&answer.status) => {
            return Verdict {
                after: After::Done,
                disabling: Disable::No,
                error: None,
            };
        }
        Ok(answer) => {
            let wait = answer.retry_after.as_deref();
            let wait = wait.and_then(|header| retry_after::wait(header, now.as_ms()));
            (refusal(answer.status), wait)
        }
        Err(error) => (error.to_string(), None),
    };
    let failing_since = taken.failing_since.unwrap_or(now);
    let last_at = failing_since + GIVE_UP_AFTER;
    let is_gone = matches!(came, Ok(answer) if answer.status == 410);
    let after = match is_gone || now >= last_at {
        true => After::Failed,
        false => {
            let pause = pause(taken).max(wanted.unwrap_or_default());
            After::Again {
                at: (now + pause).min(last_at),
            }
        }
    };
    // With the last try alone: what came before it does not tell how the next ones end.
    let disabling = match after {
        _ if is_gone => Disable::Gone,
        After::Failed => Disable::IfFailingSince(now - GIVE_UP_AFTER),
        _ => Disable::No,
    };
    Verdict {
        after,
        disabling,
        error: Some(error),
    }
}

/// How long after a failed try the next one comes.
pub fn pause(taken: &Notification) -> Duration {
    planned(PAUSES, taken.tries, taken.event_id.as_str())
}

fn refusal(status: u16) -> String {
    match status {
        410 => "It answered 410: it is gone for good.".to_owned(),
        300..400 => format!("It answered {status}; webhooks follow no redirects. Set the new URL."),
        _ => format!("It answered {status}; 2xx says that it was taken."),
    }
}

#[cfg(test)]
mod tests {
    use entities::rows::notification::NotificationState;
    use entities::{EventId, WebhookId};

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn taken(tries: i32, failing_since: Option<Timestamp>) -> Notification {
        Notification {
            webhook_id: WebhookId::generate(),
            event_id: EventId::generate(),
            kind: "post.published".to_owned(),
            state: NotificationState::Waiting,
            next_at: NOW,
            lease_until: NOW,
            tries,
            failing_since,
            outcome: None,
            created_at: NOW,
        }
    }

    fn answer(status: u16, retry_after: Option<&str>) -> Result<Answer, NotDelivered> {
        Ok(Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
            start: String::new(),
        })
    }

    fn wait(verdict: &Verdict) -> Option<u64> {
        match verdict.after {
            After::Again { at } => Some(at.since(NOW).as_secs()),
            _ => None,
        }
    }

    #[test]
    fn every_2xx_is_success_and_nothing_else_is() {
        for status in 100..600 {
            let verdict = judge(&taken(0, None), &answer(status, None), NOW);
            assert_eq!(
                verdict.after == After::Done,
                (200..300).contains(&status),
                "{status}"
            );
            assert_eq!(
                verdict.error.is_none(),
                (200..300).contains(&status),
                "{status}"
            );
        }
        assert_ne!(
            judge(&taken(0, None), &Err(NotDelivered::TooSlow), NOW).after,
            After::Done
        );
    }

    #[test]
    fn pauses_grow_as_planned_and_vary_by_a_tenth() {
        let planned = [5, 60, 300, 1_800, 7_200, 18_000, 36_000, 36_000, 36_000];
        for (tries, seconds) in (0..).zip(planned) {
            let verdict = judge(&taken(tries, Some(NOW)), &answer(500, None), NOW);
            let waited = wait(&verdict).unwrap() as f64;
            let expected = f64::from(seconds);
            assert!(
                (waited - expected).abs() <= expected / 10.0 + 1.0,
                "{tries}: {waited}"
            );
        }
    }

    #[test]
    fn retry_after_puts_the_next_try_off_and_never_forward() {
        let wait_for =
            |header| wait(&judge(&taken(0, None), &answer(503, Some(header)), NOW)).unwrap();
        assert_eq!(wait_for("3600"), 3600);
        assert!((4..=6).contains(&wait_for("1")));
        assert!((4..=6).contains(&wait_for("soon")));
    }

    #[test]
    fn after_three_days_of_failing_it_is_given_up_and_the_last_try_is_just_then() {
        let almost = NOW - GIVE_UP_AFTER + Duration::from_secs(60);
        let verdict = judge(&taken(9, Some(almost)), &answer(500, None), NOW);
        assert_eq!(wait(&verdict), Some(60));
        assert_eq!(verdict.disabling, Disable::No);
        let verdict = judge(
            &taken(10, Some(NOW - GIVE_UP_AFTER)),
            &answer(500, None),
            NOW,
        );
        assert_eq!(verdict.after, After::Failed);
        assert_eq!(
            verdict.disabling,
            Disable::IfFailingSince(NOW - GIVE_UP_AFTER)
        );
    }

    #[test]
    fn who_is_gone_is_told_nothing_more() {
        let verdict = judge(&taken(0, None), &answer(410, None), NOW);
        assert_eq!(
            (verdict.after, verdict.disabling),
            (After::Failed, Disable::Gone)
        );
    }
}
