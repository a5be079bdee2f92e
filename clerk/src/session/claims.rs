//! What a token whose signature holds must say.

use serde::Deserialize;
use serde_json::Value;

use super::{Refused, Unverified};

/// The clocks of Clerk and of this machine may differ by so much (clerk.md 1.5).
const LEEWAY_S: i64 = 5;
/// A session token lives for a minute (clerk.md 1.1); one that lives for longer than this is
/// something else.
const LONGEST_LIFE_S: i64 = 24 * 3600;

/// Whose tokens are accepted, and from which pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSettings {
    /// What `iss` must be, to the byte: the Frontend API's address without a slash at its end.
    pub issuer: String,
    /// The origins that `azp` may name, to the byte: `https://app.example.com`. An empty list
    /// lets no token with an `azp` through.
    pub authorized_parties: Vec<String>,
    /// Lets tokens without `azp` through. Clerk makes such for navigations and for servers
    /// (clerk.md 1.5); a page that fetches its token never gets one.
    pub allow_missing_azp: bool,
}

/// What is believed of a session token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClaims {
    /// `user_...`
    pub user_id: String,
    /// `sess_...`
    pub session_id: String,
    /// The origin of the page that the token was made for.
    pub azp: Option<String>,
    /// Who acts in the user's name, when somebody does (clerk.md 1.1 `act`). Whether that person
    /// may do what is asked is the caller's decision.
    pub impersonator: Option<String>,
}

/// The claims of either version that matter here (clerk.md 1.1); all others are ignored.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    sub: Option<String>,
    sid: Option<String>,
    sts: Option<String>,
    azp: Option<String>,
    act: Option<Value>,
}

impl Unverified<'_> {
    /// Judges the claims, in the order of clerk.md 1.5. Only for a token whose signature holds.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn claims(
        &self,
        settings: &SessionSettings,
        now_ms: i64,
    ) -> Result<SessionClaims, Refused> {
        let claims: Claims =
            serde_json::from_slice(self.payload()).map_err(|_| Refused::Malformed)?;
        claims.check_times(now_ms)?;
        if claims.iss != settings.issuer {
            return Err(Refused::WrongIssuer);
        }
        let (user_id, session_id) = claims.session().ok_or(Refused::NotASession)?;
        if claims.sts.as_deref() == Some("pending") {
            return Err(Refused::Pending);
        }
        match &claims.azp {
            Some(azp) if settings.authorized_parties.contains(azp) => {}
            Some(_) => return Err(Refused::WrongParty),
            None if settings.allow_missing_azp => {}
            None => return Err(Refused::MissingParty),
        }
        Ok(SessionClaims {
            user_id,
            session_id,
            azp: claims.azp,
            impersonator: claims.act.as_ref().and_then(impersonator),
        })
    }
}

impl Claims {
    fn check_times(&self, now_ms: i64) -> Result<(), Refused> {
        let leeway_ms = LEEWAY_S * 1000;
        let ms = |seconds: i64| seconds.saturating_mul(1000);
        if ms(self.exp) <= now_ms.saturating_sub(leeway_ms) {
            return Err(Refused::Expired);
        }
        if ms(self.nbf.max(self.iat)) > now_ms.saturating_add(leeway_ms) {
            return Err(Refused::NotYetValid);
        }
        if self.exp.saturating_sub(self.iat) > LONGEST_LIFE_S {
            return Err(Refused::TooLongLived);
        }
        Ok(())
    }

    /// The user and the session, where it is a person's session: templates have no `sid`, and
    /// machines are `mch_...` (clerk.md 1.2).
    fn session(&self) -> Option<(String, String)> {
        let user_id = self.sub.as_ref().filter(|sub| is_id(sub, "user_"))?;
        let session_id = self.sid.as_ref().filter(|sid| !sid.is_empty())?;
        Some((user_id.clone(), session_id.clone()))
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty())
}

/// Anything in `act` means that somebody else acts; usually it names them.
fn impersonator(act: &Value) -> Option<String> {
    if act.is_null() {
        return None;
    }
    let named = act.get("sub").and_then(Value::as_str);
    Some(named.unwrap_or("unnamed").to_owned())
}
