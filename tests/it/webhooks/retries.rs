//! A receiver that does not take what it is sent.

use super::*;

both_modes! {
    async fn it_is_sent_again_until_it_is_taken_always_the_same(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        let busy = Reaction::With(503, "retry-after", "120".to_owned());
        receiver.answers_next([Reaction::Status(500), busy]);
        ask_for_test(&app.client, &hook).await;
        app.drain().await;
        let waiting = log(&app.client, &hook).await.remove(0);
        assert_eq!((&waiting["state"], &waiting["attempts"][0]["http_status"]), (&json!("waiting"), &json!(500)));
        assert!(text(&waiting["outcome"]).contains("500"), "{waiting:#}");
        assert!(shown(&app.client, &hook).await["failing_since"].is_string());
        app.advance(Duration::from_secs(4)).await;
        assert_eq!(receiver.got().len(), 1, "not before about five seconds");
        app.advance(Duration::from_secs(2)).await;
        assert_eq!(receiver.got().len(), 2);
        // By its plan after a minute, but it wants two.
        app.advance(Duration::from_secs(119)).await;
        assert_eq!(receiver.got().len(), 2);
        app.advance(Duration::from_secs(1)).await;
        let got = receiver.got();
        assert_eq!(got.len(), 3);
        assert!(got.iter().all(|one| one.id == got[0].id && one.body == got[0].body));
        assert_ne!(got[0].timestamp, got[2].timestamp);
        assert!(got[2].is_signed_with(text(&hook["secret"]), app.clock.now()));
        let done = log(&app.client, &hook).await.remove(0);
        assert_eq!((&done["state"], done["attempts"].as_array().unwrap().len()), (&json!("done"), 3));
        assert_eq!(shown(&app.client, &hook).await["failing_since"], json!(null));
    }
}

both_modes! {
    async fn who_fails_for_three_days_is_disabled_and_told_about_where_it_can_be(app: &TestApp) {
        let (broken, watcher) = (Receiver::start().await, Receiver::start().await);
        let hook = make(&app.client, &broken.url, json!(["delivery.failed"])).await;
        let watching = make(&app.client, &watcher.url, json!(["webhook.disabled"])).await;
        broken.answers(Reaction::Status(500));
        let began = app.clock.now();
        let first = ask_for_test(&app.client, &hook).await;
        app.settle(2 * DAY).await;
        let second = ask_for_test(&app.client, &hook).await;
        assert_eq!(shown(&app.client, &hook).await["enabled"], true);
        app.settle(2 * DAY).await;

        assert_eq!(app.clock.now().since(began), 3 * DAY, "the last try");
        let disabled = shown(&app.client, &hook).await;
        assert_eq!((&disabled["enabled"], &disabled["disabled"]["why"]), (&json!(false), &json!("failing")));
        assert_eq!(disabled["disabled"]["since"], app.clock.now().to_string());
        let tried = |list: &[Value], event: &str| {
            let one = list.iter().find(|one| one["event_id"] == event).unwrap();
            (text(&one["state"]).to_owned(), one["attempts"].as_array().unwrap().len())
        };
        let logged = log(&app.client, &hook).await;
        let (state, tries) = tried(&logged, &first);
        assert!(state == "failed" && (12..=15).contains(&tries), "{state} {tries}");
        assert_eq!(tried(&logged, &second).0, "held");
        assert_eq!(disabled_events(app).await, 1);
        note_all(app).await;
        app.drain().await;
        let told = watcher.got().pop().unwrap().event();
        assert_eq!((&told["data"]["webhook_id"], &told["data"]["why"]), (&hook["id"], &json!("failing")));
        assert_eq!(shown(&app.client, &watching).await["enabled"], true);

        // Nothing goes there any more, until it is enabled: then what was held goes first.
        let before = broken.got().len();
        app.client.post(&path(&hook, "/test"), json!({})).await.problem(409, "webhook_disabled");
        app.settle(DAY).await;
        assert_eq!(broken.got().len(), before);
        broken.answers(Reaction::Status(204));
        let enabled = app.client.patch(&path(&hook, ""), json!({ "enabled": true })).await.expect(StatusCode::OK);
        assert_eq!((&enabled["disabled"], &enabled["failing_since"]), (&json!(null), &json!(null)));
        app.drain().await;
        assert_eq!(broken.got()[before..].iter().map(|got| got.id.as_str()).collect::<Vec<_>>(), [second.as_str()]);
        // What was given up is not lost either.
        app.client.post(&path(&hook, &format!("/notifications/{first}/redeliver")), json!({})).await.expect(StatusCode::ACCEPTED);
        app.drain().await;
        assert!(log(&app.client, &hook).await.iter().all(|one| one["state"] == "done"));
    }
}

