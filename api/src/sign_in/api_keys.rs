//! API keys.

use async_trait::async_trait;
use entities::{Database, Timestamp, keys};

use super::{Authenticator, Credential, Principal, Refused, Via};

/// Keys of the table `api_keys`.
pub struct ApiKeys<'a>(pub &'a Database);

#[async_trait]
impl Authenticator for ApiKeys<'_> {
    fn takes(&self, credential: &Credential) -> bool {
        matches!(credential, Credential::Token(_))
    }

    async fn authenticate(
        &self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Principal, Refused> {
        let Credential::Token(key) = credential else {
            return Err(Refused::Unauthorized("This is not a key."));
        };
        let found = keys::find(self.0, key).await?;
        let row = found.ok_or(Refused::Unauthorized("The key is unknown or was revoked."))?;
        // A database that only reads, or is full, can still show posts.
        if let Err(error) = keys::touch(self.0, &row, now).await {
            tracing::warn!(%error, "that a key was used could not be noted");
        }
        Ok(Principal {
            owner: row.owner_id,
            via: Via::ApiKey { id: row.id },
            scopes: row.scopes,
        })
    }
}
