//! Uploads (x.md 3).

mod attach;
mod body;
mod category;
mod metadata;
mod pieces;
mod segments;
mod status;
mod upload;
mod whole;

use crate::account::AccountId;
use crate::scene::Scene;
use crate::x::{Refused, XError, snowflake};

pub(crate) use attach::{Attached, attach};
pub(crate) use metadata::metadata;
pub(crate) use pieces::{append, finalize, initialize};
pub(crate) use status::status;
pub(crate) use upload::{Upload, Uploads};
pub(crate) use whole::whole;

/// The live upload of this id, if the caller may use it. Somebody else's looks like none.
fn usable<'a>(
    scene: &'a mut Scene<'_>,
    caller: AccountId,
    id: &str,
) -> Result<(u64, &'a mut Upload), Refused> {
    let user_id = scene.accounts.get(caller).user_id;
    let number = snowflake::parse(id).ok_or(XError::UnknownMedia)?;
    let upload = scene.x.uploads.live(number, scene.now_ms);
    upload
        .filter(|upload| upload.may_be_used_by(caller, user_id))
        .map(|upload| (number, upload))
        .ok_or(XError::UnknownMedia)
}

fn check_scope(scene: &Scene<'_>) -> Result<(), Refused> {
    if scene.may("media.write") {
        Ok(())
    } else {
        Err(XError::MissingScope)
    }
}
