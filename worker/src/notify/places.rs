//! Who may be sent something now. Pure.
//!
//! A receiver that hangs keeps its place for 15 seconds. So whoever is not known to take things at
//! once has one place, and all of them together have half; and there are always some for each kind.

use std::collections::HashMap;

use entities::WebhookId;
use entities::notifications::Pace;

/// How many are sent at once in one process.
const AT_ONCE: usize = 32;

/// How many of those the webhooks of this kind may have together.
fn most(pace: Pace) -> usize {
    match pace {
        Pace::Prompt => 24,
        Pace::Doubtful => 16,
    }
}

/// How many one webhook of this kind may have.
fn to_one(pace: Pace) -> usize {
    match pace {
        Pace::Prompt => 4,
        Pace::Doubtful => 1,
    }
}

/// What is under way, counted.
#[derive(Debug, Default)]
pub struct Places {
    prompt: usize,
    doubtful: usize,
    to: HashMap<WebhookId, usize>,
}

impl Places {
    /// How many are free for webhooks of this kind.
    pub fn free(&self, pace: Pace) -> usize {
        let taken = match pace {
            Pace::Prompt => self.prompt,
            Pace::Doubtful => self.doubtful,
        };
        let all = AT_ONCE.saturating_sub(self.prompt + self.doubtful);
        most(pace).saturating_sub(taken).min(all)
    }

    /// How many of those one webhook may have.
    pub fn free_for(&self, webhook: &WebhookId, pace: Pace) -> usize {
        self.free_for_one(webhook, pace).min(self.free(pace))
    }

    fn free_for_one(&self, webhook: &WebhookId, pace: Pace) -> usize {
        let taken = self.to.get(webhook).copied().unwrap_or(0);
        to_one(pace).saturating_sub(taken)
    }

    /// Webhooks with a place: those that may have no more of them if they are of this kind, and
    /// those that may.
    pub fn busy_and_served(&self, pace: Pace) -> (Vec<WebhookId>, Vec<WebhookId>) {
        let all = self.to.keys().cloned();
        all.partition(|webhook| self.free_for_one(webhook, pace) == 0)
    }

    /// A webhook takes one.
    pub fn take(&mut self, webhook: &WebhookId, pace: Pace) {
        *self.of(pace) += 1;
        *self.to.entry(webhook.clone()).or_default() += 1;
    }

    /// It gives one back that it took as one of this kind.
    pub fn give_back(&mut self, webhook: &WebhookId, pace: Pace) {
        let of = self.of(pace);
        *of = of.saturating_sub(1);
        if let Some(count) = self.to.get_mut(webhook) {
            *count -= 1;
            if *count == 0 {
                self.to.remove(webhook);
            }
        }
    }

    fn of(&mut self, pace: Pace) -> &mut usize {
        match pace {
            Pace::Prompt => &mut self.prompt,
            Pace::Doubtful => &mut self.doubtful,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many new webhooks of a kind as find a place take all that they may.
    fn fill(places: &mut Places, pace: Pace) -> usize {
        let before = places.prompt + places.doubtful;
        while places.free(pace) > 0 {
            let webhook = WebhookId::generate();
            for _ in 0..places.free_for(&webhook, pace) {
                places.take(&webhook, pace);
            }
        }
        places.prompt + places.doubtful - before
    }

    #[test]
    fn neither_kind_takes_all_places_whoever_comes_first() {
        for (first, second, expected) in [
            (Pace::Doubtful, Pace::Prompt, (16, 16)),
            (Pace::Prompt, Pace::Doubtful, (24, 8)),
        ] {
            let mut places = Places::default();
            let took = (fill(&mut places, first), fill(&mut places, second));
            assert_eq!(took, expected, "{first:?} first");
        }
    }

    #[test]
    fn one_that_is_prompt_has_four_places_and_any_other_has_one() {
        let (mut places, webhook) = (Places::default(), WebhookId::generate());
        assert_eq!(places.free_for(&webhook, Pace::Doubtful), 1);
        places.take(&webhook, Pace::Doubtful);
        assert_eq!(places.free_for(&webhook, Pace::Doubtful), 0);
        let (it, none) = (vec![webhook.clone()], Vec::new());
        assert_eq!(
            places.busy_and_served(Pace::Doubtful),
            (it.clone(), none.clone())
        );
        // It has shown since that it is prompt.
        assert_eq!(places.busy_and_served(Pace::Prompt), (none, it));
        assert_eq!(places.free_for(&webhook, Pace::Prompt), 3);
    }

    #[test]
    fn a_place_that_is_given_back_is_free() {
        let (mut places, webhook) = (Places::default(), WebhookId::generate());
        places.take(&webhook, Pace::Doubtful);
        places.give_back(&webhook, Pace::Doubtful);
        assert_eq!(places.free_for(&webhook, Pace::Doubtful), 1);
        assert_eq!(places.free(Pace::Doubtful), 16);
        assert!(places.to.is_empty());
    }
}