both_modes! {
    async fn a_success_in_between_begins_the_three_days_anew(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        receiver.answers(Reaction::Status(500));
        let lost = ask_for_test(&app.client, &hook).await;
        app.settle(2 * DAY).await;
        receiver.answers_next([Reaction::Status(200)]);
        ask_for_test(&app.client, &hook).await;
        app.settle(2 * DAY).await;
        let logged = log(&app.client, &hook).await;
        let failed = logged.iter().find(|one| one["event_id"] == lost.as_str()).unwrap();
        assert_eq!(failed["state"], "failed");
        assert_eq!(shown(&app.client, &hook).await["enabled"], true);
        assert_eq!(disabled_events(app).await, 0);
    }
}

both_modes! {
    async fn who_is_gone_is_disabled_at_once(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        receiver.answers(Reaction::Status(410));
        let event = ask_for_test(&app.client, &hook).await;
        app.settle(DAY).await;
        assert_eq!(receiver.got().len(), 1);
        let disabled = shown(&app.client, &hook).await;
        assert_eq!(disabled["disabled"]["why"], "gone");
        assert!(!text(&disabled["disabled"]["action"]).is_empty());
        assert_eq!(disabled_events(app).await, 1);
        let again = path(&hook, &format!("/notifications/{event}/redeliver"));
        app.client.post(&again, json!({})).await.problem(409, "webhook_disabled");
        // Nothing is noted for it meanwhile.
        app.client.submit("Not told", &[app.x.to_string()]).await;
        app.drain().await;
        assert_eq!(note_all(app).await, 0);
    }
}

both_modes! {
    async fn what_waits_for_one_that_its_owner_switches_off_is_held(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        ask_for_test(&app.client, &hook).await;
        let off = app.client.patch(&path(&hook, ""), json!({ "enabled": false })).await.expect(StatusCode::OK);
        assert_eq!(off["disabled"]["why"], "by_owner");
        app.settle(HOUR).await;
        assert_eq!((receiver.got().len(), disabled_events(app).await), (0, 0));
        assert_eq!(log(&app.client, &hook).await[0]["state"], "held");
        app.client.patch(&path(&hook, ""), json!({ "enabled": true })).await.expect(StatusCode::OK);
        app.drain().await;
        assert_eq!(receiver.got().len(), 1);
    }
}

both_modes! {
    async fn a_single_failure_disables_nobody_however_long_the_last_success_is_ago(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        receiver.answers(Reaction::Status(500));
        let lost = ask_for_test(&app.client, &hook).await;
        app.settle(HOUR).await;
        app.clock.advance(Duration::from_secs(1));
        receiver.answers_next([Reaction::Status(200)]);
        ask_for_test(&app.client, &hook).await;
        app.settle(3 * DAY).await;
        let given_up = log(&app.client, &hook).await.pop().unwrap();
        assert_eq!((&given_up["event_id"], &given_up["state"]), (&json!(lost), &json!("failed")));
        let kept = shown(&app.client, &hook).await;
        assert_eq!(kept["enabled"], true, "there was a success in between");
        assert!(kept["failing_since"].is_string());

        // A quiet week, and then one failure.
        app.clock.advance(7 * DAY);
        receiver.answers(Reaction::Status(200));
        receiver.answers_next([Reaction::Status(503)]);
        let one = ask_for_test(&app.client, &hook).await;
        app.drain().await;
        assert_eq!(shown(&app.client, &hook).await["enabled"], true, "it had one try");
        app.settle(HOUR).await;
        let taken = log(&app.client, &hook).await.remove(0);
        assert_eq!((&taken["event_id"], &taken["state"]), (&json!(one), &json!("done")));
        assert_eq!(shown(&app.client, &hook).await["failing_since"], json!(null));
    }
}

both_modes! {
    async fn an_event_that_is_kept_no_more_is_no_fault_of_the_receiver(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        let event = ask_for_test(&app.client, &hook).await;
        app.execute(&format!("DELETE FROM events WHERE id = '{event}'")).await;
        app.drain().await;
        let failed = log(&app.client, &hook).await.remove(0);
        assert_eq!(failed["state"], "failed", "{failed:#}");
        assert_eq!(receiver.got().len(), 0);
        assert_eq!(shown(&app.client, &hook).await["failing_since"], json!(null));
    }
}
