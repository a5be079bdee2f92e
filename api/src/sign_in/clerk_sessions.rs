//! Session tokens of Clerk, in the header alone: without cookies there is nothing for another
//! page to misuse.

use async_trait::async_trait;
use clerk::session::Refused as Why;
use entities::scopes::Scopes;
use entities::{Database, Timestamp, users};
use secrecy::ExposeSecret;
use tracing::info;

use super::{Authenticator, Credential, Principal, Refused, Via};
use crate::clerk_link::Clerk;

/// Tokens that Clerk's instance has signed.
pub struct ClerkSessions<'a> {
    clerk: &'a Clerk,
    database: &'a Database,
}

impl<'a> ClerkSessions<'a> {
    /// Over the instance that is configured.
    pub fn new(clerk: &'a Clerk, database: &'a Database) -> Self {
        ClerkSessions { clerk, database }
    }
}

#[async_trait]
impl Authenticator for ClerkSessions<'_> {
    fn takes(&self, credential: &Credential) -> bool {
        match credential {
            Credential::Token(token) => {
                let token = token.expose_secret();
                token.starts_with("ey") && token.split('.').count() == 3
            }
            Credential::Cookie(_) => false,
        }
    }

    async fn authenticate(
        &self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Principal, Refused> {
        let Credential::Token(token) = credential else {
            return Err(Refused::Unauthorized("This is not a session token."));
        };
        let verified = self
            .clerk
            .verifier
            .verify(token.expose_secret(), now.as_ms())
            .await;
        let claims = match verified {
            Ok(claims) => claims,
            Err(Why::KeysUnavailable) => return Err(Refused::KeysUnavailable),
            Err(why) => {
                info!(%why, "a session token was refused");
                return Err(Refused::Unauthorized("The session token is not valid."));
            }
        };
        let owner = users::of_clerk(self.database, &claims.user_id, now).await?;
        let owner = owner.ok_or(Refused::Unauthorized("This user was deleted."))?;
        // Who only looks as somebody does not speak for them.
        let scopes = match claims.impersonator {
            Some(_) => Scopes::reading(),
            None => Scopes::all(),
        };
        Ok(Principal {
            owner,
            via: Via::Clerk {
                session_id: claims.session_id,
                impersonator: claims.impersonator,
            },
            scopes,
        })
    }
}
