//! The page on which a person lets an app use an account, the same for both platforms, and what
//! was decided there. It needs no scripts: the form goes back to the address that it came from.

use std::fmt::Write as _;

use hyper::Method;

use crate::account::{Account, AccountId, Accounts, Platform};
use crate::answer::Answer;
use crate::call::Operation;
use crate::pages::{escaped, html};
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::AutoConsent;

/// What an app asks for.
pub(crate) struct Asked<'a> {
    pub(crate) platform: Platform,
    /// The app's name.
    pub(crate) app: &'a str,
    pub(crate) permissions: &'a [String],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow(AccountId),
    Deny,
    /// Nobody has decided yet.
    Open,
}

/// What the form or the settings say.
pub(crate) fn decision(scene: &Scene<'_>, platform: Platform, request: &Request) -> Decision {
    if request.method == Method::POST {
        let username = request.field("account").unwrap_or_default();
        let account = scene.accounts.named(platform, username);
        return match (request.field("decision"), account) {
            (Some("allow"), Some(account)) => Decision::Allow(account),
            (Some("deny"), _) => Decision::Deny,
            _ => Decision::Open,
        };
    }
    match (scene.settings.auto_consent, signed_in(scene, platform)) {
        (AutoConsent::Allow, Some(account)) => Decision::Allow(account),
        (AutoConsent::Deny, _) => Decision::Deny,
        _ => Decision::Open,
    }
}

/// Who the form says is signed in; `None` for every other call.
pub(crate) fn chosen(
    accounts: &Accounts,
    operation: Operation,
    request: &Request,
) -> Option<AccountId> {
    let platform = match operation {
        Operation::ThreadsAuthorize => Platform::Threads,
        Operation::XAuthorize => Platform::X,
        _ => return None,
    };
    accounts.named(platform, request.field("account")?)
}

/// Whose browser it is: the account of the settings, or the first.
fn signed_in(scene: &Scene<'_>, platform: Platform) -> Option<AccountId> {
    let preferred = match platform {
        Platform::Threads => &scene.settings.threads.oauth.signed_in,
        Platform::X => &scene.settings.x.oauth.signed_in,
    };
    let preferred = preferred.as_ref();
    preferred
        .and_then(|username| scene.accounts.named(platform, username))
        .or_else(|| scene.accounts.on(platform).next().map(|(id, _)| id))
}

pub(crate) fn page(scene: &Scene<'_>, asked: &Asked<'_>) -> Answer {
    let platform = match asked.platform {
        Platform::Threads => "Threads",
        Platform::X => "X",
    };
    let app = escaped(asked.app);
    let permissions = asked.permissions.iter();
    let permissions: String = permissions
        .map(|name| format!("<li>{}</li>", escaped(name)))
        .collect();
    let title = format!("{platform}: {}", asked.app);
    let body = format!(
        "<h1>{platform}: let {app} use your account?</h1>\
         <article><p>{app} asks for these permissions:</p><ul>{permissions}</ul></article>\
         {}<footer>This is the simulated {platform}; nothing leaves this machine.</footer>",
        form(scene, asked.platform),
    );
    html(200, &title, &body).header("cache-control", "no-store")
}

fn form(scene: &Scene<'_>, platform: Platform) -> String {
    let accounts: Vec<_> = scene.accounts.on(platform).collect();
    let allow =
        "<button type=\"submit\" id=\"allow\" name=\"decision\" value=\"allow\">Allow</button>";
    let deny = "<button type=\"submit\" id=\"deny\" name=\"decision\" value=\"deny\">Deny</button>";
    let (who, buttons) = match &accounts[..] {
        [] => (no_account(platform), deny.to_owned()),
        [(_, only)] => (signed_in_as(only), format!("{allow}{deny}")),
        several => (
            choice(several, signed_in(scene, platform)),
            format!("{allow}{deny}"),
        ),
    };
    format!("<form method=\"post\">{who}<p>{buttons}</p></form>")
}

fn no_account(platform: Platform) -> String {
    let word = match platform {
        Platform::Threads => "threads",
        Platform::X => "x",
    };
    let account =
        format!("{{\"platform\":\"{word}\",\"username\":\"ann\",\"access_token\":\"any\"}}");
    format!(
        "<p>There is no account here yet. Add one with <code>POST /_sim/accounts</code> and the \
         body <code>{}</code>, then load this page again.</p>",
        escaped(&account)
    )
}

fn signed_in_as(account: &Account) -> String {
    let username = escaped(&account.public.username);
    format!(
        "<p>You are signed in as <strong>@{username}</strong>.</p>\
         <input type=\"hidden\" name=\"account\" value=\"{username}\">"
    )
}

fn choice(accounts: &[(AccountId, &Account)], signed_in: Option<AccountId>) -> String {
    let mut options = String::new();
    for (id, account) in accounts {
        let username = escaped(&account.public.username);
        let selected = if Some(*id) == signed_in {
            " selected"
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = write!(
            options,
            "<option value=\"{username}\"{selected}>@{username}</option>"
        );
    }
    format!(
        "<p><label for=\"account\">You are signed in as</label> \
         <select id=\"account\" name=\"account\">{options}</select></p>"
    )
}
