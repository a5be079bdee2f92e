//! Who may come in, and how tokens are kept alive: sessions, one-time links, scopes of keys,
//! authorizations under way, and what an account needs so that its token is renewed.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "ALTER TABLE users ADD COLUMN deleted_at bigint",
                "ALTER TABLE api_keys ADD COLUMN scopes text NOT NULL
                    DEFAULT 'posts:read posts:write accounts:read accounts:write keys:write'",
                // SQLite can not change a CHECK in place, so the table is made anew. No key leads to it.
                ACCOUNTS,
                "INSERT INTO accounts_anew (id, owner_id, platform, remote_user_id, username, display_name,
                    picture_url, is_premium, state, state_reason, token_source, access_token, refresh_token,
                    token_expires_at, token_issued_at, scopes, created_at, updated_at)
                 SELECT id, owner_id, platform, remote_user_id, username, display_name,
                    picture_url, is_premium, state, state_reason, 'own', access_token, refresh_token,
                    token_expires_at, updated_at, scopes, created_at, updated_at FROM accounts",
                "DROP TABLE accounts",
                "ALTER TABLE accounts_anew RENAME TO accounts",
                // Whose tokens are to be renewed without being asked?
                "CREATE INDEX accounts_to_renew ON accounts (renew_at)
                    WHERE renew_at IS NOT NULL AND state IN ('ok', 'degraded')",
                // A platform's callback names a profile, not an account of ours.
                "CREATE INDEX accounts_by_remote_user ON accounts (platform, remote_user_id)",
                "CREATE TABLE sessions (
                    secret_hash {bytes} PRIMARY KEY,
                    owner_id text NOT NULL REFERENCES users (id),
                    created_at bigint NOT NULL,
                    last_used_at bigint NOT NULL
                )",
                "CREATE INDEX sessions_by_owner ON sessions (owner_id)",
                "CREATE TABLE sign_in_links (
                    secret_hash {bytes} PRIMARY KEY,
                    owner_id text NOT NULL REFERENCES users (id),
                    expires_at bigint NOT NULL
                )",
                // A consent that was asked for. The row is taken away by whoever finishes it.
                "CREATE TABLE authorizations (
                    state_hash {bytes} PRIMARY KEY,
                    owner_id text NOT NULL REFERENCES users (id),
                    platform text NOT NULL CHECK (platform IN ('threads', 'x')),
                    redirect_uri text NOT NULL,
                    code_verifier {bytes},
                    created_at bigint NOT NULL,
                    expires_at bigint NOT NULL
                )",
                // Whoever holds the lease renews or fetches the token of that name, and nobody else.
                "CREATE TABLE token_leases (
                    name text PRIMARY KEY,
                    holder text NOT NULL,
                    lease_until bigint NOT NULL
                )",
                // Tokens that came to us before it was known whose they are.
                "CREATE TABLE unclaimed_tokens (
                    platform text NOT NULL CHECK (platform IN ('threads', 'x')),
                    remote_user_id text NOT NULL,
                    token {bytes} NOT NULL,
                    expires_at bigint NOT NULL,
                    created_at bigint NOT NULL,
                    PRIMARY KEY (platform, remote_user_id)
                )",
                // What was taken in already: senders repeat themselves.
                "CREATE TABLE webhook_receipts (
                    id text PRIMARY KEY,
                    received_at bigint NOT NULL
                )",
                // What Meta may show a person who asked for their data to be deleted.
                "CREATE TABLE deletions (
                    code text PRIMARY KEY,
                    platform text NOT NULL CHECK (platform IN ('threads', 'x')),
                    account_count integer NOT NULL CHECK (account_count >= 0),
                    completed_at bigint NOT NULL
                )",
            ],
        )
        .await
    }
}

const ACCOUNTS: &str = "CREATE TABLE accounts_anew (
    id text PRIMARY KEY,
    owner_id text NOT NULL REFERENCES users (id),
    platform text NOT NULL CHECK (platform IN ('threads', 'x')),
    remote_user_id text NOT NULL,
    username text NOT NULL,
    display_name text,
    picture_url text,
    is_premium boolean NOT NULL DEFAULT FALSE,
    state text NOT NULL CHECK (state IN ('ok', 'degraded', 'needs_reconnect', 'disconnected')),
    state_reason text,
    token_source text NOT NULL CHECK (token_source IN ('own', 'clerk')),
    external_account_id text,
    access_token {bytes},
    refresh_token {bytes},
    token_epoch bigint NOT NULL DEFAULT 0,
    token_issued_at bigint NOT NULL,
    token_expires_at bigint,
    renew_at bigint,
    renewal_failing_since bigint,
    scopes text NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (owner_id, platform, remote_user_id),
    CHECK (state <> 'disconnected' OR access_token IS NULL AND refresh_token IS NULL),
    CHECK (state = 'disconnected' OR (token_source = 'own') = (access_token IS NOT NULL)),
    CHECK (token_source <> 'clerk' OR external_account_id IS NOT NULL),
    CHECK (token_source <> 'clerk' OR refresh_token IS NULL AND renew_at IS NULL),
    CHECK (state IN ('ok', 'disconnected') OR state_reason IS NOT NULL)
)";
