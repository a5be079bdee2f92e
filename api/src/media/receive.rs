//! Taking a file in: from the wire into a temporary file, looked at, made to fit if that was asked
//! for, put into the store, and noted.

use std::path::{Path, PathBuf};

use actix_multipart::{Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::web::{self, Bytes};
use actix_web::{HttpMessage, HttpRequest};
use entities::content::MediaKind;
use entities::rows::media::Model;
use entities::{MediaId, UserId};
use futures::StreamExt;
use media::intake::DEFAULT_MAX_BYTES;
use media::{Facts, FitError, Intake, IntakeError, Kind, ProbeError, Received, StoreError};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use super::invalid;
use crate::guard::paced::{Paced, is_too_slow};
use crate::problem::Problem;
use crate::state::State;

/// The longest name of a file that is kept, in characters.
const MOST_NAME: usize = 200;

/// A file as it will be kept.
struct Ready {
    received: Received,
    facts: Facts,
    /// What was done to it, in words.
    converted: Vec<String>,
}

/// Takes a file in. `false`: it was there already.
pub async fn receive(
    state: &State,
    owner: &UserId,
    request: &HttpRequest,
    body: web::Payload,
    fit: bool,
) -> Result<(Model, bool), Problem> {
    let folder = state.settings.media_folder.as_path();
    let body = Paced::new(body, state.settings.guard.patience.piece);
    let is_form = request.content_type().starts_with("multipart/");
    let (received, file_name) = if is_form {
        from_form(folder, Multipart::new(request.headers(), body)).await?
    } else {
        (from_body(folder, body).await?, None)
    };
    let ready = look_at(state, received, fit).await?;
    keep(state, owner, ready, file_name).await
}

async fn from_body(folder: &Path, mut body: Paced<web::Payload>) -> Result<Received, Problem> {
    let mut intake = Intake::begin(folder, DEFAULT_MAX_BYTES).map_err(not_received)?;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| cut_off(&error))?;
        intake.push(chunk).await.map_err(not_received)?;
    }
    intake.finish().await.map_err(not_received)
}

/// The field `file`; others are refused, so that a misspelt one is told.
async fn from_form(
    folder: &Path,
    mut form: Multipart,
) -> Result<(Received, Option<String>), Problem> {
    let mut received = None;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|error| form_cut_off(&error))?;
        if field.name() != Some("file") || received.is_some() {
            let message = "The form must have one field, `file`, that holds the file.";
            return Err(invalid("file", "unknown_field", message));
        }
        let name = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .map(|name| name.chars().take(MOST_NAME).collect::<String>())
            .filter(|name| !name.is_empty() && !name.contains('\0'));
        let mut intake = Intake::begin(folder, DEFAULT_MAX_BYTES).map_err(not_received)?;
        while let Some(chunk) = field.next().await {
            let chunk: Bytes = chunk.map_err(|error| form_cut_off(&error))?;
            intake.push(chunk).await.map_err(not_received)?;
        }
        received = Some((intake.finish().await.map_err(not_received)?, name));
    }
    received.ok_or_else(|| {
        let message = "The form must have one field, `file`, that holds the file.";
        invalid("file", "missing", message)
    })
}

/// What it is. Few at a time: each may take much memory for a moment.
async fn look_at(state: &State, received: Received, fit: bool) -> Result<Ready, Problem> {
    let permit = state.looking.acquire().await;
    let folder: PathBuf = state.settings.media_folder.clone();
    let looked = web::block(move || {
        let facts = media::probe(&received.path).map_err(Unfit::Probe)?;
        // The rest is never converted: its findings say what to do.
        let fitted = if fit && facts.kind == Kind::Image {
            media::fit(&received.path, &facts, &folder).map_err(Unfit::Fit)?
        } else {
            None
        };
        Ok::<_, Unfit>((received, facts, fitted))
    })
    .await;
    drop(permit);
    let looked = looked.map_err(|_| Problem::store_unavailable("the folder for files"))?;
    let (received, facts, fitted) = looked.map_err(Unfit::problem)?;
    let Some(fitted) = fitted else {
        return Ok(Ready {
            received,
            facts,
            converted: Vec::new(),
        });
    };
    let sha256 = hash(&fitted.path)
        .await
        .map_err(|error| not_received(IntakeError::Write(error)))?;
    Ok(Ready {
        received: Received {
            bytes: fitted.facts.bytes,
            path: fitted.path,
            sha256,
        },
        facts: fitted.facts,
        converted: fitted.why,
    })
}

