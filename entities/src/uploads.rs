//! How far each file of a part got on its way to a platform. None of it is visible to anyone, and
//! what is lost is sent again.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::{FromQueryResult, QueryResult};

use crate::database::query_all;
use crate::places::{padded, places};
use crate::text_enum::text_enum;
use crate::write::Insert;
use crate::{Database, DbErr, DeliveryId, Timestamp};

text_enum! {
    /// Where it stands.
    pub enum UploadState {
        /// It has come to nothing and begins anew.
        Lost = "lost",
        /// X: stretches of it are being sent.
        Sending = "sending",
        /// The platform prepares it.
        Processing = "processing",
        /// X: it is ready, but for what it shows.
        Undescribed = "undescribed",
        /// It can be posted.
        Ready = "ready",
    }
}

/// How long the platforms keep what was not posted: both, 24 hours (`x.md` 3.4, `threads.md` 4.4).
/// What is nearly that old is not begun with.
const LIFE: Duration = Duration::from_secs(20 * 3600);

/// One file on its way.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Upload {
    /// Which file of the part, from 0.
    pub position: i32,
    pub state: UploadState,
    /// X: the media id. Threads: the container of this file.
    pub remote_id: String,
    pub sent_bytes: i64,
    /// How often it was begun.
    pub tries: i32,
    pub made_at: Timestamp,
}

impl Upload {
    /// Whether there is something to go on with.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.state != UploadState::Lost && now.since(self.made_at) < LIFE
    }

    /// The same, further on.
    pub fn reached(&self, state: UploadState) -> Self {
        Upload {
            state,
            ..self.clone()
        }
    }
}

/// The files of some deliveries, as far as they are on their way, part by part.
pub(crate) async fn of_deliveries(
    database: &Database,
    deliveries: &[DeliveryId],
) -> Result<HashMap<(DeliveryId, i32), Vec<Upload>>, DbErr> {
    let mut uploads: HashMap<_, Vec<Upload>> = HashMap::new();
    if deliveries.is_empty() {
        return Ok(uploads);
    }
    let ids = padded(deliveries.iter().map(|id| id.clone().into()));
    let sql = format!(
        "SELECT delivery_id, part_index, position, state, remote_id, sent_bytes, tries, made_at
         FROM uploads WHERE delivery_id IN ({}) ORDER BY delivery_id, part_index, position",
        places(1, ids.len())
    );
    let rows: Vec<OfPart> = query_all(database.reader(), sql, ids).await?;
    for OfPart { of, upload } in rows {
        uploads.entry(of).or_default().push(upload);
    }
    Ok(uploads)
}

struct OfPart {
    of: (DeliveryId, i32),
    upload: Upload,
}

impl FromQueryResult for OfPart {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(OfPart {
            of: (
                row.try_get(prefix, "delivery_id")?,
                row.try_get(prefix, "part_index")?,
            ),
            upload: Upload::from_query_result(row, prefix)?,
        })
    }
}

/// Saves how far a file got, together with the step that took it there.
pub(crate) fn row(delivery: &DeliveryId, part_index: i32, upload: &Upload) -> Insert {
    Insert {
        on_conflict: "ON CONFLICT (delivery_id, part_index, position) DO UPDATE SET
            state = excluded.state, remote_id = excluded.remote_id, sent_bytes = excluded.sent_bytes,
            tries = excluded.tries, made_at = excluded.made_at",
        ..Insert::row(
            "uploads (delivery_id, part_index, position, state, remote_id, sent_bytes, tries, made_at)",
            [
                delivery.clone().into(),
                part_index.into(),
                upload.position.into(),
                upload.state.into(),
                upload.remote_id.clone().into(),
                upload.sent_bytes.into(),
                upload.tries.into(),
                upload.made_at.into(),
            ],
        )
    }
}

/// What a post shows has changed, or a person wants a fresh try: the files begin anew.
pub(crate) const FORGET_OF_POST: &str =
    "DELETE FROM uploads WHERE delivery_id IN (SELECT id FROM deliveries WHERE post_id = $1)";

/// The same of one delivery that has failed.
pub(crate) const FORGET_OF_FAILED: &str = "DELETE FROM uploads WHERE delivery_id IN
    (SELECT id FROM deliveries WHERE id = $1 AND status = 'failed')";
