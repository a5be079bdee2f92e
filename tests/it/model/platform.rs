//! An abstract platform, in both dialects. It makes a post of every call that takes effect and
//! never refuses a second one. Within its bounds it does as it likes: effects land late, answers
//! are lost, what it shows lags behind what is there, containers fail and vanish.

use std::time::Duration;

use entities::delivery::Container;
use entities::{Platform, Timestamp};
use platforms::threads::ContainerStatus;
use platforms::{Evidence, Failure, LimitScope, Meaning, RemotePost};
use worker::decide::Success;
use worker::search::{Sought, candidates, choose};
use worker::step::Step;

use super::settings;

/// `threads.md` 4.4: how long a container can be published.
const CONTAINER_LIFE: Duration = Duration::from_secs(24 * 3600);

/// How the platform treats one call. Parts of a thousand say how much of the time it may take it
/// does take.
#[derive(Clone, Debug)]
pub struct Call {
    pub fate: Fate,
    /// From the call to its answer, or to its end without one; the call's time-out at most.
    pub took: Duration,
    /// When the effect lands: before the answer; without one, until after the settling time.
    pub lands_permille: u32,
    /// When everybody sees it, in what is left of the settling time.
    pub shows_permille: u32,
    pub preparing: Preparing,
    /// Whether a list reaches back to the send.
    pub reaches_back: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Answered,
    /// A time-out, a broken connection or a 5xx.
    Unanswered {
        carried_out: bool,
    },
    Refused(Refusal),
}

/// Why a call certainly had no effect.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    NotDone,
    Limited,
    LimitedUntil(Duration),
    Unauthorized,
    Blocked,
    Rejected,
}

/// What becomes of a container that is made by a call, each time counted from there.
#[derive(Clone, Copy, Debug)]
pub struct Preparing {
    pub known_after: Duration,
    pub ready_after: Duration,
    pub fails: Option<&'static str>,
    pub vanishes_after: Option<Duration>,
}

/// What a worker asks for.
pub struct Question<'a> {
    pub step: &'a Step,
    pub part: i32,
    pub reply_to: Option<&'a str>,
    /// From when on a list is asked for.
    pub since: Timestamp,
    /// Ids that are known to be parts.
    pub adopted: &'a [String],
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub outcome: Result<Success, Failure>,
    pub at: Timestamp,
}

/// A post that is live, or will be.
#[derive(Clone, Debug)]
pub struct Post {
    pub id: String,
    pub part: i32,
    pub reply_to: Option<String>,
    pub lands_at: Timestamp,
    shows_at: Timestamp,
}

#[derive(Clone, Debug)]
struct Prepared {
    id: String,
    part: i32,
    reply_to: Option<String>,
    made_at: Timestamp,
    preparing: Preparing,
    /// When its status begins to say that it was published.
    shows_published_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub struct AbstractPlatform {
    pub dialect: Platform,
    pub posts: Vec<Post>,
    containers: Vec<Prepared>,
}

impl AbstractPlatform {
    pub fn new(dialect: Platform) -> Self {
        AbstractPlatform {
            dialect,
            posts: Vec::new(),
            containers: Vec::new(),
        }
    }

    /// The posts of a part that are live at `now`.
    pub fn live(&self, part: i32, now: Timestamp) -> impl Iterator<Item = &Post> {
        self.posts
            .iter()
            .filter(move |post| post.part == part && post.lands_at <= now)
    }

    /// Treats a call that begins at `now`. What is asked is answered as of that moment.
    pub fn ask(&mut self, question: &Question<'_>, call: &Call, now: Timestamp) -> Answer {
        let at = now + call.took;
        let outcome = match call.fate {
            Fate::Answered => self.carry_out(question, call, now, call.took),
            Fate::Unanswered { carried_out } => {
                if carried_out {
                    let _ = self.carry_out(question, call, now, self.latest());
                }
                failure(if question.step.publishes() {
                    Meaning::Unknown
                } else {
                    Meaning::Transient
                })
            }
            Fate::Refused(refusal) => failure(refusal.meaning(at)),
        };
        Answer { outcome, at }
    }

    /// How long after its beginning a call may land, and what it made stay out of sight.
    fn latest(&self) -> Duration {
        let settle = match self.dialect {
            Platform::Threads => settings().threads_settle,
            Platform::X => settings().x_settle,
        };
        settings().call_timeout + settle
    }

