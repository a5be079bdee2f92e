//! `POST /2/media/upload`: a file in one call.

use crate::account::AccountId;
use crate::answer::Answer;
use crate::media::Reading;
use crate::request::Request;
use crate::scene::Scene;
use crate::x::Refused;
use crate::x::media::upload::{Stage, Upload};
use crate::x::media::{body, check_scope, pieces, status};
use crate::x::schema::invalid;

pub(crate) fn whole(
    scene: &mut Scene<'_>,
    caller: AccountId,
    request: &Request,
) -> Result<Answer, Refused> {
    check_scope(scene)?;
    let sent = body::read(request, &["media_category", "additional_owners"])?;
    let category = sent.category()?;
    let shared_with = sent.additional_owners()?;
    let mut reading = Reading::default();
    reading.take(&sent.media);
    let contents = reading.finish();
    pieces::check_size(category, contents.bytes)?;
    if !category.is_processed() && !category.takes(contents.format) {
        return Err(invalid("media type unrecognized."));
    }
    let id = scene.x.ids.next(scene.now_ms, scene.random);
    let upload = Upload {
        owner: caller,
        shared_with,
        category,
        created_ms: scene.now_ms,
        stage: Stage::Done(pieces::done(scene, contents)),
        alt_text: None,
        fate: None,
        lag_ms: None,
    };
    let answer = status::answer(scene, id, &upload);
    scene.x.uploads.add(id, upload, scene.now_ms);
    Ok(answer.making(id))
}
