//! All that the simulator holds, behind one lock that is never kept across an await.

use crate::account::{AccountId, Accounts, NewAccount, Platform, SimAccount};
use crate::answer::Answer;
use crate::call::{Call, CallLog, Operation};
use crate::consent;
use crate::fault::{ActiveRule, Fault, Matched};
use crate::grants::{Grants, Scopes};
use crate::post::{LivePoll, LivePost, PostKind};
use crate::random::Random;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::Settings;
use crate::threads::{self, Threads};
use crate::x::{self, X};

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) grants: Grants,
    pub(crate) calls: CallLog,
    pub(crate) rules: Vec<ActiveRule>,
    /// Grows with each reset, so that a call which waits over a reset cannot
    /// reach into the new world.
    pub(crate) age: u64,
    threads: Threads,
    x: X,
    random: Random,
    /// Apart from `random`, so that a rule more or less does not shift ids.
    dice: Random,
}

/// Which call of which platform.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    Threads(threads::Route),
    X(x::Route),
}

impl Route {
    pub(crate) fn platform(&self) -> Platform {
        match self {
            Self::Threads(_) => Platform::Threads,
            Self::X(_) => Platform::X,
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Threads(route) => route.operation(),
            Self::X(route) => route.operation(),
        }
    }

    /// Whether the call may make the platform ask another server for a file.
    pub(crate) fn may_fetch(&self) -> bool {
        matches!(self, Self::Threads(route) if route.may_fetch())
    }
}

