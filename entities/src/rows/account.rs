//! A connected profile and its sealed tokens.

use sea_orm::entity::prelude::*;

use crate::text_enum::text_enum;
use crate::{AccountId, Platform, Timestamp, UserId};

text_enum! {
    /// Whether an account can be published to.
    pub enum AccountState {
        /// Yes.
        Ok = "ok",
        /// Yes, but something about its token goes wrong; see the reason.
        Degraded = "degraded",
        /// Not until its owner connects it again; its posts wait.
        NeedsReconnect = "needs_reconnect",
        /// Its owner took it away; no token is kept.
        Disconnected = "disconnected",
    }
}

text_enum! {
    /// Who keeps an account's token.
    pub enum TokenSource {
        /// We do, sealed in the account's row, and renew it.
        Own = "own",
        /// Clerk does; it is asked at each publish.
        Clerk = "clerk",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    pub owner_id: UserId,
    pub platform: Platform,
    /// The platform's own id of the profile, as text (Threads' ids pass 2^53).
    pub remote_user_id: String,
    pub username: String,
    pub display_name: Option<String>,
    pub picture_url: Option<String>,
    /// X: whether long posts are open to it.
    pub is_premium: bool,
    pub state: AccountState,
    /// One sentence for a person, when the state is not `ok`.
    pub state_reason: Option<String>,
    pub token_source: TokenSource,
    /// Clerk's `eac_...`, by which its token is chosen among several.
    pub external_account_id: Option<String>,
    /// Sealed; opens only with this row's id.
    pub access_token: Option<Vec<u8>>,
    /// Sealed; opens only with this row's id.
    pub refresh_token: Option<Vec<u8>>,
    /// Counts the tokens that the account has had: what was learned of one is not held against
    /// the next.
    pub token_epoch: i64,
    pub token_issued_at: Timestamp,
    pub token_expires_at: Option<Timestamp>,
    /// When the token is to be renewed although nobody needs it then.
    pub renew_at: Option<Timestamp>,
    /// Since when renewing it has failed.
    pub renewal_failing_since: Option<Timestamp>,
    /// What the token may do, space-separated.
    pub scopes: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
