//! A file in pieces: initialize, append, finalize.

use serde_json::Value;

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::media::Contents;
use crate::request::Request;
use crate::scene::Scene;
use crate::x::media::category::Category;
use crate::x::media::upload::{Done, Stage, Upload};
use crate::x::media::{body, check_scope, status, usable};
use crate::x::schema::{invalid, object, only};
use crate::x::{Refused, XError, schema};

const TYPES: [&str; 15] = [
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
];
const FIELDS: [&str; 5] = [
    "media_type",
    "total_bytes",
    "media_category",
    "additional_owners",
    "shared",
];
const MOST_BYTES: u64 = 17_179_869_184;
const LAST_INDEX: u32 = 9_999;

/// `POST /2/media/upload/initialize`. The schema requires nothing (x.md 3.1); a category that is
/// absent follows from the type.
pub(crate) fn initialize(
    scene: &mut Scene<'_>,
    caller: AccountId,
    request: &Request,
) -> Result<Answer, Refused> {
    check_scope(scene)?;
    let given = object(&request.body)?;
    only(&given, "$", &FIELDS)?;
    let text = |name| given.get(name).and_then(Value::as_str);
    let media_type = text("media_type");
    if given.contains_key("media_type") && !media_type.is_some_and(|given| TYPES.contains(&given)) {
        return Err(invalid(format!(
            "$.media_type: does not have a value in the enumeration [{}]",
            TYPES.join(", ")
        )));
    }
    let category = match (text("media_category"), media_type) {
        (Some(name), _) => Category::named(name).ok_or_else(body::unknown_category)?,
        (None, Some(media_type)) => Category::of_type(media_type)
            .ok_or_else(|| invalid("$.media_category: is missing but it is required"))?,
        (None, None) => {
            return Err(invalid("$.media_type: is missing but it is required"));
        }
    };
    if media_type.is_some_and(|media_type| !category.takes_type(media_type)) {
        return Err(invalid("media_type does not match media_category."));
    }
    let total_bytes = match given.get("total_bytes") {
        None => None,
        Some(total) => {
            let total = total.as_u64().filter(|total| *total <= MOST_BYTES);
            let total = total.ok_or_else(|| {
                invalid(format!(
                    "$.total_bytes: must be an integer from 0 to {MOST_BYTES}"
                ))
            })?;
            check_size(category, total)?;
            Some(total)
        }
    };
    let upload = Upload {
        owner: caller,
        shared_with: schema::ids(&given, "additional_owners", "$")?,
        category,
        created_ms: scene.now_ms,
        stage: Stage::Open {
            segments: Default::default(),
            total_bytes,
        },
        alt_text: None,
        fate: None,
        lag_ms: None,
    };
    let id = scene.x.ids.next(scene.now_ms, scene.random);
    scene.x.uploads.add(id, upload, scene.now_ms);
    let data = Json::object([
        ("id", id.to_string().into()),
        ("media_key", format!("{}_{id}", category.prefix()).into()),
        ("expires_after_secs", Upload::OPEN_S.into()),
    ]);
    Ok(Answer::json(200, &Json::object([("data", data)])).making(id))
}

/// `POST /2/media/upload/{id}/append`. A segment that comes again replaces the former one.
pub(crate) fn append(
    scene: &mut Scene<'_>,
    caller: AccountId,
    id: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    check_scope(scene)?;
    let settings = &scene.settings.x.media;
    let sent = body::read(request, &["segment_index"])?;
    if sent.media.len() as u64 > settings.chunk_limit_bytes {
        return Err(XError::MediaTooLarge);
    }
    let index = sent
        .text("segment_index")
        .ok_or_else(|| invalid("$.segment_index: is missing but it is required"))?;
    let index = index.parse().ok().filter(|index| *index <= LAST_INDEX);
    let index = index.ok_or_else(|| {
        invalid(format!(
            "$.segment_index: must be an integer from 0 to {LAST_INDEX}"
        ))
    })?;
    let (_, upload) = usable(scene, caller, id)?;
    let expires_s = upload.expires_ms().div_euclid(1_000);
    let Stage::Open { segments, .. } = &mut upload.stage else {
        return Err(invalid("The media upload has already been finalized."));
    };
    if !segments.put(index, sent.media) {
        return Err(invalid(
            "Segment was replaced by another one too late for this simulator to follow.",
        ));
    }
    if settings.empty_append_answer {
        return Ok(Answer::empty(204));
    }
    let data = Json::object([("expires_at", expires_s.into())]);
    Ok(Answer::json(200, &Json::object([("data", data)])))
}

/// `POST /2/media/upload/{id}/finalize`. A second one is answered like the first: what X does
/// then is not on record.
pub(crate) fn finalize(
    scene: &mut Scene<'_>,
    caller: AccountId,
    id: &str,
) -> Result<Answer, Refused> {
    check_scope(scene)?;
    let (number, upload) = usable(scene, caller, id)?;
    let category = upload.category;
    if let Stage::Open {
        segments,
        total_bytes,
    } = &mut upload.stage
    {
        let bytes = segments.bytes();
        if bytes == 0 || total_bytes.is_some_and(|total| total != bytes) {
            return Err(XError::SegmentsDoNotAddUp);
        }
        check_size(category, bytes)?;
        let contents = std::mem::take(segments).finish();
        if !category.is_processed() && !category.takes(contents.format) {
            return Err(invalid("media type unrecognized."));
        }
        let done = done(scene, contents);
        if let Some(upload) = scene.x.uploads.get_mut(number) {
            upload.stage = Stage::Done(done);
        }
    }
    let (_, upload) = usable(scene, caller, id)?;
    let upload = upload.clone();
    Ok(status::answer(scene, number, &upload).making(number))
}

/// A file that is whole from now on.
pub(crate) fn done(scene: &mut Scene<'_>, contents: Contents) -> Done {
    let lags = scene.settings.lag_ranges();
    let mut draw = |(low, high)| scene.random.between(low, high);
    Done {
        contents,
        at_ms: scene.now_ms,
        pending_ms: draw(lags.x_pending_ms),
        processing_ms: draw(lags.x_processing_ms),
        was_told: false,
    }
}

/// The limits of x.md 3.4, in the words of v1.1: those of v2 are not on record.
pub(crate) fn check_size(category: Category, bytes: u64) -> Result<(), Refused> {
    if bytes > category.limit() {
        return Err(invalid(format!(
            "File size exceeds {} bytes.",
            category.limit()
        )));
    }
    Ok(())
}
