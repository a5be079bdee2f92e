//! One step on a platform: the only place where the worker speaks to one. No transaction is open
//! while it does.

mod files;
mod options;

use entities::claims::Work;
use entities::content::{MediaKind, Options, Part};
use entities::delivery::{Checkpoint, Claim};
use entities::{Platform, Timestamp};
use platforms::threads::{ContainerKind, NewContainer};
use platforms::x::NewPost;
use platforms::{Answer, Attached, Failure, RateWindow, RemotePost};
use secrecy::SecretString;

use crate::Worker;
use crate::decide::Success;
use crate::search::{self, CLOCK_SKEW_MS, Search, Sought};
use crate::step::{Files, Step};

/// What a call brought.
pub struct Performed {
    pub outcome: Result<Success, Failure>,
    pub http_status: Option<u16>,
    pub trace_id: Option<String>,
    /// What the answer said about rate windows.
    pub windows: Vec<RateWindow>,
    /// How many posts a list returned: X charges for each.
    pub posts_read: usize,
}

/// What a step is about.
pub struct Subject<'a> {
    pub work: &'a Work,
    pub claim: &'a Claim,
    /// The part under way.
    pub part: &'a Part,
    /// Its files, as far as they got.
    pub files: Files<'a>,
    /// What the part answers.
    pub reply_to: Option<&'a str>,
}

impl Subject<'_> {
    fn options(&self) -> &Options {
        let row = &self.work.delivery;
        self.work.content.options_on(row.platform, &row.account_id)
    }

    /// What a look at the platform's list must find on the part.
    fn attached(&self) -> Attached {
        let media = self.part.media.as_slice();
        match (self.claim.platform, media) {
            (_, []) => Attached::Nothing,
            (Platform::X, _) => Attached::Uploads(self.remote_files()),
            (Platform::Threads, [only]) if only.kind == MediaKind::Video => Attached::Video,
            (Platform::Threads, [_]) => Attached::Image,
            (Platform::Threads, _) => Attached::Carousel,
        }
    }

    /// The ids of the files on the platform, in order.
    fn remote_files(&self) -> Vec<String> {
        self.files.remote_ids()
    }
}

/// Makes the one call that `step` is.
pub async fn perform(
    worker: &Worker,
    subject: &Subject<'_>,
    step: &Step,
    token: &SecretString,
) -> Result<Performed, entities::DbErr> {
    let now_ms = worker.clock.now().as_ms();
    let Subject {
        work,
        part,
        reply_to,
        ..
    } = subject;
    let sending = files::Sending {
        worker,
        subject,
        token,
    };
    let (threads, x) = (&worker.platforms.threads, &worker.platforms.x);
    let user = work.account.remote_user_id.as_str();
    let performed = match step {
        Step::UploadImage { position } => sending.image(*position).await,
        Step::BeginUpload { position } => sending.begin(*position).await,
        Step::AppendUpload(upload) => sending.append(upload).await,
        Step::FinishUpload(upload) => sending.finish(upload).await,
        Step::CheckUpload(upload) => sending.check(upload).await,
        Step::DescribeMedia(upload) => sending.describe(upload).await,
        Step::CreateChild { position } => sending.child(*position).await,
        Step::CheckChild(upload) => sending.check_child(upload).await,
        Step::CreateContainer => create_container(worker, subject, token, now_ms).await,
        Step::CheckContainer(container) => {
            let answer = threads.container_status(token, &container.id, now_ms).await;
            performed(answer, Success::Status)
        }
        Step::PublishContainer(container) => {
            let answer = threads.publish(token, user, &container.id, now_ms).await;
            performed(answer, |remote_id| Success::Live {
                remote_id,
                url: None,
            })
        }
        Step::CreatePost => {
            let options = options::on_x(subject.options(), subject.claim.progress.part_index);
            let new = NewPost {
                text: &part.text,
                reply_to: *reply_to,
                media_ids: &subject.remote_files(),
                options: &options,
            };
            let answer = x.create_post(token, &new, now_ms).await;
            performed(answer, |remote_id: String| Success::Live {
                url: Some(x_url(worker, work, &remote_id)),
                remote_id,
            })
        }
        Step::ReadPermalink { remote_id } => performed(
            threads.permalink(token, remote_id, now_ms).await,
            Success::Permalink,
        ),
        Step::FindPost => {
            let (listed, from) = list(worker, subject, token, now_ms).await;
            let posts_read = listed.as_ref().map_or(0, |answer| answer.value.len());
            let searched = match listed {
                Ok(Answer {
                    value,
                    windows,
                    http_status,
                    trace_id,
                    more,
                }) => {
                    let value = match_up(worker, subject, value, from, !more).await?;
                    Ok(Answer {
                        value,
                        windows,
                        http_status,
                        trace_id,
                        more,
                    })
                }
                Err(failure) => Err(failure),
            };
            Performed {
                posts_read,
                ..performed(searched, Success::Searched)
            }
        }
    };
    Ok(performed)
}

