//! Meta's callbacks: a person removed the app, or wants their data deleted.

use std::time::Duration;

use entities::Platform;
use reqwest::{Method, StatusCode};
use tests::client::{Reply, text};
use tests::consent::connect;
use tests::{TestApp, both_modes};

async fn call(app: &TestApp, path: &str, signed_request: &str) -> Reply {
    let form = format!("signed_request={signed_request}");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let anyone = app.client.with_key("");
    anyone
        .send(Method::POST, path, &kind, Some(form.into_bytes()))
        .await
}

both_modes! {
    async fn a_person_who_removed_the_app_is_asked_to_connect_again(app: &TestApp) {
        connect(&app.client, "threads", "ann").await;
        let signed = app.simulator.signed_request("ann").unwrap();
        let post = app.client.schedule("kept", &[app.threads.to_string()], app.clock.now() + Duration::from_secs(60)).await;
        for _ in 0..2 {
            assert_eq!(call(app, "/webhooks/threads/deauthorize", &signed).await.status, StatusCode::OK);
        }
        app.advance(Duration::from_secs(60)).await;
        let delivery = app.client.delivery(&post, "threads").await;
        assert_eq!(delivery["status"], "needs_reconnect", "{delivery:#}");
        assert!(text(&delivery["error"]["message"]).contains("removed this app"), "{delivery:#}");
        assert_eq!(app.count("SELECT count(*) FROM events WHERE kind = 'account.needs_reconnect'").await, 1);
        connect(&app.client, "threads", "ann").await;
        app.drain().await;
        assert_eq!(app.live_count(Platform::Threads, "kept"), 1);
    }
}

both_modes! {
    async fn a_person_who_wants_their_data_deleted_gets_a_page_that_says_so(app: &TestApp) {
        let account = connect(&app.client, "threads", "ann").await;
        let remote = text(&account["remote_user_id"]).to_owned();
        let signed = app.simulator.signed_request("ann").unwrap();
        let later = app.clock.now() + Duration::from_secs(60);
        let post = app.client.schedule("never", &[app.threads.to_string()], later).await;
        let answer = call(app, "/webhooks/threads/delete", &signed).await.expect(StatusCode::OK);
        let (url, code) = (text(&answer["url"]), text(&answer["confirmation_code"]));
        assert_eq!(url, format!("{}/deletions/{code}", app.page_url()));
        let page = app.client.with_key("").get(&format!("/deletions/{code}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(text(&page.body).contains("were deleted here"), "{}", page.body);
        let nothing = app.client.with_key("").get("/deletions/another").await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);

        let delivery = app.client.delivery(&post, "threads").await;
        assert_eq!((&delivery["status"], &delivery["error"]["code"]), (&"canceled".into(), &"account_deleted".into()), "{delivery:#}");
        app.advance(Duration::from_secs(120)).await;
        assert_eq!(app.live_count(Platform::Threads, "never"), 0);
        let rows = tests::dump::table_rows(app, "accounts").await;
        assert!(!rows.iter().any(|row| row.contains(&remote)), "{rows:#?}");
        let list = app.client.get("/v1/accounts").await.expect(StatusCode::OK);
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        // The profile can come back, as somebody new.
        let again = connect(&app.client, "threads", "ann").await;
        assert_ne!(again["id"], account["id"]);
    }
}

both_modes! {
    async fn a_callback_that_comes_late_does_nothing_to_a_new_consent(app: &TestApp) {
        connect(&app.client, "threads", "ann").await;
        let signed = app.simulator.signed_request("ann").unwrap();
        app.clock.advance(Duration::from_secs(60));
        let again = connect(&app.client, "threads", "ann").await;
        assert_eq!(call(app, "/webhooks/threads/deauthorize", &signed).await.status, StatusCode::OK);
        assert_eq!(call(app, "/webhooks/threads/delete", &signed).await.status, StatusCode::OK);
        let list = app.client.get("/v1/accounts").await.expect(StatusCode::OK);
        let kept = list["data"].as_array().unwrap().iter().find(|one| one["id"] == again["id"]).unwrap().clone();
        assert_eq!(kept["state"], "ok");
    }
}

both_modes! {
    async fn what_meta_has_not_signed_does_nothing(app: &TestApp) {
        let account = connect(&app.client, "threads", "ann").await;
        let good = app.simulator.signed_request("ann").unwrap();
        let (signature, payload) = good.split_once('.').unwrap();
        let wrong = [
            String::new(), ".".into(), payload.into(), signature.into(), format!("{payload}.{signature}"),
            format!("AAAA.{payload}"), format!("{signature}.AAAA"), format!(".{payload}"), "a.b.c".into(), good.to_uppercase(),
        ];
        for path in ["/webhooks/threads/deauthorize", "/webhooks/threads/delete"] {
            for forged in &wrong {
                call(app, path, forged).await.problem(401, "bad_signature");
            }
            let anyone = app.client.with_key("");
            anyone.send(Method::POST, path, &[], Some(b"x=1".to_vec())).await.problem(400, "bad_request");
        }
        let list = app.client.get("/v1/accounts").await.expect(StatusCode::OK);
        let kept = list["data"].as_array().unwrap().iter().find(|one| one["id"] == account["id"]).unwrap().clone();
        assert_eq!(kept["state"], "ok");
        assert_eq!(app.count("SELECT count(*) FROM deletions").await, 0);
    }
}
