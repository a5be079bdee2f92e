//! Where files come from: the store for what is sent, a signed address for what a platform fetches.

use std::ops::Range;
use std::time::Duration;

use entities::Timestamp;
use entities::content::PartMedia;
use entities::vault::Vault;
use media::{Store, StoreError, link};

/// How long a platform may fetch a file: as long as it keeps what it makes of it.
const FETCHABLE: Duration = Duration::from_secs(24 * 3600);

/// The files of posts. Cheap to clone.
#[derive(Clone)]
pub struct Source {
    pub store: Store,
    /// Where the API can be reached from the internet, without a slash at the end.
    pub public_url: String,
    pub vault: Vault,
}

impl Source {
    /// A stretch of a file.
    pub async fn read(
        &self,
        media: &PartMedia,
        range: Range<u64>,
    ) -> Result<bytes::Bytes, StoreError> {
        self.store.get_range(&media.key, range).await
    }

    /// Where a platform may fetch a file, for a day from `now` on.
    pub fn address(&self, media: &PartMedia, now: Timestamp) -> String {
        let expires_s = (now + FETCHABLE).as_ms() / 1000;
        let signature = link::sign(self.vault.link_key(), media.id.as_str(), expires_s);
        let extension = media.key.rsplit_once('.').map_or("bin", |(_, end)| end);
        let path = link::path(media.id.as_str(), extension, expires_s, &signature);
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }
}
