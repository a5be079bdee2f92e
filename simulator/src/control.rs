//! The control paths `/_sim/...`: what tests in other processes use.

use hyper::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{NewAccount, Platform, SimAccount};
use crate::answer::Answer;
use crate::call::{Call, Operation};
use crate::fault::{ActiveRule, FaultRule, hostile_plan};
use crate::grants::TokenInfo;
use crate::json::Json;
use crate::post::LivePost;
use crate::request::Request;
use crate::simulator::Inner;
use crate::summary::Summary;

/// Why a control call is refused: a status and a reason in words.
type Refused = (u16, String);

pub(crate) fn answer(inner: &Inner, request: &Request) -> Answer {
    let segments = request.segments();
    let path = segments
        .get(1)
        .map(String::as_str)
        .filter(|_| segments.len() == 2);
    let result = match (&request.method, path.unwrap_or_default()) {
        (&Method::GET, "health") => health(inner),
        (&Method::GET, "posts") => posts(inner, request),
        (&Method::GET, "calls") => calls(inner, request),
        (&Method::GET, "summary") => written(&Summary::of(&inner.live_posts())),
        (&Method::GET, "accounts") => accounts(inner),
        (&Method::POST, "accounts") => add_account(inner, request),
        (&Method::GET, "faults") => faults(inner),
        (&Method::POST, "faults") => add_faults(inner, request),
        (&Method::DELETE, "faults") => {
            inner.world().rules.clear();
            Ok(json!({}))
        }
        (&Method::POST, "release") => Ok(json!({"released": inner.holds.release()})),
        (&Method::POST, "revoke") => revoke(inner, request),
        (&Method::POST, "expire") => expire(inner, request),
        (&Method::GET, "tokens") => tokens(inner, request),
        (&Method::POST, "signed_request") => signed_request(inner, request),
        (&Method::GET, "settings") => written(&*inner.settings()),
        (&Method::POST, "settings") => change_settings(inner, request),
        (&Method::POST, "clock") => advance(inner, request),
        (&Method::POST, "reset") => {
            inner.reset();
            Ok(json!({}))
        }
        _ => Err((
            404,
            format!("no control call {} {}", request.method, request.path),
        )),
    };
    match result {
        Ok(body) => Answer::json(200, &body.into()),
        Err((status, message)) => Answer::json(
            status,
            &Json::object([("error", Json::object([("message", message.into())]))]),
        ),
    }
}

fn health(inner: &Inner) -> Result<Value, Refused> {
    Ok(
        json!({"status": "ok", "now_ms": inner.now_ms(), "held": inner.holds.held(), "running": inner.running.count(), "live": inner.live_count()}),
    )
}

fn posts(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let platform: Option<Platform> = word(request, "platform")?;
    let account = request.param("account");
    let mut posts: Vec<LivePost> = inner.live_posts();
    posts.retain(|post| {
        platform.is_none_or(|platform| platform == post.platform)
            && account.is_none_or(|account| account == post.account)
    });
    written(&posts)
}

fn calls(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let platform: Option<Platform> = word(request, "platform")?;
    let operation: Option<Operation> = word(request, "operation")?;
    let account = request.param("account");
    let after = request.param("after").unwrap_or("0");
    let after = after
        .parse()
        .map_err(|_| (400, format!("`after` is not a number: {after}")))?;
    let world = inner.world();
    let calls: Vec<&Call> = world
        .calls
        .after(after)
        .filter(|call| platform.is_none_or(|platform| platform == call.platform))
        .filter(|call| operation.is_none_or(|operation| operation == call.operation))
        .filter(|call| account.is_none_or(|account| call.account.as_deref() == Some(account)))
        .collect();
    written(&calls)
}

fn accounts(inner: &Inner) -> Result<Value, Refused> {
    let world = inner.world();
    let all: Vec<&SimAccount> = world
        .accounts
        .all()
        .iter()
        .map(|account| &account.public)
        .collect();
    written(&all)
}

fn add_account(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let account: NewAccount = body(request)?;
    if account.username.is_empty() || account.access_token.is_empty() {
        return Err((
            400,
            "`username` and `access_token` must not be empty".to_owned(),
        ));
    }
    written(&inner.add_account(account))
}

