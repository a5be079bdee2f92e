//! How people connect their accounts: who agrees, to which apps, and what is unknown of the
//! platforms' own rules.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The Threads app that is registered from the start.
pub const THREADS_APP_ID: &str = "990602627938098";
/// Its secret.
pub const THREADS_APP_SECRET: &str = "simulated-threads-secret";
/// The X app that is registered from the start: base64 of `<20 characters>:1:ci` (x.md 1.1).
pub const X_CLIENT_ID: &str = "U2ltdWxhdGVkQXBwMDAwMDAwMDE6MTpjaQ";
/// Its secret.
pub const X_CLIENT_SECRET: &str = "simulated-x-secret";

/// Who answers the consent page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoConsent {
    /// A person, or a test that submits the form.
    #[default]
    Off,
    /// Nobody is asked: the account that is signed in agrees at once.
    Allow,
    /// The same, but it declines.
    Deny,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThreadsOAuth {
    pub apps: Vec<ThreadsApp>,
    /// The handle that the browser is signed in with; `None`: the first account.
    pub signed_in: Option<String>,
    /// Whether scopes may be separated by spaces as well. The documentation says so, every
    /// client uses commas (threads.md 2.1).
    pub lenient_scopes: bool,
    /// How another redirect URI at the exchange is refused (threads.md 2.3: both were seen).
    pub redirect_mismatch: RedirectMismatch,
    /// What a token of less than 24 hours gets at a refresh (threads.md 2.4: unknown).
    pub young_refresh: YoungRefresh,
    /// Whether a refresh ends the token that it was asked with (threads.md 11: unknown).
    pub refresh_ends_old_token: bool,
}

impl Default for ThreadsOAuth {
    fn default() -> Self {
        Self {
            apps: vec![ThreadsApp::default()],
            signed_in: None,
            lenient_scopes: false,
            redirect_mismatch: RedirectMismatch::default(),
            young_refresh: YoungRefresh::default(),
            refresh_ends_old_token: false,
        }
    }
}

impl ThreadsOAuth {
    pub(crate) fn app(&self, id: &str) -> Option<&ThreadsApp> {
        self.apps.iter().find(|app| app.id == id)
    }
}

/// An app registered with Threads. What is left out in JSON is that of the app which is there
/// from the start.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThreadsApp {
    /// The Threads app id, not the Meta app id (threads.md 2.1).
    pub id: String,
    pub secret: String,
    /// What people read on the consent page.
    pub name: String,
    /// A redirect URI must be one of these, to the letter; empty: any is taken.
    pub redirect_uris: Vec<String>,
    /// Whether the app has not been reviewed: only testers can agree (threads.md 2.5).
    pub testers_only: bool,
    /// The handles that accepted the invitation.
    pub testers: Vec<String>,
}

impl ThreadsApp {
    pub(crate) fn admits(&self, username: &str) -> bool {
        !self.testers_only || self.testers.iter().any(|tester| tester == username)
    }
}

impl Default for ThreadsApp {
    fn default() -> Self {
        Self {
            id: THREADS_APP_ID.to_owned(),
            secret: THREADS_APP_SECRET.to_owned(),
            name: "DualPosts".to_owned(),
            redirect_uris: Vec::new(),
            testers_only: false,
            testers: Vec::new(),
        }
    }
}

impl fmt::Debug for ThreadsApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadsApp")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("redirect_uris", &self.redirect_uris)
            .field("testers_only", &self.testers_only)
            .field("testers", &self.testers)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedirectMismatch {
    /// The flat body of a code that is not found.
    #[default]
    Flat,
    /// An `error` object that says `Invalid redirect`.
    Graph,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YoungRefresh {
    /// Code 100; the words are not recorded.
    #[default]
    Refused,
    /// 200, with what is left of the token's life.
    RemainingLife,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XOAuth {
    pub apps: Vec<XApp>,
    /// The handle that the browser is signed in with; `None`: the first account.
    pub signed_in: Option<String>,
    /// Whether a spent refresh token ends the whole consent, the newest pair included
    /// (x.md 1.1: one report).
    pub replay_ends_consent: bool,
    /// Whether a refresh ends the access token before its time (x.md 12: unknown).
    pub refresh_ends_access_token: bool,
    /// HTTP status for a wrong client id or secret: 400 or 401 (x.md 1.2).
    pub invalid_client_status: u16,
}

impl Default for XOAuth {
    fn default() -> Self {
        Self {
            apps: vec![XApp::default()],
            signed_in: None,
            replay_ends_consent: false,
            refresh_ends_access_token: false,
            invalid_client_status: 401,
        }
    }
}

impl XOAuth {
    pub(crate) fn app(&self, client_id: &str) -> Option<&XApp> {
        self.apps.iter().find(|app| app.client_id == client_id)
    }
}

/// An app registered with X. What is left out in JSON is that of the app which is there from
/// the start.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XApp {
    pub client_id: String,
    /// `None`: a public client, which names itself in the form and proves nothing (x.md 1.1).
    pub client_secret: Option<String>,
    /// What people read on the consent page.
    pub name: String,
    /// A redirect URI must be one of these, to the letter; empty: any is taken.
    pub redirect_uris: Vec<String>,
}

impl Default for XApp {
    fn default() -> Self {
        Self {
            client_id: X_CLIENT_ID.to_owned(),
            client_secret: Some(X_CLIENT_SECRET.to_owned()),
            name: "DualPosts".to_owned(),
            redirect_uris: Vec::new(),
        }
    }
}

impl fmt::Debug for XApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XApp")
            .field("client_id", &self.client_id)
            .field("name", &self.name)
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use serde_json::json;

    #[test]
    fn apps_are_registered_by_a_patch_that_names_what_differs() {
        let patch = json!({
            "threads": {"oauth": {"apps": [{"id": "1", "secret": "s", "testers_only": true, "testers": ["ann"]}]}},
            "x": {"oauth": {"apps": [{}, {"client_id": "public", "client_secret": null}]}},
        });
        let patched = Settings::default().patched(&patch).expect("a patch");
        let app = patched.threads.oauth.app("1").expect("an app");
        assert!(app.admits("ann") && !app.admits("bob"));
        assert!(patched.threads.oauth.app(THREADS_APP_ID).is_none());
        assert_eq!(patched.x.oauth.apps[0], XApp::default());
        assert_eq!(patched.x.oauth.apps[1].client_secret, None);
    }

    #[test]
    fn settings_are_printed_without_secrets() {
        let printed = format!("{:?}", Settings::default());
        assert!(!printed.contains(THREADS_APP_SECRET) && !printed.contains(X_CLIENT_SECRET));
    }
}