/// Threads: the container of the part itself, when its files are ready.
async fn create_container(
    worker: &Worker,
    subject: &Subject<'_>,
    token: &SecretString,
    now_ms: i64,
) -> Performed {
    let part = subject.part;
    let children = subject.remote_files();
    let only = part.media.first();
    let url = only.map(|media| worker.source.address(media, worker.clock.now()));
    let kind = match (only, url.as_deref()) {
        _ if part.media.len() > 1 => ContainerKind::Carousel {
            children: &children,
        },
        (Some(media), Some(url)) if media.kind == MediaKind::Video => ContainerKind::Video { url },
        (Some(_), Some(url)) => ContainerKind::Image { url },
        _ => ContainerKind::Text,
    };
    let alt_text = match kind {
        ContainerKind::Image { .. } | ContainerKind::Video { .. } => {
            only.and_then(|media| media.alt_text.as_deref())
        }
        ContainerKind::Text | ContainerKind::Carousel { .. } => None,
    };
    let part_index = subject.claim.progress.part_index;
    let options = options::on_threads(subject.options(), part_index, !part.media.is_empty());
    let new = NewContainer {
        kind,
        text: Some(part.text.as_str()).filter(|text| !text.is_empty()),
        reply_to: subject.reply_to,
        alt_text,
        options: &options,
    };
    let user = subject.work.account.remote_user_id.as_str();
    let threads = &worker.platforms.threads;
    let answer = threads.create_container(token, user, &new, now_ms).await;
    performed(answer, |id| Success::Container { id })
}

/// The account's posts since the part was first sent.
async fn list(
    worker: &Worker,
    subject: &Subject<'_>,
    token: &SecretString,
    now_ms: i64,
) -> (Result<Answer<Vec<RemotePost>>, Failure>, Timestamp) {
    let progress = &subject.claim.progress;
    let sent_at = match &progress.checkpoint {
        Checkpoint::Sent { at, .. } => *at,
        _ => worker.clock.now(),
    };
    let from = progress
        .unresolved_since
        .map_or(sent_at, |since| since.min(sent_at));
    let since_ms = from.as_ms() - CLOCK_SKEW_MS;
    let user = subject.work.account.remote_user_id.as_str();
    let listed = match (subject.claim.platform, subject.reply_to) {
        (Platform::Threads, None) => {
            worker
                .platforms
                .threads
                .posts_since(token, since_ms, now_ms)
                .await
        }
        (Platform::Threads, Some(_)) => {
            worker
                .platforms
                .threads
                .replies_since(token, since_ms, now_ms)
                .await
        }
        (Platform::X, _) => {
            worker
                .platforms
                .x
                .posts_since(token, user, since_ms, now_ms)
                .await
        }
    };
    (listed, from)
}

/// Looks for the part among what was listed, leaving out what belongs to other parts.
async fn match_up(
    worker: &Worker,
    subject: &Subject<'_>,
    listed: Vec<RemotePost>,
    from: Timestamp,
    complete: bool,
) -> Result<Search, entities::DbErr> {
    let platform = subject.claim.platform;
    let sought = Sought {
        text: &subject.part.text,
        reply_to: subject.reply_to,
        attached: subject.attached(),
    };
    let mut candidates = search::candidates(platform, listed, &sought, from);
    if platform == Platform::X {
        for post in &mut candidates {
            post.url = Some(x_url(worker, subject.work, &post.id));
        }
    }
    if !candidates.is_empty() && is_ambiguous(worker, subject).await? {
        candidates.clear();
    }
    let ids: Vec<String> = candidates.iter().map(|post| post.id.clone()).collect();
    let adopted = if ids.is_empty() {
        Vec::new()
    } else {
        entities::posts::adopted(&worker.database, &subject.claim.account_id, &ids).await?
    };
    Ok(search::choose(candidates, &adopted, complete))
}

/// Whether what is found may as well be another delivery's, whose outcome is unknown too: then a
/// container that can still tell for itself is asked, and nothing is adopted from the list.
async fn is_ambiguous(worker: &Worker, subject: &Subject<'_>) -> Result<bool, entities::DbErr> {
    let claim = subject.claim;
    let container_can_tell = matches!(
        claim.progress.checkpoint,
        Checkpoint::Sent {
            container: Some(_),
            seen_live: false,
            ..
        }
    );
    if !container_can_tell {
        return Ok(false);
    }
    entities::posts::others_unresolved(&worker.database, &claim.account_id, &claim.id).await
}

fn x_url(worker: &Worker, work: &Work, remote_id: &str) -> String {
    platforms::x::post_url(
        &worker.platforms.x_web_url,
        &work.account.username,
        remote_id,
    )
}

fn performed<T>(
    answer: Result<Answer<T>, Failure>,
    success: impl FnOnce(T) -> Success,
) -> Performed {
    match answer {
        Ok(answer) => Performed {
            outcome: Ok(success(answer.value)),
            http_status: Some(answer.http_status),
            trace_id: answer.trace_id,
            windows: answer.windows,
            posts_read: 0,
        },
        Err(failure) => Performed {
            http_status: failure.evidence.http_status,
            trace_id: failure.evidence.trace_id.clone(),
            windows: failure.windows.clone(),
            posts_read: 0,
            outcome: Err(failure),
        },
    }
}