/// One rule, a list of rules, or a ready-made plan with its chance.
#[derive(Deserialize)]
#[serde(untagged)]
enum NewFaults {
    Plan(Plan),
    Many(Vec<Value>),
    One(Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    plan: PlanName,
    #[serde(default = "one_in_fifty")]
    probability: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlanName {
    Hostile,
}

fn one_in_fifty() -> f64 {
    0.02
}

fn add_faults(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let rules = match body(request)? {
        NewFaults::Plan(Plan {
            plan: PlanName::Hostile,
            probability,
        }) => hostile_plan(probability),
        // Read one by one, since an untagged enum would hide what is wrong.
        NewFaults::Many(rules) => rules.into_iter().map(read).collect::<Result<_, _>>()?,
        NewFaults::One(rule) => vec![read::<FaultRule>(rule)?],
    };
    let added = rules.len();
    inner
        .world()
        .rules
        .extend(rules.into_iter().map(ActiveRule::new));
    Ok(json!({"added": added}))
}

fn faults(inner: &Inner) -> Result<Value, Refused> {
    let rules: Vec<_> = inner.world().rules.iter().map(ActiveRule::report).collect();
    written(&rules)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    platform: Platform,
    username: String,
}

fn revoke(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let Named { platform, username } = body(request)?;
    if inner.world().revoke(platform, &username) {
        Ok(json!({}))
    } else {
        Err(no_account(&username))
    }
}

fn no_account(username: &str) -> Refused {
    (404, format!("no account {username} on this platform"))
}

/// What opens the API is expired from now on; refresh tokens stay.
fn expire(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let Named { platform, username } = body(request)?;
    if inner.expire_tokens(platform, &username) {
        Ok(json!({}))
    } else {
        Err(no_account(&username))
    }
}

/// By account, and without the text of any token.
fn tokens(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let platform: Option<Platform> = word(request, "platform")?;
    let account = request.param("account");
    let world = inner.world();
    let shown = world.accounts.all().iter().enumerate();
    let shown = shown.filter(|(_, one)| {
        platform.is_none_or(|platform| platform == one.public.platform)
            && account.is_none_or(|account| account == one.public.username)
    });
    let rows = shown.map(|(id, one)| {
        let tokens: Vec<TokenInfo> = world.grants.of(id).map(TokenInfo::from).collect();
        json!({"platform": one.public.platform, "username": one.public.username,
               "refreshes": world.grants.refresh_count(id), "tokens": tokens})
    });
    Ok(rows.collect())
}

/// What Threads posts to an app's callbacks (threads.md 2.5); X has nothing of the kind.
fn signed_request(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let Named { platform, username } = body(request)?;
    if platform != Platform::Threads {
        return Err((400, "only Threads signs requests".to_owned()));
    }
    let signed = inner.signed_request(&username);
    let signed = signed.ok_or_else(|| no_account(&username))?;
    Ok(json!({"signed_request": signed}))
}

fn change_settings(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let patch: Value = body(request)?;
    let patched = inner
        .settings()
        .patched(&patch)
        .map_err(|message| (400, message))?;
    inner.set_settings(|settings| *settings = patched);
    written(&*inner.settings())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

fn advance(inner: &Inner, request: &Request) -> Result<Value, Refused> {
    let Advance { advance_ms } = body(request)?;
    inner.advance(advance_ms);
    Ok(json!({"now_ms": inner.now_ms()}))
}

/// A parameter whose values are those of an enum in JSON.
fn word<T: DeserializeOwned>(request: &Request, name: &str) -> Result<Option<T>, Refused> {
    let given = request.param(name);
    given
        .map(|given| {
            serde_json::from_value(Value::from(given))
                .map_err(|error| (400, format!("`{name}`: {error}")))
        })
        .transpose()
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    serde_json::from_slice(&request.body).map_err(|error| (400, error.to_string()))
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| (400, error.to_string()))
}

fn written(value: &impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(value).map_err(|error| (500, error.to_string()))
}
