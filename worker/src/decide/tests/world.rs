//! An abstract platform that misbehaves within its bounds: answers are lost before or after the
//! effect, effects land late, status and lists lag, containers vanish, workers die at any point.
//! Whatever is sent twice is visible twice, except on an X that refuses what it can see already.

use platforms::LimitScope;

use super::drive::{Delivery, Turn, World};
use super::*;

/// Pseudo-random numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// Up to `most`, near zero as often as not.
    pub fn up_to(&mut self, most: Duration) -> Duration {
        let most_ms = most.as_millis() as u64;
        let ms = if self.percent(50) {
            self.below(most_ms / 20 + 1)
        } else {
            self.below(most_ms + 1)
        };
        Duration::from_millis(ms)
    }
}

struct Prepared {
    id: String,
    part: i32,
    made_at: Timestamp,
    /// Unknown to some servers until then.
    known_at: Timestamp,
    ready_at: Timestamp,
    /// What its status says instead of ready.
    wrong: Option<&'static str>,
    vanishes_at: Timestamp,
    /// When its status begins to say that it was published.
    seen_published_at: Option<Timestamp>,
    /// It was published, and every publish of it says that there is no such container.
    denied: bool,
}

/// A post that is visible, or will be.
pub struct Post {
    id: String,
    pub part: i32,
    lands_at: Timestamp,
    listed_at: Timestamp,
}

pub struct Unruly {
    dice: Dice,
    settle: Duration,
    call_timeout: Duration,
    /// How many of a hundred calls go wrong, until `calm_at`.
    trouble: u64,
    calm_at: Timestamp,
    /// How many of a hundred refusals are for good.
    for_good: u64,
    refuses_duplicates: bool,
    containers: Vec<Prepared>,
    pub posts: Vec<Post>,
}

enum Fault {
    NotDone,
    LostBefore,
    LostAfter,
    /// Carried out, and answered as if there were no such container.
    DeniedAfter,
    Refused,
    DiesBefore,
    DiesAfter,
}

impl Unruly {
    pub fn new(platform: Platform, settings: &Settings, mut dice: Dice) -> Self {
        let trouble = [3, 15, 40, 70, 97][dice.below(5) as usize];
        let calm_after = match dice.below(20) {
            0 => DAY * 30,
            1..=2 => dice.up_to(HOUR * 30),
            3..=9 => dice.up_to(HOUR * 2),
            _ => dice.up_to(secs(600)),
        };
        Unruly {
            settle: settings.settle(platform),
            call_timeout: settings.call_timeout,
            trouble,
            calm_at: START + calm_after,
            for_good: dice.below(4),
            refuses_duplicates: platform == Platform::X && dice.percent(30),
            containers: Vec::new(),
            posts: Vec::new(),
            dice,
        }
    }

    fn fault(&mut self, now: Timestamp) -> Option<Fault> {
        let in_trouble = now < self.calm_at && self.dice.percent(self.trouble);
        in_trouble.then(|| match self.dice.below(13) {
            0..=1 => Fault::NotDone,
            2..=3 => Fault::LostBefore,
            4..=6 => Fault::LostAfter,
            7..=8 => Fault::Refused,
            9 => Fault::DiesBefore,
            10 => Fault::DeniedAfter,
            _ => Fault::DiesAfter,
        })
    }

    /// A refusal that the step may meet; none of them has an effect.
    fn refusal(&mut self, now: Timestamp) -> Meaning {
        if self.dice.percent(self.for_good) {
            return Meaning::Rejected {
                code: "not_permitted",
            };
        }
        let until_ms = (now + self.dice.up_to(HOUR)).as_ms();
        match self.dice.below(6) {
            0 => Meaning::Limited {
                scope: LimitScope::Account,
                until_ms: None,
            },
            1 => Meaning::Limited {
                scope: LimitScope::App,
                until_ms: Some(until_ms),
            },
            2 => Meaning::Unauthorized,
            3 => Meaning::Blocked {
                code: "credits_depleted",
            },
            4 => Meaning::BadLinkPreview,
            _ => Meaning::NotDone,
        }
    }

