//! The windows of each call and their three sets of headers (x.md 2.3, 4).

use std::collections::HashMap;

use crate::account::AccountId;
use crate::call::Operation;
use crate::limits::{FixedWindow, Standing};
use crate::scene::Scene;
use crate::settings::XSettings;
use crate::x::{Refused, XError, errors::LimitWindow};

/// Whose window it is, of which call, of which length.
type Key = (Option<AccountId>, Operation, LimitWindow);

#[derive(Debug, Default)]
pub(crate) struct Windows(HashMap<Key, FixedWindow>);

const QUARTER_MS: i64 = 15 * 60_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// The windows that an operation has, with their sizes.
fn windows(operation: Operation, settings: &XSettings) -> Vec<(LimitWindow, u32)> {
    let quarter = |size| vec![(LimitWindow::FifteenMinutes, size)];
    let media = &settings.media;
    let with_app = |size, app_size| {
        let mut all = quarter(size);
        all.extend(media.app_windows.then_some((LimitWindow::AppDay, app_size)));
        all
    };
    match operation {
        Operation::XCreate => {
            let mut all = quarter(settings.create_per_user);
            all.extend(
                settings
                    .create_per_app_day
                    .map(|size| (LimitWindow::AppDay, size)),
            );
            all.extend(
                settings
                    .create_per_user_day
                    .map(|size| (LimitWindow::UserDay, size)),
            );
            all
        }
        Operation::XDelete => quarter(settings.delete_per_user),
        Operation::XRead => quarter(settings.read_per_user),
        Operation::XTimeline => quarter(settings.timeline_per_user),
        Operation::XMe => quarter(settings.me_per_user),
        Operation::XMediaUpload => with_app(media.upload_per_user, 50_000),
        Operation::XMediaInitialize | Operation::XMediaAppend | Operation::XMediaFinalize => {
            with_app(media.chunked_per_user, 180_000)
        }
        Operation::XMediaStatus => with_app(media.status_per_user, 100_000),
        Operation::XMediaMetadata => with_app(media.metadata_per_user, 50_000),
        _ => Vec::new(),
    }
}

fn key(caller: AccountId, operation: Operation, window: LimitWindow) -> Key {
    let user = (window != LimitWindow::AppDay).then_some(caller);
    (user, operation, window)
}

fn length_ms(window: LimitWindow) -> i64 {
    match window {
        LimitWindow::FifteenMinutes | LimitWindow::None => QUARTER_MS,
        LimitWindow::AppDay | LimitWindow::UserDay => DAY_MS,
    }
}

impl Windows {
    fn standing(&self, key: Key, now_ms: i64, limit: u32) -> Standing {
        let window = self.0.get(&key).copied().unwrap_or_default();
        window.standing(now_ms, limit, length_ms(key.2))
    }
}

/// Counts a call in each of its windows, or in none when one is spent.
pub(crate) fn take(
    scene: &mut Scene<'_>,
    caller: AccountId,
    operation: Operation,
) -> Result<(), Refused> {
    let (now_ms, settings) = (scene.now_ms, &scene.settings.x);
    let all = windows(operation, settings);
    let spent = all.iter().find(|&&(window, limit)| {
        let key = key(caller, operation, window);
        scene.x.windows.standing(key, now_ms, limit).remaining == 0
    });
    if let (Some(&(window, _)), true) = (spent, settings.rate_limits) {
        return Err(XError::TooManyRequests {
            window,
            reset_in_s: 0,
        });
    }
    for (window, _) in all {
        let key = key(caller, operation, window);
        scene
            .x
            .windows
            .0
            .entry(key)
            .or_default()
            .count(now_ms, length_ms(window));
    }
    Ok(())
}

/// The headers as the windows stand.
pub(crate) fn headers(
    scene: &Scene<'_>,
    caller: AccountId,
    operation: Operation,
) -> Vec<(String, String)> {
    let all = windows(operation, &scene.settings.x).into_iter();
    all.flat_map(|(window, limit)| {
        let key = key(caller, operation, window);
        written(window, scene.x.windows.standing(key, scene.now_ms, limit))
    })
    .collect()
}

/// The headers of a 429 that a fault asks for: the named window is spent,
/// the others stand as they are; with `None`, there are no headers at all.
pub(crate) fn spent_headers(
    scene: &Scene<'_>,
    caller: AccountId,
    operation: Operation,
    spent: LimitWindow,
    reset_in_s: i64,
) -> Vec<(String, String)> {
    if spent == LimitWindow::None {
        return Vec::new();
    }
    let mut headers = headers(scene, caller, operation);
    let prefix = prefix(spent);
    headers.retain(|(name, _)| !name.starts_with(prefix));
    let limit = windows(operation, &scene.settings.x).into_iter();
    let limit = limit
        .filter(|(window, _)| *window == spent)
        .map(|(_, limit)| limit)
        .next();
    let reset_s = scene.now_ms.div_euclid(1_000) + reset_in_s;
    headers.extend(written(
        spent,
        Standing {
            limit: limit.unwrap_or(17),
            remaining: 0,
            reset_s,
        },
    ));
    headers
}

fn prefix(window: LimitWindow) -> &'static str {
    match window {
        LimitWindow::FifteenMinutes | LimitWindow::None => "x-rate-limit",
        LimitWindow::AppDay => "x-app-limit-24hour",
        LimitWindow::UserDay => "x-user-limit-24hour",
    }
}

fn written(window: LimitWindow, standing: Standing) -> [(String, String); 3] {
    let prefix = prefix(window);
    [
        (format!("{prefix}-limit"), standing.limit.to_string()),
        (
            format!("{prefix}-remaining"),
            standing.remaining.to_string(),
        ),
        (format!("{prefix}-reset"), standing.reset_s.to_string()),
    ]
}
