//! What still has to happen to the files of a part before the part itself can be sent.

use entities::content::{MediaKind, Part, PartMedia};
use entities::uploads::{Upload, UploadState};
use entities::{Platform, Timestamp};

use super::Step;

/// The files of a part, and how far each got.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files<'a> {
    pub media: &'a [PartMedia],
    pub uploads: &'a [Upload],
}

impl<'a> Files<'a> {
    /// Those of `part`.
    pub fn of(part: Option<&'a Part>, uploads: &'a [Upload]) -> Self {
        Files {
            media: part.map_or(&[], |part| part.media.as_slice()),
            uploads,
        }
    }

    /// How far the file at `position` got.
    pub fn upload(&self, position: usize) -> Option<&'a Upload> {
        let wanted = i32::try_from(position).ok()?;
        self.uploads.iter().find(|upload| upload.position == wanted)
    }

    /// Whether a video is among them.
    pub fn has_video(&self) -> bool {
        self.media
            .iter()
            .any(|media| media.kind == MediaKind::Video)
    }

    /// The ids on the platform, in order; all files must be ready.
    pub fn remote_ids(&self) -> Vec<String> {
        (0..self.media.len())
            .filter_map(|position| self.upload(position))
            .map(|upload| upload.remote_id.clone())
            .collect()
    }

    /// The next step for a file, if one is left to do.
    pub fn next(&self, platform: Platform, now: Timestamp) -> Option<Step> {
        match platform {
            Platform::X => self.next_on_x(now),
            // A single file goes into the container of the post itself.
            Platform::Threads if self.media.len() > 1 => self.next_on_threads(now),
            Platform::Threads => None,
        }
    }

    fn alive(&self, position: usize, now: Timestamp) -> Option<&'a Upload> {
        self.upload(position).filter(|upload| upload.is_alive(now))
    }

    fn next_on_x(&self, now: Timestamp) -> Option<Step> {
        self.media.iter().enumerate().find_map(|(position, media)| {
            let Some(upload) = self.alive(position, now) else {
                return Some(match media.kind {
                    MediaKind::Image => Step::UploadImage { position },
                    MediaKind::Gif | MediaKind::Video => Step::BeginUpload { position },
                });
            };
            let upload = || upload.clone();
            match upload().state {
                UploadState::Sending if is_all_sent(&upload(), media) => {
                    Some(Step::FinishUpload(upload()))
                }
                UploadState::Sending => Some(Step::AppendUpload(upload())),
                UploadState::Processing => Some(Step::CheckUpload(upload())),
                UploadState::Undescribed => Some(Step::DescribeMedia(upload())),
                UploadState::Ready | UploadState::Lost => None,
            }
        })
    }

    /// All are begun before the first is asked about: the platform prepares them side by side.
    fn next_on_threads(&self, now: Timestamp) -> Option<Step> {
        let positions = 0..self.media.len();
        let begin = positions
            .clone()
            .find(|position| self.alive(*position, now).is_none())
            .map(|position| Step::CreateChild { position });
        begin.or_else(|| {
            positions
                .filter_map(|position| self.upload(position))
                .find(|upload| upload.state != UploadState::Ready)
                .map(|upload| Step::CheckChild(upload.clone()))
        })
    }
}

fn is_all_sent(upload: &Upload, media: &PartMedia) -> bool {
    u64::try_from(upload.sent_bytes).is_ok_and(|sent| sent >= media.bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entities::MediaId;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(seconds * 1000)
    }

    fn media(kind: MediaKind) -> PartMedia {
        PartMedia {
            id: MediaId::generate(),
            alt_text: None,
            kind,
            mime: "image/png".into(),
            bytes: 10,
            key: "k".into(),
        }
    }

    fn upload(position: i32, state: UploadState, sent_bytes: i64) -> Upload {
        Upload {
            position,
            state,
            remote_id: format!("r{position}"),
            sent_bytes,
            tries: 1,
            made_at: at(0),
        }
    }

    fn next(platform: Platform, media: &[PartMedia], uploads: &[Upload]) -> Option<Step> {
        Files { media, uploads }.next(platform, at(1))
    }

    #[test]
    fn x_is_sent_one_file_after_the_other() {
        let media = [media(MediaKind::Image), media(MediaKind::Video)];
        let first = upload(0, UploadState::Ready, 10);
        let second = |state, sent| [first.clone(), upload(1, state, sent)];
        let cases = [
            (vec![], Some(Step::UploadImage { position: 0 })),
            (
                vec![upload(0, UploadState::Undescribed, 10)],
                Some(Step::DescribeMedia(upload(0, UploadState::Undescribed, 10))),
            ),
            (vec![first.clone()], Some(Step::BeginUpload { position: 1 })),
            (
                second(UploadState::Sending, 9).to_vec(),
                Some(Step::AppendUpload(upload(1, UploadState::Sending, 9))),
            ),
            (
                second(UploadState::Sending, 10).to_vec(),
                Some(Step::FinishUpload(upload(1, UploadState::Sending, 10))),
            ),
            (
                second(UploadState::Processing, 10).to_vec(),
                Some(Step::CheckUpload(upload(1, UploadState::Processing, 10))),
            ),
            (
                second(UploadState::Lost, 3).to_vec(),
                Some(Step::BeginUpload { position: 1 }),
            ),
            (second(UploadState::Ready, 10).to_vec(), None),
        ];
        for (uploads, expected) in cases {
            assert_eq!(next(Platform::X, &media, &uploads), expected, "{uploads:?}");
        }
    }

    #[test]
    fn threads_begins_all_files_of_a_carousel_before_it_asks_about_the_first() {
        let media = [media(MediaKind::Image), media(MediaKind::Video)];
        let begun = upload(0, UploadState::Processing, 0);
        assert_eq!(
            next(Platform::Threads, &media, std::slice::from_ref(&begun)),
            Some(Step::CreateChild { position: 1 })
        );
        let both = [begun.clone(), upload(1, UploadState::Processing, 0)];
        assert_eq!(
            next(Platform::Threads, &media, &both),
            Some(Step::CheckChild(begun))
        );
        let ready = [0, 1].map(|position| upload(position, UploadState::Ready, 0));
        assert_eq!(next(Platform::Threads, &media, &ready), None);
        assert_eq!(
            Files {
                media: &media,
                uploads: &ready
            }
            .remote_ids(),
            ["r0", "r1"]
        );
    }

    #[test]
    fn a_single_file_needs_no_step_of_its_own_on_threads() {
        assert_eq!(
            next(Platform::Threads, &[media(MediaKind::Video)], &[]),
            None
        );
    }

    #[test]
    fn what_the_platform_will_soon_forget_is_sent_anew() {
        let media = [media(MediaKind::Image)];
        let uploads = [upload(0, UploadState::Ready, 10)];
        let late = at(0) + Duration::from_secs(20 * 3600);
        let files = Files {
            media: &media,
            uploads: &uploads,
        };
        assert_eq!(
            files.next(Platform::X, late),
            Some(Step::UploadImage { position: 0 })
        );
    }
}