    fn carry_out(
        &mut self,
        question: &Question<'_>,
        call: &Call,
        now: Timestamp,
        lands_within: Duration,
    ) -> Result<Success, Failure> {
        match question.step {
            Step::CreateContainer => Ok(Success::Container {
                id: self.prepare(question, call, now),
            }),
            Step::CheckContainer(container) => self.status(container, now),
            Step::PublishContainer(container) => {
                let known = self.containers.iter().position(|c| c.id == container.id);
                let Some(at) = known.filter(|at| self.containers[*at].is_usable(now)) else {
                    return failure(Meaning::NotFound);
                };
                let (part, reply_to) = {
                    let container = &self.containers[at];
                    (container.part, container.reply_to.clone())
                };
                let (remote_id, shows_at) = self.publish(part, reply_to, call, now, lands_within);
                let shows = &mut self.containers[at].shows_published_at;
                *shows = Some(shows.map_or(shows_at, |before| before.min(shows_at)));
                Ok(Success::Live {
                    remote_id,
                    url: None,
                })
            }
            Step::CreatePost => {
                let reply_to = question.reply_to.map(str::to_owned);
                let (remote_id, _) = self.publish(question.part, reply_to, call, now, lands_within);
                Ok(Success::Live {
                    remote_id,
                    url: None,
                })
            }
            Step::ReadPermalink { .. } => Ok(Success::Permalink(None)),
            Step::FindPost => Ok(Success::Searched(self.search(question, call, now))),
            of_a_file => unreachable!("{of_a_file:?} without a file"),
        }
    }

    fn prepare(&mut self, question: &Question<'_>, call: &Call, now: Timestamp) -> String {
        let id = format!("c{}", self.containers.len() + 1);
        self.containers.push(Prepared {
            id: id.clone(),
            part: question.part,
            reply_to: question.reply_to.map(str::to_owned),
            made_at: now,
            preparing: call.preparing,
            shows_published_at: None,
        });
        id
    }

    fn status(&self, container: &Container, now: Timestamp) -> Result<Success, Failure> {
        let known = self.containers.iter().find(|c| c.id == container.id);
        let Some(known) = known.filter(|c| c.is_known(now)) else {
            return failure(Meaning::NotFound);
        };
        Ok(Success::Status(known.status(now)))
    }

    fn publish(
        &mut self,
        part: i32,
        reply_to: Option<String>,
        call: &Call,
        now: Timestamp,
        lands_within: Duration,
    ) -> (String, Timestamp) {
        let lands_at = now + share(lands_within, call.lands_permille);
        let out_of_sight = (now + self.latest()).since(lands_at);
        let shows_at = lands_at + share(out_of_sight, call.shows_permille);
        let id = format!("m{}", self.posts.len() + 1);
        self.posts.push(Post {
            id: id.clone(),
            part,
            reply_to,
            lands_at,
            shows_at,
        });
        (id, shows_at)
    }

    fn search(
        &self,
        question: &Question<'_>,
        call: &Call,
        now: Timestamp,
    ) -> worker::search::Search {
        let shown = self.posts.iter().filter(|post| post.shows_at <= now);
        let listed = shown.filter(|_| call.reaches_back).map(|post| RemotePost {
            id: post.id.clone(),
            text: text(post.part),
            url: None,
            created_at_ms: Some(post.lands_at.as_ms()),
            reply_to: post.reply_to.clone(),
            attached: Default::default(),
        });
        let text = text(question.part);
        let sought = Sought {
            text: &text,
            reply_to: question.reply_to,
            ..Sought::default()
        };
        let found = candidates(self.dialect, listed.collect(), &sought, question.since);
        choose(found, question.adopted, call.reaches_back)
    }
}

impl Prepared {
    fn is_known(&self, now: Timestamp) -> bool {
        let is_gone = self
            .preparing
            .vanishes_after
            .is_some_and(|after| now >= self.made_at + after);
        now >= self.made_at + self.preparing.known_after && !is_gone
    }

    fn status(&self, now: Timestamp) -> ContainerStatus {
        if self.shows_published_at.is_some_and(|at| at <= now) {
            ContainerStatus::Published
        } else if now.since(self.made_at) >= CONTAINER_LIFE {
            ContainerStatus::Expired
        } else if let Some(reason) = self.preparing.fails {
            ContainerStatus::Error(reason.to_owned())
        } else if now < self.made_at + self.preparing.ready_after {
            ContainerStatus::InProgress
        } else {
            ContainerStatus::Finished
        }
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        let status = self.status(now);
        self.is_known(now)
            && matches!(
                status,
                ContainerStatus::Finished | ContainerStatus::Published
            )
    }
}

impl Refusal {
    fn meaning(self, now: Timestamp) -> Meaning {
        match self {
            Refusal::NotDone => Meaning::NotDone,
            Refusal::Limited => Meaning::Limited {
                scope: LimitScope::Account,
                until_ms: None,
            },
            Refusal::LimitedUntil(wait) => Meaning::Limited {
                scope: LimitScope::App,
                until_ms: Some((now + wait).as_ms()),
            },
            Refusal::Unauthorized => Meaning::Unauthorized,
            Refusal::Blocked => Meaning::Blocked {
                code: "credits_depleted",
            },
            Refusal::Rejected => Meaning::Rejected {
                code: "not_permitted",
            },
        }
    }
}

fn failure<T>(meaning: Meaning) -> Result<T, Failure> {
    Err(Failure {
        meaning,
        evidence: Evidence::default(),
        windows: Vec::new(),
    })
}

fn text(part: i32) -> String {
    format!("part {part}")
}

fn share(of: Duration, permille: u32) -> Duration {
    of * permille / 1000
}
