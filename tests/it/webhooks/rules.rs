//! What may be asked for, what is kept, and what is forgotten.

use entities::notifications::Backlog;
use entities::rows::event::EventKind;
use entities::vault::Vault;
use entities::webhooks::NewWebhook;
use secrecy::ExposeSecret;
use tests::dump;

use super::*;

both_modes! {
    async fn everything_wrong_with_a_webhook_is_told_at_once(app: &TestApp) {
        let body = json!({ "url": 7, "events": ["delivery.published", "delivery.lost", 1], "description": "", "owner_id": "me" });
        let refused = app.client.post("/v1/webhooks", body).await;
        refused.problem(422, "invalid_request");
        assert_eq!(refused.violations(), [
            "url wrong_type", "events[2] wrong_type", "events[1] event_unknown", "description invalid_description",
            "owner_id unknown_field",
        ]);
        let reply = app.client.post("/v1/webhooks", json!({ "events": [] })).await;
        assert_eq!(reply.violations(), ["url missing", "events missing"]);
        let hook = make(&app.client, "https://example.com/", json!(null)).await;
        let reply = app.client.patch(&path(&hook, ""), json!({ "url": null, "enabled": null, "events": "all" })).await;
        assert_eq!(reply.violations(), ["events wrong_type", "url wrong_type", "enabled wrong_type"]);
        for wrong in [json!({ "former_valid_for_s": -1 }), json!({ "former_valid_for_s": 604_801 }), json!({ "former_valid_for_s": "1" })] {
            let reply = app.client.post(&path(&hook, "/rotate-secret"), wrong).await;
            assert_eq!(reply.violations().len(), 1);
        }
        for query in ["limit=0", "limit=101", "cursor=next", "page=2"] {
            app.client.get(&path(&hook, &format!("/notifications?{query}"))).await.problem(400, "bad_request");
        }
    }
}

both_modes! {
    async fn a_webhook_is_changed_field_by_field(app: &TestApp) {
        let every: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let body = json!({ "url": "https://example.com/a", "events": every, "description": "CI" });
        let hook = app.client.post("/v1/webhooks", body).await.expect(StatusCode::CREATED);
        assert_eq!(hook["events"].as_array().unwrap().len(), every.len());
        let change = async |body: Value| app.client.patch(&path(&hook, ""), body).await.expect(StatusCode::OK);
        let changed = change(json!({})).await;
        assert_eq!((&changed["url"], &changed["description"]), (&hook["url"], &json!("CI")));
        assert!(changed.get("secret").is_none());
        let changed = change(json!({ "events": null, "description": null })).await;
        assert_eq!((&changed["events"], &changed["description"]), (&json!(null), &json!(null)));
        let changed = change(json!({ "url": "https://example.com/b", "events": ["delivery.failed"] })).await;
        assert_eq!((&changed["url"], &changed["events"]), (&json!("https://example.com/b"), &json!(["delivery.failed"])));
        assert_eq!(shown(&app.client, &hook).await, changed);
        app.client.delete(&path(&hook, "")).await.expect(StatusCode::NO_CONTENT);
        app.client.get(&path(&hook, "")).await.problem(404, "not_found");
    }
}

both_modes! {
    async fn nobody_has_more_than_may_be(app: &TestApp) {
        for number in 0..entities::webhooks::MOST {
            make(&app.client, &format!("https://example.com/{number}"), json!(null)).await;
        }
        let reply = app.client.post("/v1/webhooks", json!({ "url": "https://example.com/more" })).await;
        reply.problem(409, "too_many_webhooks");
        let (_, other) = app.another_owner("user_other").await;
        make(&other, "https://example.com/", json!(null)).await;
    }
}

both_modes! {
    async fn the_log_is_read_page_by_page(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.push(ask_for_test(&app.client, &hook).await);
        }
        asked.reverse();
        let (mut read, mut cursor) = (Vec::new(), String::new());
        for expected in [2, 2, 1] {
            let page = app.client.get(&path(&hook, &format!("/notifications?limit=2{cursor}"))).await.expect(StatusCode::OK);
            let data = page["data"].as_array().unwrap();
            assert_eq!(data.len(), expected);
            read.extend(data.iter().map(|one| text(&one["event_id"]).to_owned()));
            cursor = page["next_cursor"].as_str().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        }
        assert_eq!((read, cursor), (asked, String::new()));
        app.drain().await;
    }
}