async fn hash(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut sha256, mut piece) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut piece).await? {
            0 => return Ok(sha256.finalize().into()),
            read => sha256.update(&piece[..read]),
        }
    }
}

async fn keep(
    state: &State,
    owner: &UserId,
    ready: Ready,
    file_name: Option<String>,
) -> Result<(Model, bool), Problem> {
    let Ready {
        received,
        facts,
        converted,
    } = ready;
    let earlier = entities::media::find_same(&state.database, owner, &received.sha256).await?;
    if let Some(earlier) = earlier {
        return Ok((earlier, false));
    }
    let id = MediaId::generate();
    let key = format!("{owner}/{id}.{}", facts.format.extension());
    let put = state.store.put_file(&key, &received.path).await;
    put.map_err(|error| store_problem(&error))?;
    let row = Model {
        id,
        owner_id: owner.clone(),
        sha256: received.sha256.to_vec(),
        key: key.clone(),
        kind: match facts.kind {
            Kind::Image => MediaKind::Image,
            Kind::Gif => MediaKind::Gif,
            Kind::Video => MediaKind::Video,
        },
        mime: facts.format.mime().to_owned(),
        bytes: i64::try_from(received.bytes).unwrap_or(i64::MAX),
        facts: json!(facts),
        file_name,
        converted: (!converted.is_empty()).then(|| json!(converted)),
        created_at: state.clock.now(),
    };
    let kept = entities::media::keep(&state.database, row).await;
    if !matches!(kept, Ok((_, true))) {
        // The same file came twice at once, or could not be noted: these bytes are of no use.
        let _ = state.store.delete(&key).await;
    }
    Ok(kept?)
}

/// The store's trouble, for whoever is waiting.
pub fn store_problem(error: &StoreError) -> Problem {
    tracing::error!(%error, "the media store");
    Problem::store_unavailable("the media store")
}

enum Unfit {
    Probe(ProbeError),
    Fit(FitError),
}

impl Unfit {
    fn problem(self) -> Problem {
        match self {
            Unfit::Probe(ProbeError::Io(error)) | Unfit::Fit(FitError::Write(error)) => {
                not_received(IntakeError::Write(error))
            }
            Unfit::Probe(error) => invalid("file", "media_unsupported", sentence(&error)),
            Unfit::Fit(error) => invalid("fit", "media_can_not_be_fitted", sentence(&error)),
        }
    }
}

fn not_received(error: IntakeError) -> Problem {
    match error {
        IntakeError::TooLarge { .. } => Problem::too_large_file(sentence(&error)),
        IntakeError::Empty => invalid("file", "missing", sentence(&error)),
        IntakeError::Write(error) => {
            tracing::error!(%error, "a file could not be written");
            Problem::store_unavailable("the folder for files")
        }
    }
}

fn cut_off(error: &PayloadError) -> Problem {
    if is_too_slow(error) {
        return Problem::too_slow();
    }
    not_whole(error)
}

fn form_cut_off(error: &MultipartError) -> Problem {
    match error {
        MultipartError::Payload(error) => cut_off(error),
        error => not_whole(error),
    }
}

fn not_whole(error: &dyn std::fmt::Display) -> Problem {
    invalid(
        "file",
        "incomplete",
        format!("The file did not arrive whole ({error}); send it again."),
    )
}

fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
