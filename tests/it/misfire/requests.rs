//! `if_late` and `max_lateness_s` in requests and answers.

use serde_json::{Value, json};
use tests::both_modes;

use super::*;

const TEN_YEARS_S: i64 = 10 * 366 * 86_400;

fn shown(post: &Value) -> (&Value, &Value) {
    (&post["if_late"], &post["max_lateness_s"])
}

both_modes! {
    async fn a_post_shows_what_happens_when_it_is_late(app: &TestApp) {
        for (policy, if_late, max_lateness_s) in [
            (json!({}), "publish", 21_600),
            (json!({ "if_late": null, "max_lateness_s": null }), "publish", 21_600),
            (json!({ "if_late": "ask" }), "ask", 60),
            (json!({ "if_late": "skip" }), "skip", 60),
            (json!({ "if_late": "skip", "max_lateness_s": 0 }), "skip", 0),
            (json!({ "max_lateness_s": TEN_YEARS_S }), "publish", TEN_YEARS_S),
        ] {
            let post = submit(app, &policy.to_string(), &app.both(), &policy).await;
            assert_eq!(shown(&post), (&json!(if_late), &json!(max_lateness_s)));
            assert_eq!(shown(&app.client.show(&post).await), shown(&post));
        }
        app.drain().await;
    }
}

both_modes! {
    async fn a_change_takes_the_policy_field_by_field(app: &TestApp) {
        let at = app.clock.now() + HOUR;
        let post = app.client.schedule("Changed", &app.both(), at).await;
        for (change, if_late, max_lateness_s) in [
            (json!({ "if_late": "ask" }), "ask", 60),
            (json!({ "max_lateness_s": 5 }), "ask", 5),
            (json!({ "if_late": "skip" }), "skip", 5),
            (json!({ "text": "Other words" }), "skip", 5),
            (json!({ "max_lateness_s": null }), "skip", 60),
            (json!({ "if_late": null }), "publish", 21_600),
        ] {
            let changed = app.client.patch(&path(&post), change.clone()).await.expect(StatusCode::OK);
            assert_eq!(shown(&changed), (&json!(if_late), &json!(max_lateness_s)), "{change}");
            assert_eq!(changed["publish_at"], post["publish_at"]);
        }
        app.advance(HOUR).await;
        assert_published(app, &post, "Other words").await;
    }
}

both_modes! {
    async fn all_that_is_wrong_is_told_at_once(app: &TestApp) {
        let post = app.client.schedule("As it was", &app.both(), app.clock.now() + HOUR).await;
        for (policy, expected) in [
            (json!({ "if_late": "later" }), vec!["if_late if_late_unknown"]),
            (json!({ "if_late": 5, "max_lateness_s": "60" }), vec!["if_late wrong_type", "max_lateness_s wrong_type"]),
            (json!({ "if_late": "Ask", "max_lateness_s": -1 }), vec!["if_late if_late_unknown", "max_lateness_s out_of_range"]),
            (json!({ "max_lateness_s": 1.5 }), vec!["max_lateness_s wrong_type"]),
            (json!({ "max_lateness_s": TEN_YEARS_S + 1 }), vec!["max_lateness_s out_of_range"]),
            (json!({ "max_lateness_s": u64::MAX }), vec!["max_lateness_s out_of_range"]),
            (json!({ "max_lateness_s": 1e30 }), vec!["max_lateness_s wrong_type"]),
            (json!({ "max_lateness_s": [], "publish_at": "never" }), vec!["max_lateness_s wrong_type", "publish_at invalid_time"]),
        ] {
            let mut body = json!({ "text": "Wrong", "accounts": app.both() });
            for (name, value) in policy.as_object().expect("an object") {
                body[name] = value.clone();
            }
            for reply in [app.client.post("/v1/posts", body).await, app.client.patch(&path(&post), policy.clone()).await] {
                reply.problem(422, "invalid_request");
                let mut found = reply.violations();
                found.sort();
                assert_eq!(found, expected, "{policy}");
            }
        }
        assert_eq!(app.client.show(&post).await, post);
        assert_eq!(app.count("SELECT count(*) FROM posts").await, 1);
    }
}

both_modes! {
    async fn a_repeat_with_another_policy_is_another_request(app: &TestApp) {
        let with = |more: Value| {
            let mut body = json!({ "text": "Only once", "accounts": app.both() });
            for (name, value) in more.as_object().expect("an object") {
                body[name] = value.clone();
            }
            app.client.submit_with_key(body, "key-1")
        };
        let first = with(json!({ "if_late": "ask", "max_lateness_s": 90 })).await.expect(StatusCode::ACCEPTED);
        for other in [
            json!({}), json!({ "if_late": "ask" }), json!({ "max_lateness_s": 90 }),
            json!({ "if_late": "skip", "max_lateness_s": 90 }), json!({ "if_late": "ask", "max_lateness_s": 91 }),
        ] {
            with(other).await.problem(409, "idempotency_key_reused");
        }
        app.clock.advance(2 * MINUTE);
        app.drain().await;
        let again = with(json!({ "max_lateness_s": 90, "if_late": "ask" })).await;
        assert_eq!((again.header("idempotency-replayed"), id(&again.body)), ("true", id(&first)));
        assert_eq!(again.body["status"], "needs_attention", "as it is now");
        assert_eq!(again.expect(StatusCode::OK), app.client.show(&first).await);
        app.drain().await;
        assert!(app.simulator.calls().is_empty(), "a repeat publishes nothing");
    }
}

both_modes! {
    async fn saying_the_default_is_the_same_request_as_saying_nothing(app: &TestApp) {
        let body = json!({ "text": "Said or not", "accounts": app.both() });
        let first = app.client.submit_with_key(body.clone(), "key-1").await.expect(StatusCode::ACCEPTED);
        for more in [json!("publish"), Value::Null] {
            let mut body = body.clone();
            body["if_late"] = more;
            body["max_lateness_s"] = Value::Null;
            let again = app.client.submit_with_key(body, "key-1").await.expect(StatusCode::OK);
            assert_eq!(id(&again), id(&first));
        }
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}