    /// Does what `step` asks for and answers it; an effect lands `late`.
    fn perform(
        &mut self,
        delivery: &Delivery,
        step: &Step,
        now: Timestamp,
        late: bool,
    ) -> Result<Success, Failure> {
        let part = delivery.progress.part_index;
        match step {
            Step::CreateContainer => Ok(Success::Container {
                id: self.prepare(part, now),
            }),
            Step::CheckContainer(container) => self.container_status(&container.id, now),
            Step::PublishContainer(container) => {
                let at = self
                    .containers
                    .iter()
                    .position(|known| known.id == container.id);
                let usable = at.filter(|at| self.containers[*at].is_usable(now));
                let Some(at) = usable else {
                    return err(Meaning::NotFound);
                };
                let part = self.containers[at].part;
                let (id, seen_at) = self.publish(delivery, part, now, late);
                let known = &mut self.containers[at];
                known.seen_published_at = Some(
                    known
                        .seen_published_at
                        .map_or(seen_at, |before| before.min(seen_at)),
                );
                Ok(Success::Live {
                    remote_id: id,
                    url: None,
                })
            }
            Step::CreatePost => {
                let is_there = self
                    .posts
                    .iter()
                    .any(|post| post.part == part && post.lands_at <= now);
                if self.refuses_duplicates && is_there {
                    return err(Meaning::Duplicate);
                }
                let (id, _) = self.publish(delivery, part, now, late);
                Ok(Success::Live {
                    url: Some(format!("https://x/{id}")),
                    remote_id: id,
                })
            }
            Step::ReadPermalink { .. } => Ok(Success::Permalink(None)),
            Step::FindPost => Ok(Success::Searched(self.list(part, now))),
            of_a_file => unreachable!("{of_a_file:?} without a file"),
        }
    }

    fn prepare(&mut self, part: i32, now: Timestamp) -> String {
        let id = format!("c{}", self.containers.len() + 1);
        let hurry = if self.dice.percent(20) {
            secs(60)
        } else {
            secs(1)
        };
        let vanishes = self.dice.percent(10);
        self.containers.push(Prepared {
            id: id.clone(),
            part,
            made_at: now,
            known_at: now + self.dice.up_to(secs(7)),
            ready_at: now + self.dice.up_to(hurry),
            wrong: (now < self.calm_at && self.dice.percent(5)).then_some("UNKNOWN"),
            vanishes_at: if vanishes {
                now + self.dice.up_to(secs(300))
            } else {
                now + DAY * 30
            },
            seen_published_at: None,
            denied: false,
        });
        id
    }

    fn container_status(&mut self, id: &str, now: Timestamp) -> Result<Success, Failure> {
        let Some(known) = self.containers.iter().find(|known| known.id == id) else {
            return err(Meaning::NotFound);
        };
        if now < known.known_at || now >= known.vanishes_at {
            return err(Meaning::NotFound);
        }
        status(match known {
            known if known.seen_published_at.is_some_and(|at| at <= now) => {
                ContainerStatus::Published
            }
            known if known.is_expired(now) => ContainerStatus::Expired,
            Prepared {
                wrong: Some(reason),
                ..
            } => ContainerStatus::Error((*reason).to_owned()),
            known if now < known.ready_at => ContainerStatus::InProgress,
            _ => ContainerStatus::Finished,
        })
    }

