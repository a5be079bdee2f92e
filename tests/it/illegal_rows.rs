//! What the schema itself refuses, whoever writes it, in the same way on both databases.

use sea_orm::ConnectionTrait;
use tests::both_modes;

/// Changes that make a queued delivery illegal, one for each rule.
const ILLEGAL: &[&str] = &[
    "platform = 'myspace'",
    "status = 'lost'",
    "checkpoint = 'nowhere'",
    "part_index = -1",
    "claimed_by = 'worker'",
    "lease_until = 1",
    "status = 'publishing'",
    "claimed_by = 'worker', lease_until = 1",
    "status = 'unconfirmed'",
    "checkpoint = 'sent', sent_at = 1",
    "status = 'canceled', checkpoint = 'sent'",
    "next_at = NULL",
    "status = 'published'",
    "status = 'failed'",
    "status = 'needs_reconnect'",
    "status = 'missed'",
    "checkpoint = 'preparing'",
    "checkpoint = 'ready'",
    "checkpoint = 'live'",
    "container_id = 'c'",
    "container_made_at = 1",
    "container_refused_at = 1",
];

/// Changes that leave it legal, so that a refusal above is not for another reason.
const LEGAL: &[&str] = &[
    "status = 'canceled', next_at = NULL",
    "status = 'failed', error = '{}'",
    "status = 'published', published_at = 1, error = NULL",
    "status = 'publishing', claimed_by = 'worker', lease_until = 1, checkpoint = 'sent', sent_at = 1",
    "status = 'unconfirmed', claimed_by = NULL, lease_until = NULL, next_at = 1",
    "checkpoint = 'ready', status = 'processing', container_id = 'c', container_made_at = 1",
    "container_refused_at = 1",
    "checkpoint = 'live', remote_id = '1'",
];

both_modes! {
    async fn the_schema_refuses_each_illegal_row_by_itself(app: &TestApp) {
        app.client.submit("Made illegal", &[app.x.to_string()]).await;
        let database = app.backend.database.writer();
        let change = async |set: &str| {
            database.execute_unprepared(&format!("UPDATE deliveries SET {set}")).await
        };
        for set in ILLEGAL {
            let refused = change(set).await.expect_err(set);
            assert!(refused.to_string().to_lowercase().contains("check constraint"), "{set}: {refused}");
        }
        for set in LEGAL {
            change(set).await.expect(set);
        }
        change("status = 'canceled'").await.expect("an end");
    }
}
