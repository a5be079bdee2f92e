//! Which of an owner's scheduled deliveries will not fit at their time: the windows as they stand, filled
//! with what is planned (`entities::forecast::simulate`).

use std::collections::HashMap;

use entities::forecast::planned::{self, Planned};
use entities::forecast::simulate::{Item, Takes, Window, simulate};
use entities::lanes::{self, Lane};
use entities::quota::{Counted, Limit, LimitOf, counted, rolling_times};
use entities::rows::account;
use entities::{AccountId, Database, DbErr, Platform, Timestamp, UserId};

use super::wire::{LateBody, ScheduleForecastBody};

/// How many windows are asked for in one query.
const LANES: usize = 500;

/// What will come of what is scheduled on a platform, by account.
#[derive(Default)]
pub struct Outlook {
    by_account: HashMap<AccountId, ScheduleForecastBody>,
    is_cut: bool,
}

impl Outlook {
    /// Looks at all of an owner's deliveries on a platform: its accounts share the app's windows.
    pub async fn read(
        database: &Database,
        limits: &[Limit],
        owner: &UserId,
        platform: Platform,
        now: Timestamp,
    ) -> Result<Self, DbErr> {
        let mut plan = planned::of_owner(database, owner, platform, None, |_| ()).await?;
        // Among those due at one moment the older goes first.
        plan.deliveries.sort_by(|one, other| one.id.cmp(&other.id));
        let mut stage = Stage::default();
        stage
            .set_up(database, limits, platform, &plan.deliveries, now)
            .await?;
        let items: Vec<Item> = plan
            .deliveries
            .iter()
            .map(|planned| stage.item(planned, now))
            .collect();
        let windows = std::mem::take(&mut stage.windows);
        // Up to a second of work, which all that this thread serves would wait for.
        let going = tokio::task::spawn_blocking(move || simulate(windows, &items, now));
        let going = going
            .await
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        let mut outlook = Outlook {
            is_cut: plan.is_cut || going.iter().any(Option::is_none),
            ..Outlook::default()
        };
        for (planned, going) in plan.deliveries.iter().zip(going) {
            let account = outlook
                .by_account
                .entry(planned.account_id.clone())
                .or_default();
            account.scheduled += 1;
            let Some(going) = going else { continue };
            let due_at = planned.at.max(now);
            if going.ends_at > due_at {
                account.late.push(LateBody {
                    delivery: planned.id.to_string(),
                    post: planned.post_id.to_string(),
                    due_at: planned.at,
                    goes_at: going.begins_at,
                    complete_at: going.ends_at,
                    waits_for: going
                        .held_by
                        .map_or("pause", |window| stage.names[window])
                        .to_owned(),
                });
            }
        }
        for account in outlook.by_account.values_mut() {
            account.late.sort_by_key(|late| late.due_at);
        }
        Ok(outlook)
    }

    /// One account's.
    pub fn of(&self, account: &account::Model) -> ScheduleForecastBody {
        let known = self.by_account.get(&account.id);
        ScheduleForecastBody {
            scheduled: known.map_or(0, |known| known.scheduled),
            is_cut: self.is_cut,
            late: known.map_or_else(Vec::new, |known| known.late.clone()),
        }
    }
}

/// The windows as they stand, and which of them a message takes from.
#[derive(Default)]
struct Stage {
    windows: Vec<Window>,
    names: Vec<&'static str>,
    /// For each account: what a post takes, and what a reply does.
    takes: HashMap<AccountId, (Takes, Takes)>,
    paused_until: HashMap<String, Timestamp>,
}

impl Stage {
    async fn set_up(
        &mut self,
        database: &Database,
        limits: &[Limit],
        platform: Platform,
        deliveries: &[Planned<()>],
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let mut accounts: Vec<AccountId> = deliveries
            .iter()
            .map(|planned| planned.account_id.clone())
            .collect();
        accounts.sort();
        accounts.dedup();
        let mut lanes: Vec<Lane> = accounts.iter().cloned().map(Lane::Account).collect();
        lanes.push(Lane::App(platform));
        let mut rows: Vec<Counted> = Vec::new();
        for some in lanes.chunks(LANES) {
            rows.extend(counted(database, some, now).await?);
            for paused in lanes::paused(database, some, now).await? {
                self.paused_until.insert(paused.lane, paused.paused_until);
            }
        }
        let limits = || limits.iter().filter(|limit| limit.platform == platform);
        let of_app = |limit: &&Limit| limit.of == LimitOf::App;
        let app: Vec<(&Limit, usize)> = limits()
            .filter(of_app)
            .map(|limit| (limit, self.fixed(limit, &Lane::App(platform), &rows, now)))
            .collect();
        for account in accounts {
            let lane = Lane::Account(account.clone());
            let mut all = app.clone();
            for limit in limits().filter(|limit| !of_app(limit)) {
                all.push((limit, self.fixed(limit, &lane, &rows, now)));
                if limit.is_rolling {
                    let (counts, window) = (limit.counts, limit.window);
                    let went_out = rolling_times(database, &account, counts, window, now).await?;
                    all.push((limit, self.rolling(limit, went_out)));
                }
            }
            let of_kind = |is_reply: bool| {
                let included = all
                    .iter()
                    .filter(|(limit, _)| limit.counts.include(is_reply));
                included.map(|(_, window)| *window).collect()
            };
            self.takes.insert(account, (of_kind(false), of_kind(true)));
        }
        Ok(())
    }

    fn fixed(&mut self, limit: &Limit, lane: &Lane, rows: &[Counted], now: Timestamp) -> usize {
        let key = lane.key();
        let row = rows
            .iter()
            .find(|row| row.lane == key && row.name == limit.name);
        self.add(
            limit,
            Window::Fixed {
                max: limit.max,
                length: limit.window,
                used: row.map_or(0, |row| row.used),
                resets_at: row.map_or(now, |row| row.resets_at),
            },
        )
    }

    fn rolling(&mut self, limit: &Limit, went_out: Vec<Timestamp>) -> usize {
        self.add(
            limit,
            Window::Rolling {
                max: usize::try_from(limit.max).unwrap_or(usize::MAX),
                length: limit.window,
                went_out: went_out.into(),
            },
        )
    }

    fn add(&mut self, limit: &Limit, window: Window) -> usize {
        self.windows.push(window);
        self.names.push(limit.name);
        self.windows.len() - 1
    }

    fn item(&self, planned: &Planned<()>, now: Timestamp) -> Item {
        let lanes = [
            Lane::Account(planned.account_id.clone()),
            Lane::App(planned.platform),
        ];
        let pauses = lanes.map(|lane| self.paused_until.get(&lane.key()).copied());
        let paused_until = pauses.into_iter().flatten().max().unwrap_or(now);
        let nothing = (Takes::new(), Takes::new());
        let (post, reply) = self.takes.get(&planned.account_id).unwrap_or(&nothing);
        let messages = (planned.next_part..planned.next_part + planned.left.len())
            .map(|index| match index {
                0 => post.clone(),
                _ => reply.clone(),
            })
            .collect();
        Item {
            at: planned.at.max(paused_until),
            messages,
        }
    }
}
