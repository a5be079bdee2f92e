//! Who: users, their API keys, their accounts on the platforms.

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
                // `clerk_user_id` is null for the owner of a machine without sign-in.
                "CREATE TABLE users (
                    id text PRIMARY KEY,
                    clerk_user_id text UNIQUE,
                    created_at bigint NOT NULL
                )",
                // One owner at most lives on a machine without sign-in.
                "CREATE UNIQUE INDEX users_one_local_owner ON users ((1)) WHERE clerk_user_id IS NULL",
                "CREATE TABLE api_keys (
                    id text PRIMARY KEY,
                    owner_id text NOT NULL REFERENCES users (id),
                    name text NOT NULL,
                    prefix text NOT NULL UNIQUE,
                    secret_hash {bytes} NOT NULL,
                    created_at bigint NOT NULL,
                    last_used_at bigint,
                    revoked_at bigint
                )",
                "CREATE INDEX api_keys_by_owner ON api_keys (owner_id, id)",
                "CREATE TABLE accounts (
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
                    access_token {bytes},
                    refresh_token {bytes},
                    token_expires_at bigint,
                    scopes text NOT NULL DEFAULT '',
                    created_at bigint NOT NULL,
                    updated_at bigint NOT NULL,
                    UNIQUE (owner_id, platform, remote_user_id),
                    CHECK ((state = 'disconnected') = (access_token IS NULL)),
                    CHECK (state IN ('ok', 'disconnected') OR state_reason IS NOT NULL)
                )",
            ],
        )
        .await
    }
}