    /// Makes a post visible, at once or at any time that is within the bounds, and says when
    /// everybody can see it.
    fn publish(
        &mut self,
        delivery: &Delivery,
        part: i32,
        now: Timestamp,
        late: bool,
    ) -> (String, Timestamp) {
        let sent_at = delivery
            .sent_at()
            .expect("whoever sends has said so before");
        let bound = sent_at + self.settle;
        let lands_at = if late {
            now + self.dice.up_to(bound.since(now))
        } else {
            now
        };
        let listed_at = lands_at + self.dice.up_to(bound.since(lands_at));
        let id = format!("m{}", self.posts.len() + 1);
        self.posts.push(Post {
            id: id.clone(),
            part,
            lands_at,
            listed_at,
        });
        (id, listed_at)
    }

    /// What was just published is not known to the server that answers, now and later.
    fn denied(
        &mut self,
        step: &Step,
        outcome: Result<Success, Failure>,
    ) -> Result<Success, Failure> {
        let Step::PublishContainer(container) = step else {
            return outcome;
        };
        let known = self.containers.iter_mut();
        let is_it = |known: &&mut Prepared| known.id == container.id;
        if let (Ok(_), Some(known)) = (&outcome, known.into_iter().find(is_it)) {
            known.denied = true;
        }
        err(Meaning::NotFound)
    }

    fn list(&mut self, part: i32, now: Timestamp) -> Search {
        let complete = !self.dice.percent(15);
        let skipped = !complete && self.dice.percent(50);
        let listed = self
            .posts
            .iter()
            .filter(|post| post.part == part && post.listed_at <= now);
        let first = listed.min_by_key(|post| post.lands_at).filter(|_| !skipped);
        let found = first.map(|post| RemotePost {
            attached: platforms::Attached::Unsaid,
            id: post.id.clone(),
            text: String::new(),
            url: None,
            created_at_ms: Some(post.lands_at.as_ms()),
            reply_to: None,
        });
        Search { found, complete }
    }
}

impl Prepared {
    fn is_expired(&self, now: Timestamp) -> bool {
        now.since(self.made_at) >= DAY
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        let in_time = now >= self.known_at.max(self.ready_at) && now < self.vanishes_at;
        in_time && !self.denied && !self.is_expired(now) && self.wrong.is_none()
    }
}

impl World for Unruly {
    fn take(&mut self, delivery: &Delivery, step: &Step, now: Timestamp) -> Turn {
        let lost = err(if step.publishes() {
            Meaning::Unknown
        } else {
            Meaning::Transient
        });
        let fault = self.fault(now);
        // What is asked is answered as of the moment of the question.
        let took = match fault {
            Some(Fault::LostBefore | Fault::LostAfter) => self.call_timeout,
            _ => self.dice.up_to(self.call_timeout),
        };
        let late = matches!(fault, Some(Fault::LostAfter | Fault::DiesAfter));
        let down = if self.dice.percent(5) {
            HOUR * 26
        } else {
            secs(300)
        };
        let outcome = match fault {
            None => self.perform(delivery, step, now, late),
            Some(Fault::NotDone) => err(Meaning::NotDone),
            Some(Fault::LostBefore) => lost,
            Some(Fault::LostAfter) => {
                let _ = self.perform(delivery, step, now, late);
                lost
            }
            Some(Fault::DeniedAfter) => {
                let outcome = self.perform(delivery, step, now, late);
                self.denied(step, outcome)
            }
            Some(Fault::Refused) => err(self.refusal(now)),
            Some(Fault::DiesBefore) => {
                return Turn::Died {
                    down: self.dice.up_to(down),
                };
            }
            Some(Fault::DiesAfter) => {
                let _ = self.perform(delivery, step, now, late);
                return Turn::Died {
                    down: self.dice.up_to(down),
                };
            }
        };
        Turn::Answered { took, outcome }
    }

    fn late(&mut self) -> Duration {
        match self.dice.below(200) {
            0 => self.dice.up_to(HOUR * 26),
            1..=9 => self.dice.up_to(secs(300)),
            _ => Duration::ZERO,
        }
    }

    fn reconnected_after(&mut self) -> Option<Duration> {
        Some(self.dice.up_to(HOUR * 2))
    }
}
