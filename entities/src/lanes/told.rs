//! Telling owners of a lane that rests until somebody does something about it. Waits that a rate limit
//! imposes end by themselves, and are not told of.

use sea_orm::{ConnectionTrait, DbErr};
use serde_json::{Value, json};

use super::{Lane, Pause};
use crate::database::{execute, query_all};
use crate::delivery::WaitReason;
use crate::events::{NewEvent, append};
use crate::month::Month;
use crate::rows::event::EventKind;
use crate::{AccountId, Timestamp, UserId};

/// One event for each owner with an account in the lane, and one only for a pause: however many workers
/// run into it, and however often it is prolonged.
pub(super) async fn tell<C: ConnectionTrait>(
    connection: &C,
    pause: &Pause,
    now: Timestamp,
) -> Result<(), DbErr> {
    let pause_told = match pause.reason {
        WaitReason::LanePaused => "lane_paused".to_owned(),
        WaitReason::Budget => format!("budget {}", Month::of(now)),
        _ => return Ok(()),
    };
    let sql = "UPDATE lanes SET told = $1 WHERE lane = $2 AND (told IS NULL OR told <> $1)";
    let values = [pause_told.into(), pause.lane.key().into()];
    if execute(connection, sql, values).await?.rows_affected() == 0 {
        return Ok(());
    }
    let data = json!({
        "lane": pause.lane.scope(),
        "platform": pause.lane.platform(),
        "reason": pause.reason,
        "paused_until": pause.until,
        "platform_message": pause.detail,
    });
    tell_owners(connection, &pause.lane, EventKind::LanePaused, &data, now).await
}

/// Writes one event for each owner with an account in a lane.
pub(crate) async fn tell_owners<C: ConnectionTrait>(
    connection: &C,
    lane: &Lane,
    kind: EventKind,
    data: &Value,
    now: Timestamp,
) -> Result<(), DbErr> {
    #[derive(sea_orm::FromQueryResult)]
    struct Owner {
        owner_id: UserId,
    }
    let (condition, value) = match lane {
        Lane::Account(id) => ("id = $1", id.as_str().to_owned()),
        Lane::App(platform) => ("platform = $1", platform.to_string()),
    };
    let sql = format!(
        "SELECT DISTINCT owner_id FROM accounts WHERE {condition} AND state <> 'disconnected'"
    );
    let owners: Vec<Owner> = query_all(connection, sql, [value.into()]).await?;
    let account: Option<AccountId> = match lane {
        Lane::Account(id) => Some(id.clone()),
        Lane::App(_) => None,
    };
    let events = owners.into_iter().map(|Owner { owner_id }| NewEvent {
        kind,
        owner_id,
        post_id: None,
        delivery_id: None,
        account_id: account.clone(),
        data: data.clone(),
    });
    append(connection, events.collect(), now).await
}
