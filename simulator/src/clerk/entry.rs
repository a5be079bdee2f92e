//! The page where people say who they are, in place of Clerk's Account Portal.

use std::fmt::Write as _;

use hyper::Method;

use super::frontend::{Here, returning};
use super::user::NewClerkUser;
use super::visit::Visit;
use crate::answer::Answer;
use crate::pages::{escaped, html};

/// Clerk's script writes its parameters behind the `#`, which no server sees.
const FROM_HASH: &str = "<script>\
    const hash = new URLSearchParams(location.hash.replace(/^#\\/?\\??/, ''));\
    const url = hash.get('redirect_url') || hash.get('sign_in_force_redirect_url') \
        || hash.get('sign_in_fallback_redirect_url');\
    if (url) document.querySelector('input[name=redirect_url]').value = url;\
    </script>";

pub(crate) fn answer(visit: &Visit<'_>) -> Answer {
    match visit.request.method {
        Method::GET => Here::of(visit).kept(page(visit, 200, "")),
        Method::POST => submitted(visit),
        _ => Answer::empty(405),
    }
}

fn page(visit: &Visit<'_>, status: u16, problem: &str) -> Answer {
    let mut users = String::new();
    for user in &visit.state().users {
        // Writing to a string cannot fail.
        let _ = write!(
            users,
            "<option value=\"{}\">{}</option>",
            escaped(&user.id),
            escaped(&user.username)
        );
    }
    let kept = |name: &str| {
        let value = escaped(visit.request.param(name).unwrap_or_default());
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    };
    let body = format!(
        "<h1>Sign in</h1><p>This is the simulated Clerk: say who you are, nothing is checked.</p>\
         <p role=\"alert\">{problem}</p><form method=\"post\" action=\"/clerk/sign-in\">{}{}{}\
         <p><label>A user <select name=\"user\"><option value=\"\">(new)</option>{users}</select>\
         </label></p><p><label>or a new one <input name=\"username\" autocomplete=\"off\"></label>\
         </p><p><button id=\"sign-in\">Sign in</button></p></form>{FROM_HASH}",
        kept("sign_in"),
        kept("redirect_url"),
        kept("__clerk_db_jwt"),
    );
    html(status, "Sign in", &body)
}

fn submitted(visit: &Visit<'_>) -> Answer {
    let Some(user_id) = chosen(visit) else {
        return page(visit, 400, "Choose a user or name a new one.");
    };
    let here = Here::of(visit);
    let mut state = visit.state();
    let waiting = visit.request.param("sign_in").and_then(|id| {
        let mut browsers = state.browsers.iter();
        browsers.find_map(|(cookie, browser)| {
            let sign_in = browser.sign_in.as_ref().filter(|found| found.id == id)?;
            Some((cookie.clone(), sign_in.redirect_url.clone()))
        })
    });
    // The id of a sign-in is known to its browser alone, so it also stands for a browser whose
    // cookies did not come along.
    let (cookie, url) = waiting.unwrap_or_else(|| {
        let url = returning(visit, visit.request.param("redirect_url"));
        (here.cookie.clone(), url)
    });
    let session = state.sign_in(&cookie, &user_id, visit.now_ms);
    let browser = state.browsers.get_mut(&cookie);
    if let Some(sign_in) = browser.and_then(|browser| browser.sign_in.as_mut()) {
        sign_in.session = Some(session);
    }
    drop(state);
    here.kept(Answer::empty(303).header("location", url))
}

/// The user that was chosen, made if need be.
fn chosen(visit: &Visit<'_>) -> Option<String> {
    let given = |name| {
        let value = visit.request.param(name).map(str::trim);
        value.filter(|value| !value.is_empty())
    };
    let mut state = visit.state();
    if let Some(id) = given("user") {
        return state.user(id).map(|user| user.id.clone());
    }
    let new = NewClerkUser::new(given("username")?);
    Some(state.add_user(&new, visit.now_ms))
}