both_modes! {
    async fn secrets_are_sealed_and_are_sealed_anew_under_another_key(app: &TestApp) {
        let (old, new) = (Vault::generate_key(), Vault::generate_key());
        let (database, now) = (&app.backend.database, app.clock.now());
        let was = Vault::new(&old).unwrap();
        let wish = NewWebhook { url: "https://example.com/".to_owned(), description: None, kinds: None };
        let made = entities::webhooks::create(database, &was, &app.owner, wish, now).await.unwrap();
        let (row, first) = made.unwrap();
        let rotated = entities::webhooks::rotate(database, &was, &app.owner, &row.id, now + DAY, now).await.unwrap();
        let (_, second) = rotated.unwrap();
        for row in dump::everything(app).await {
            for secret in [&first, &second] {
                assert!(!dump::holds(&row, &secret.expose_secret()[6..]), "{row}");
            }
        }
        let both = Vault::with_former(&new, &[old]).unwrap();
        assert_eq!(entities::sealing::reseal(database, &both).await.unwrap().tokens, 2);
        assert_eq!(entities::sealing::reseal(database, &both).await.unwrap().tokens, 0);
        let row = entities::webhooks::find(database, &app.owner, &row.id).await.unwrap().unwrap();
        let opened = entities::webhooks::signing_secrets(&Vault::new(&new).unwrap(), &row, now).unwrap();
        let opened: Vec<&str> = opened.iter().map(|secret| secret.expose_secret()).collect();
        assert_eq!(opened, [second.expose_secret(), first.expose_secret()]);
    }
}

both_modes! {
    async fn a_secret_that_can_not_be_opened_is_no_fault_of_the_receiver(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        ask_for_test(&app.client, &hook).await;
        let mut stranger = app.worker.clone();
        stranger.vault = Vault::new(&Vault::generate_key()).unwrap();
        assert_eq!(worker::notify::round(&stranger).await.unwrap(), 1);
        assert_eq!(shown(&app.client, &hook).await["failing_since"], json!(null));
        let waiting = log(&app.client, &hook).await.remove(0);
        assert!(text(&waiting["outcome"]).contains("can not be opened"), "{waiting:#}");
        app.settle(MINUTE).await;
        assert_eq!(receiver.got().len(), 1);
    }
}

both_modes! {
    async fn what_waits_can_be_counted(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        let backlog = async || entities::notifications::backlog(&app.backend.database, app.clock.now()).await.unwrap();
        assert_eq!(backlog().await, Backlog::default());
        receiver.answers_next([Reaction::Status(500)]);
        ask_for_test(&app.client, &hook).await;
        app.drain().await;
        assert_eq!(backlog().await, Backlog { due: 0, later: 1, oldest_due_ms: 0 });
        ask_for_test(&app.client, &hook).await;
        app.clock.advance(Duration::from_secs(2));
        assert_eq!(backlog().await, Backlog { due: 1, later: 1, oldest_due_ms: 2_000 });
        app.settle(MINUTE).await;
        assert_eq!(backlog().await, Backlog::default());
    }
}

both_modes! {
    async fn what_waits_for_nobody_is_not_counted_and_no_more_than_ten_thousand(app: &TestApp) {
        let hook = make(&app.client, "https://example.com/", json!(null)).await;
        let backlog = async || entities::notifications::backlog(&app.backend.database, app.clock.now()).await.unwrap();
        note(app, &hook, 10_050, app.clock.now() + MINUTE).await;
        assert_eq!(backlog().await, Backlog { due: 0, later: 10_000, oldest_due_ms: 0 });
        app.clock.advance(HOUR);
        assert_eq!(backlog().await, Backlog { due: 10_000, later: 0, oldest_due_ms: 59 * 60_000 });
        // Whoever was sending this died.
        app.execute(&format!("UPDATE notifications SET lease_until = {}", (app.clock.now() + MINUTE).as_ms())).await;
        app.client.patch(&path(&hook, ""), json!({ "enabled": false })).await.expect(StatusCode::OK);
        app.clock.advance(HOUR);
        assert!(app.count("SELECT count(*) FROM notifications WHERE state = 'waiting'").await > 0);
        assert_eq!(backlog().await, Backlog::default());
    }
}

both_modes! {
    async fn the_log_is_forgotten_after_a_month_and_all_of_it_with_its_owner(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        let rows = async || {
            let mut counts = Vec::new();
            for table in ["webhooks", "notifications", "notification_attempts"] {
                counts.push(app.count(&format!("SELECT count(*) FROM {table}")).await);
            }
            counts
        };
        ask_for_test(&app.client, &hook).await;
        app.drain().await;
        assert_eq!(rows().await, [1, 1, 1]);
        app.clock.advance(30 * DAY);
        ask_for_test(&app.client, &hook).await;
        app.drain().await;
        worker::notify::forget_old(&app.worker, app.clock.now()).await;
        assert_eq!(rows().await, [1, 2, 2], "a month to the day");
        worker::notify::forget_old(&app.worker, app.clock.now() + Duration::from_millis(1)).await;
        assert_eq!(rows().await, [1, 1, 1]);
        let (_, other) = app.another_owner("user_other").await;
        make(&other, &receiver.url, json!(null)).await;
        entities::erasure::erase_user(&app.backend.database, &app.owner, app.clock.now()).await.unwrap();
        assert_eq!(rows().await, [1, 0, 0]);
    }
}
