//! `POST /{user}/threads`: makes a container (threads.md 4.1, 4.3, 4.5, 4.6).

use std::sync::Arc;

use crate::account::{Account, AccountId};
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::MissingReplyScope;
use crate::threads::container::{Container, Fate};
use crate::threads::draft::{Draft, Kind};
use crate::threads::{Refused, ThreadsError, ids, is_caller, publish, source};

pub(crate) fn create(
    scene: &mut Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    let mut draft = checked(scene, caller, user, request)?;
    let mut fate = Fate::Ordinary;
    if let Some((url, _)) = source::address(draft.kind, request)? {
        let alt_text = source::alt_text(request)?;
        let fetched = request.fetched.as_ref();
        let (media, its_fate) = source::judge(draft.kind, url, fetched, alt_text)?;
        draft.media.push(media);
        fate = its_fate;
    }
    if draft.kind == Kind::Carousel {
        draft.media = source::children(scene, caller, request)?;
    }
    let draft = Arc::new(draft);
    if request.flag("auto_publish_text") {
        return publish::at_once(scene, caller, draft);
    }
    let lags = scene.settings.lag_ranges();
    let lags = lags.draw(scene.random, draft.work());
    let id = scene.threads.ids.container(scene.now_ms, scene.random);
    let container = Container {
        owner: caller,
        draft,
        is_child: request.flag("is_carousel_item"),
        created_ms: scene.now_ms,
        lags,
        fate,
        published: None,
    };
    scene.threads.add_container(id, container);
    Ok(Answer::json(200, &Json::object([("id", id.to_string().into())])).making(id))
}

/// The address of the media file that the call would be answered with a look at.
pub(crate) fn wanted(
    scene: &Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Option<(String, u64)> {
    let draft = checked(scene, caller, user, request).ok()?;
    source::alt_text(request).ok()?;
    let address = source::address(draft.kind, request).ok()?;
    address.map(|(url, most_bytes)| (url.to_owned(), most_bytes))
}

/// Everything that can be refused without a look at the media.
fn checked(
    scene: &Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Result<Draft, Refused> {
    let account = scene.accounts.get(caller);
    if !is_caller(account, user) {
        return Err(ThreadsError::not_found(user));
    }
    if !scene.may("threads_content_publish") {
        return Err(ThreadsError::MissingPermission);
    }
    let draft = Draft::read(request)?;
    let is_item = matches!(draft.kind, Kind::Image | Kind::Video);
    if request.flag("is_carousel_item") && !is_item {
        return Err(ThreadsError::parameter(
            "Param is_carousel_item is only supported for media types IMAGE and VIDEO.",
        ));
    }
    check_place(scene, account, request)?;
    if let Some(parent) = request.param("reply_to_id") {
        check_parent(scene, account, parent)?;
    }
    match draft.quoted {
        Some(quoted) if scene.threads.live_post(quoted).is_none() => {
            Err(ThreadsError::not_found(quoted))
        }
        _ => Ok(draft),
    }
}

/// Where the post was made, and where it may be seen.
fn check_place(scene: &Scene<'_>, account: &Account, request: &Request) -> Result<(), Refused> {
    let given = |name| request.param(name).filter(|given| !given.is_empty());
    if given("location_id").is_some() && !scene.may("threads_location_tagging") {
        return Err(ThreadsError::MissingPermission);
    }
    let Some(countries) = given("allowlisted_country_codes") else {
        return Ok(());
    };
    if !account.geo_gating {
        return Err(ThreadsError::FeatureNotAvailable);
    }
    let listed: Option<Vec<String>> = serde_json::from_str(countries).ok();
    let listed = listed.unwrap_or_else(|| countries.split(',').map(str::to_owned).collect());
    let is_code =
        |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if listed.is_empty() || !listed.iter().all(is_code) {
        return Err(ThreadsError::InvalidCountryCodes);
    }
    Ok(())
}

/// Whether the post can be answered: with the right scope, and once the
/// servers know it. A deleted parent looks exactly like a lagging one
/// (threads.md 4.6).
fn check_parent(scene: &Scene<'_>, account: &Account, parent: &str) -> Result<(), Refused> {
    if !scene.may("threads_manage_replies") {
        return Err(match scene.settings.threads.missing_reply_scope {
            MissingReplyScope::EmptyServerError => ThreadsError::EmptyServerError,
            MissingReplyScope::Permission => ThreadsError::MissingPermission,
        });
    }
    let post = ids::parse(parent).and_then(|id| scene.threads.live_post(id));
    let post = post.filter(|post| scene.now_ms >= post.repliable_from_ms);
    let post = post.ok_or_else(|| ThreadsError::not_found(parent))?;
    let root_owner = scene
        .threads
        .post(post.root)
        .map_or(post.owner, |root| root.owner);
    let own = scene.accounts.get(root_owner).user_id == account.user_id;
    if own || scene.may("threads_manage_mentions") || scene.may("threads_keyword_search") {
        Ok(())
    } else {
        Err(ThreadsError::MissingPermission)
    }
}
