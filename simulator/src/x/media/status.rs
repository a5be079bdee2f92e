//! `GET /2/media/upload?command=STATUS`, and what finalizing answers as well (x.md 3.1, 3.2).

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::media::Contents;
use crate::scene::Scene;
use crate::x::Refused;
use crate::x::media::upload::{Progress, Stage, Upload};
use crate::x::media::{check_scope, usable};

pub(crate) fn status(
    scene: &mut Scene<'_>,
    caller: AccountId,
    id: &str,
) -> Result<Answer, Refused> {
    check_scope(scene)?;
    let now_ms = scene.now_ms;
    let (number, upload) = usable(scene, caller, id)?;
    let shown = upload.clone();
    if let (Some(Progress::Succeeded), Stage::Done(done)) =
        (upload.progress(now_ms), &mut upload.stage)
    {
        done.was_told = true;
    }
    Ok(answer(scene, number, &shown))
}

/// The upload as it stands.
pub(crate) fn answer(scene: &Scene<'_>, id: u64, upload: &Upload) -> Answer {
    let key = format!("{}_{id}", upload.category.prefix());
    let data = Json::object([("id", id.to_string().into()), ("media_key", key.into())]);
    let left_s = (upload.expires_ms() - scene.now_ms).div_euclid(1_000);
    let data = match &upload.stage {
        Stage::Open { .. } => data.with("expires_after_secs", left_s),
        Stage::Done(done) => described(
            data.with("size", done.contents.bytes)
                .with("expires_after_secs", left_s),
            upload,
            &done.contents,
        )
        .with_some("processing_info", processing(scene, upload, done.was_told)),
    };
    Answer::json(200, &Json::object([("data", data)]))
}

fn described(data: Json, upload: &Upload, contents: &Contents) -> Json {
    let content_type = contents.format.map(|format| format.content_type());
    let content_type = content_type.unwrap_or("application/octet-stream");
    if upload.category.is_video() {
        let video = Json::object([("video_type", content_type.into())]);
        return data.with("video", video);
    }
    let image = contents.size.map(|(w, h)| {
        Json::object([
            ("image_type", content_type.into()),
            ("w", w.into()),
            ("h", h.into()),
        ])
    });
    data.with_some("image", image)
}

fn processing(scene: &Scene<'_>, upload: &Upload, was_told: bool) -> Option<Json> {
    let state = |name: &str| Json::object([("state", name.into())]);
    // Never 0: that was read as success by a client (x.md 7).
    let wait = |left_ms: i64| {
        let seconds = (left_ms + 999).div_euclid(1_000).clamp(1, 10);
        scene.settings.x.media.check_after.then_some(seconds)
    };
    Some(match upload.progress(scene.now_ms)? {
        Progress::None => return None,
        Progress::Succeeded if was_told => return None,
        // A still image has no state; that it is of no use shows when it is posted.
        Progress::Failed(_) if !upload.category.is_processed() => return None,
        Progress::Pending { left_ms } => {
            state("pending").with_some("check_after_secs", wait(left_ms.min(1_000)))
        }
        Progress::Working { percent, left_ms } => state("in_progress")
            .with_some("check_after_secs", wait(left_ms))
            .with("progress_percent", u16::from(percent)),
        Progress::Succeeded => state("succeeded").with("progress_percent", 100_u16),
        Progress::Failed(message) => state("failed").with(
            "error",
            Json::object([
                ("code", 1_u16.into()),
                ("name", "InvalidMedia".into()),
                ("message", message.into()),
            ]),
        ),
    })
}
