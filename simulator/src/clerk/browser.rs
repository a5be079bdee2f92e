//! Browsers and the sessions in them: what the Frontend API calls a client (clerk.md 7.3).

use serde_json::{Value, json};

use super::state::Clerk;

/// A week, as Clerk has it.
const SESSION_LIFE_MS: i64 = 7 * 24 * 3_600_000;

#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// `sess_...`
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) created_ms: i64,
    pub(crate) status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Ended,
    Removed,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Removed => "removed",
        }
    }
}

/// One browser, known by its cookie.
pub(crate) struct Browser {
    pub(crate) client_id: String,
    /// One session at a time: the instance is set up so.
    pub(crate) session: Option<String>,
    pub(crate) sign_in: Option<SignIn>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
}

/// A sign-in by redirect, from its beginning to its completion.
pub(crate) struct SignIn {
    /// `sia_...`
    pub(crate) id: String,
    pub(crate) strategy: String,
    /// The page that is waiting for the browser to come back.
    pub(crate) redirect_url: String,
    /// The simulator's own page, where the person says who they are.
    pub(crate) page_url: String,
    pub(crate) session: Option<String>,
    pub(crate) created_ms: i64,
}

impl SignIn {
    pub(crate) fn json(&self) -> Value {
        let is_complete = self.session.is_some();
        let (status, verified) = if is_complete {
            ("complete", "verified")
        } else {
            ("needs_identifier", "unverified")
        };
        json!({
            "object": "sign_in", "id": self.id, "status": status,
            "supported_identifiers": [], "supported_first_factors": [],
            "supported_second_factors": null, "identifier": null, "user_data": null,
            "created_session_id": self.session, "second_factor_verification": null,
            "abandon_at": self.created_ms + 24 * 3_600_000,
            "first_factor_verification": {
                "object": "verification_oauth", "status": verified, "strategy": self.strategy,
                "external_verification_redirect_url": (!is_complete).then_some(&self.page_url),
                "expire_at": self.created_ms + 600_000, "attempts": null, "error": null,
            },
        })
    }
}

impl Clerk {
    /// The browser with this cookie. One that is not known is taken in, as is one without any.
    pub(crate) fn browser(&mut self, cookie: Option<&str>, now_ms: i64) -> String {
        let cookie = match cookie {
            Some(cookie) => cookie.to_owned(),
            None => self.random_id("dvb_"),
        };
        if !self.browsers.contains_key(&cookie) {
            let browser = Browser {
                client_id: self.random_id("client_"),
                session: None,
                sign_in: None,
                created_ms: now_ms,
                updated_ms: now_ms,
            };
            self.browsers.insert(cookie.clone(), browser);
        }
        cookie
    }

    pub(crate) fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// A new session of a user, in no browser yet.
    pub(crate) fn open_session(&mut self, user_id: &str, now_ms: i64) -> String {
        let id = self.random_id("sess_");
        self.sessions.push(Session {
            id: id.clone(),
            user_id: user_id.to_owned(),
            created_ms: now_ms,
            status: Status::Active,
        });
        id
    }

    pub(crate) fn end_session(&mut self, id: &str, how: Status) {
        if let Some(session) = self.sessions.iter_mut().find(|session| session.id == id) {
            session.status = how;
        }
    }

    /// Signs a user in, in place of whoever was there.
    pub(crate) fn sign_in(&mut self, browser: &str, user_id: &str, now_ms: i64) -> String {
        self.sign_out(browser, now_ms);
        let session = self.open_session(user_id, now_ms);
        if let Some(user) = self.user_mut(user_id) {
            user.updated_ms = now_ms;
        }
        if let Some(browser) = self.browsers.get_mut(browser) {
            browser.session = Some(session.clone());
            browser.updated_ms = now_ms;
        }
        session
    }

    pub(crate) fn sign_out(&mut self, browser: &str, now_ms: i64) {
        let Some(found) = self.browsers.get_mut(browser) else {
            return;
        };
        found.updated_ms = now_ms;
        if found.sign_in.as_ref().is_some_and(|s| s.session.is_some()) {
            found.sign_in = None;
        }
        if let Some(session) = found.session.take() {
            self.end_session(&session, Status::Removed);
        }
    }

    /// The session of the browser that is good for tokens.
    pub(crate) fn active_session(&self, browser: &str) -> Option<&Session> {
        let id = self.browsers.get(browser)?.session.as_deref()?;
        self.session(id)
            .filter(|session| session.status == Status::Active)
    }

    pub(crate) fn session_json(&self, session: &Session, token: Option<&str>) -> Value {
        let user = self.user(&session.user_id);
        json!({
            "object": "session", "id": session.id, "status": session.status.word(),
            "expire_at": session.created_ms + SESSION_LIFE_MS,
            "abandon_at": session.created_ms + 4 * SESSION_LIFE_MS,
            "last_active_at": session.created_ms, "last_active_organization_id": null,
            "actor": null, "tasks": null, "factor_verification_age": [0, -1],
            "user_id": session.user_id, "user": user.map(super::user::User::json),
            "public_user_data": user.map(super::user::User::public_json),
            "last_active_token": token.map(|jwt| json!({"object": "token", "jwt": jwt})),
            "created_at": session.created_ms, "updated_at": session.created_ms,
        })
    }

    /// `token` for the session that is active.
    pub(crate) fn client_json(&self, browser: &str, token: Option<&str>) -> Value {
        let Some(found) = self.browsers.get(browser) else {
            return Value::Null;
        };
        let session = self.active_session(browser);
        let sessions: Vec<Value> = session
            .map(|session| self.session_json(session, token))
            .into_iter()
            .collect();
        json!({
            "object": "client", "id": found.client_id, "sessions": sessions,
            "sign_in": found.sign_in.as_ref().map(SignIn::json), "sign_up": null,
            "last_active_session_id": session.map(|session| &session.id),
            "last_authentication_strategy": null, "captcha_bypass": true,
            "cookie_expires_at": null, "created_at": found.created_ms,
            "updated_at": found.updated_ms,
        })
    }
}
