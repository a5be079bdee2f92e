//! Files: what was uploaded to us, which posts name it, and how far each got on its way to a
//! platform.

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
                // The bytes are in the store, under `key`.
                "CREATE TABLE media (
                    id text PRIMARY KEY,
                    owner_id text NOT NULL,
                    sha256 {bytes} NOT NULL,
                    key text NOT NULL,
                    kind text NOT NULL CHECK (kind IN ('image', 'gif', 'video')),
                    mime text NOT NULL,
                    bytes bigint NOT NULL CHECK (bytes > 0),
                    facts {json} NOT NULL,
                    file_name text,
                    converted {json},
                    created_at bigint NOT NULL,
                    UNIQUE (owner_id, sha256)
                )",
                "CREATE INDEX media_by_owner ON media (owner_id, id)",
                // What a post names is not deleted before the post is settled.
                "CREATE TABLE media_uses (
                    media_id text NOT NULL,
                    post_id text NOT NULL,
                    PRIMARY KEY (media_id, post_id)
                ){clustered}",
                "CREATE INDEX media_uses_by_post ON media_uses (post_id)",
                // Losing a row costs another upload, which nobody sees.
                "CREATE TABLE uploads (
                    delivery_id text NOT NULL,
                    part_index integer NOT NULL CHECK (part_index >= 0),
                    position integer NOT NULL CHECK (position >= 0),
                    state text NOT NULL CHECK (state IN ('lost', 'sending', 'processing', 'undescribed', 'ready')),
                    remote_id text NOT NULL,
                    sent_bytes bigint NOT NULL CHECK (sent_bytes >= 0),
                    tries integer NOT NULL CHECK (tries > 0),
                    made_at bigint NOT NULL,
                    PRIMARY KEY (delivery_id, part_index, position)
                ){clustered}",
            ],
        )
        .await
    }
}