/// A call that was let in and written down.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    pub(crate) seq: u64,
    pub(crate) world_age: u64,
    pub(crate) fault: Option<Fault>,
    pub(crate) caller: Option<AccountId>,
    /// The id that the call names; for a container, a fault may mark it.
    pub(crate) named: Option<u64>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            accounts: Accounts::default(),
            grants: Grants::default(),
            calls: CallLog::default(),
            rules: Vec::new(),
            age: 0,
            threads: Threads::default(),
            x: X::default(),
            random: Random::new(seed),
            dice: Random::new(!seed),
        }
    }

    /// Adds a profile, or finds it again by platform and handle. A different
    /// token replaces the former one, as a new consent does.
    pub(crate) fn add_account(&mut self, seed: u64, new: NewAccount, now_ms: i64) -> SimAccount {
        let id = self.accounts.add(seed, &new);
        let (platform, scopes) = (new.platform, Scopes::from_list(new.scopes.clone()));
        let token = &new.access_token;
        if self.grants.hold(platform, id, token, scopes, now_ms) {
            self.accounts.set_abilities(id, &new);
        }
        self.accounts.get(id).public.clone()
    }

    /// Says whether there is such an account.
    pub(crate) fn revoke(&mut self, platform: Platform, username: &str) -> bool {
        let account = self.accounts.named(platform, username);
        account.map(|id| self.grants.revoke(id)).is_some()
    }

    /// Forgets posts, calls, faults and windows; accounts stay, and their
    /// tokens live again. Ids go on growing.
    pub(crate) fn reset(&mut self) {
        self.age += 1;
        self.calls.clear();
        self.rules.clear();
        self.threads.clear();
        self.x.clear();
        self.grants.restore();
    }

    pub(crate) fn scene<'a>(&'a mut self, settings: &'a Settings, now_ms: i64) -> Scene<'a> {
        Scene {
            settings,
            now_ms,
            random: &mut self.random,
            accounts: &self.accounts,
            grants: &mut self.grants,
            scopes: Scopes::default(),
            threads: &mut self.threads,
            x: &mut self.x,
        }
    }

    /// Writes the call down and draws its fault.
    pub(crate) fn admit(&mut self, route: &Route, request: &Request, now_ms: i64) -> Admitted {
        let platform = route.platform();
        let caller = match route {
            Route::Threads(route) => threads::account(&self.grants, route, request, now_ms),
            Route::X(route) => x::account(&self.grants, route, request, now_ms),
        };
        // On a consent page, somebody says who they are.
        let caller = caller.or_else(|| consent::chosen(&self.accounts, route.operation(), request));
        let account = caller.map(|id| self.accounts.get(id).public.username.clone());
        let (text, named) = if self.rules.is_empty() {
            (None, None)
        } else {
            self.subject(route, request)
        };
        let matched = Matched {
            platform,
            operation: route.operation(),
            account: account.as_deref(),
            text: text.as_deref(),
        };
        let dice = &mut self.dice;
        let fault = self
            .rules
            .iter_mut()
            .find_map(|rule| rule.strike(matched, || dice.unit()));
        let seq = self.calls.begin(Call {
            seq: 0,
            at_ms: now_ms,
            platform,
            method: request.method.to_string(),
            path: request.path.clone(),
            operation: route.operation(),
            account,
            http_status: None,
            fault: fault.as_ref().map(Fault::label),
            effect: false,
            finished: false,
        });
        Admitted {
            seq,
            world_age: self.age,
            fault,
            caller,
            named,
        }
    }

    fn subject(&self, route: &Route, request: &Request) -> (Option<String>, Option<u64>) {
        match route {
            Route::Threads(route) => threads::subject(&self.threads, route, request),
            Route::X(route) => (x::subject(&self.x, route, request), None),
        }
    }

    /// The media file that the call makes the platform look at, and how much of it at most;
    /// nothing when the call is going to be refused anyway.
    pub(crate) fn wanted(
        &mut self,
        settings: &Settings,
        now_ms: i64,
        route: &Route,
        request: &Request,
    ) -> Option<(String, u64)> {
        match route {
            Route::Threads(route) => {
                threads::wanted(&mut self.scene(settings, now_ms), route, request)
            }
            Route::X(_) => None,
        }
    }

    /// Does what is asked, and lets the fault mark what was made.
    pub(crate) fn perform(
        &mut self,
        settings: &Settings,
        now_ms: i64,
        route: &Route,
        request: &Request,
        admitted: &Admitted,
    ) -> Answer {
        let mut scene = self.scene(settings, now_ms);
        match (route, &admitted.fault) {
            (Route::Threads(_), Some(fault)) => {
                threads::mark(&mut scene, fault, admitted.caller, admitted.named);
            }
            (Route::X(route), Some(fault)) => {
                x::mark(&mut scene, fault, route, admitted.caller, None);
            }
            (_, None) => {}
        }
        let answer = match route {
            Route::Threads(route) => threads::perform(&mut scene, route, request),
            Route::X(route) => x::perform(&mut scene, route, request),
        };
        if let (Some(fault), Some(made)) = (&admitted.fault, answer.made) {
            match route {
                Route::Threads(_) => threads::mark(&mut scene, fault, None, Some(made)),
                Route::X(route) => x::mark(&mut scene, fault, route, admitted.caller, Some(made)),
            }
        }
        if answer.effect {
            self.calls.had_effect(admitted.seq);
        }
        answer
    }

    /// What X has charged so far.
    pub(crate) fn spent_microdollars(&self) -> i64 {
        self.x.spent_microdollars
    }

    /// Every live post, oldest first.
    pub(crate) fn live_posts(&self, settings: &Settings) -> Vec<LivePost> {
        let on_threads = self.threads.posts().filter(|post| post.is_live());
        let on_x = self.x.posts().filter(|post| !post.deleted);
        let mut posts: Vec<LivePost> = on_threads
            .map(|post| self.threads_post(settings, post))
            .chain(on_x.map(|post| self.x_post(settings, post)))
            .collect();
        posts.sort_by(|a, b| {
            let key = |post: &LivePost| (post.created_at_ms, post.platform);
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        posts
    }

    /// How many posts are live.
    pub(crate) fn live_count(&self) -> usize {
        let on_threads = self.threads.posts().filter(|post| post.is_live());
        on_threads.count() + self.x.posts().filter(|post| !post.deleted).count()
    }

    fn threads_post(&self, settings: &Settings, post: &threads::Post) -> LivePost {
        let author = &self.accounts.get(post.owner).public;
        LivePost {
            platform: Platform::Threads,
            account: author.username.clone(),
            remote_user_id: author.remote_user_id.clone(),
            id: post.id.to_string(),
            text: post.draft.text.to_string(),
            created_at_ms: post.created_ms,
            measured_at_us: post.measured_us,
            reply_to: post.draft.reply_to.map(|id| id.to_string()),
            container_id: post.container.map(|id| id.to_string()),
            url: threads::permalink(&settings.threads_web_url, &author.username, post),
            kind: post.draft.kind.seen(),
            media: post.draft.media.clone(),
            poll: post.draft.poll.clone().map(|options| LivePoll {
                options,
                duration_minutes: None,
            }),
            quote: post.draft.quoted.map(|id| id.to_string()),
            options: post.draft.options.clone(),
        }
    }

    fn x_post(&self, settings: &Settings, post: &x::Post) -> LivePost {
        let author = &self.accounts.get(post.author).public;
        LivePost {
            platform: Platform::X,
            account: author.username.clone(),
            remote_user_id: author.remote_user_id.clone(),
            id: post.id.to_string(),
            text: post.text.to_string(),
            created_at_ms: post.created_ms,
            measured_at_us: post.measured_us,
            reply_to: post.reply_to.map(|id| id.to_string()),
            container_id: None,
            url: format!(
                "{}/{}/status/{}",
                settings.x_web_url, author.username, post.id
            ),
            kind: PostKind::of(&post.media),
            media: post.media.clone(),
            poll: post.poll.clone(),
            quote: post.quoted.map(|id| id.to_string()),
            options: post.options.clone(),
        }
    }
}
