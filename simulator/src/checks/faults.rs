//! Each kind of fault, and what of it reaches the client and the world.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Got, Running, got, id};
use crate::{Fault, FaultBody, FaultRule, Operation, When, XError};

/// Creates a post on X under a fault. `Err` when no whole answer came.
pub(super) async fn tweet_under(running: &Running, fault: Fault) -> Result<Got, reqwest::Error> {
    running.fault(Operation::XCreate, fault);
    let sent = running
        .post("/2/tweets")
        .json(&json!({"text": "hi"}))
        .send()
        .await?;
    let status = sent.status().as_u16();
    Ok(Got {
        status,
        body: String::from_utf8_lossy(&sent.bytes().await?).into_owned(),
    })
}

#[tokio::test]
async fn a_lost_answer_leaves_the_post_live_or_not() {
    for (when, live) in [(When::Before, 0), (When::After, 1)] {
        let running = Running::start().await;
        let error = tweet_under(&running, Fault::Lost { when })
            .await
            .expect_err("no answer");
        assert!(error.is_request(), "{error:?}");
        assert_eq!(running.live(), live);
        let call = &running.simulator.calls()[0];
        assert_eq!(
            (call.http_status, call.effect, call.finished),
            (None, live == 1, true)
        );
        assert_eq!(
            call.fault.as_deref(),
            Some(if live == 1 {
                "lost_after"
            } else {
                "lost_before"
            })
        );
    }
}

#[tokio::test]
async fn a_reset_is_felt_as_one_and_not_as_an_orderly_end() {
    for (when, live) in [(When::Before, 0), (When::After, 1)] {
        let running = Running::start().await;
        for (fault, is_reset) in [(Fault::Lost { when }, false), (Fault::Reset { when }, true)] {
            let error = tweet_under(&running, fault).await.expect_err("no answer");
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            let mut kinds = Vec::new();
            while let Some(error) = cause {
                kinds.extend(error.downcast_ref::<std::io::Error>().map(|io| io.kind()));
                cause = error.source();
            }
            let reset = kinds.contains(&std::io::ErrorKind::ConnectionReset);
            assert_eq!(reset, is_reset, "{error:?}");
            assert_eq!(running.live(), live);
            running.simulator.reset();
        }
    }
}

#[tokio::test]
async fn any_status_and_body_can_stand_in_for_the_answer() {
    for (body, expected, kind) in [
        (FaultBody::Empty, "", ""),
        (
            FaultBody::Json(json!({"a": 1})),
            "{\"a\":1}",
            "application/json; charset=utf-8",
        ),
        (
            FaultBody::Html("<h1>no</h1>".to_owned()),
            "<h1>no</h1>",
            "text/html; charset=utf-8",
        ),
    ] {
        for (when, live) in [(When::Before, 0), (When::After, 1)] {
            let running = Running::start().await;
            let headers = BTreeMap::from([("retry-after".to_owned(), "7".to_owned())]);
            let fault = Fault::Status {
                when,
                status: 502,
                body: body.clone(),
                headers,
            };
            running.fault(Operation::XCreate, fault);
            let sent = running
                .post("/2/tweets")
                .json(&json!({"text": "hi"}))
                .send()
                .await
                .expect("an answer");
            assert_eq!(sent.status(), 502);
            assert_eq!(sent.headers()["retry-after"], "7");
            assert_eq!(
                sent.headers()
                    .get("content-type")
                    .map_or("", |kind| kind.to_str().expect("text")),
                kind
            );
            assert_eq!(sent.text().await.expect("a body"), expected);
            assert_eq!(running.live(), live);
        }
    }
}

#[tokio::test]
async fn a_delay_is_felt_on_the_clock_of_the_wall() {
    for when in [When::Before, When::After] {
        let running = Running::start().await;
        let started = Instant::now();
        let created = tweet_under(&running, Fault::Delay { when, ms: 60 })
            .await
            .expect("an answer");
        assert_eq!((created.status, running.live()), (201, 1));
        assert!(started.elapsed() >= Duration::from_millis(60));
    }
}

#[tokio::test]
async fn a_held_call_takes_effect_although_its_client_has_gone() {
    let running = Running::start().await;
    running.fault(Operation::XCreate, Fault::Hold { when: When::Before });
    let call = running
        .post("/2/tweets")
        .json(&json!({"text": "straggler"}))
        .send();
    let client = tokio::spawn(call);
    running.simulator.until_held(1).await;
    client.abort();
    assert!(client.await.expect_err("gone").is_cancelled());
    assert_eq!((running.live(), running.simulator.held()), (0, 1));
    assert_eq!(running.simulator.release(), 1);
    running.simulator.until_idle().await;
    assert_eq!(running.live(), 1);
}

#[tokio::test]
async fn a_call_held_after_its_effect_is_live_and_unanswered() {
    let running = Running::start().await;
    running.fault(Operation::XCreate, Fault::Hold { when: When::After });
    let client = tokio::spawn(
        running
            .post("/2/tweets")
            .json(&json!({"text": "hi"}))
            .send(),
    );
    running.simulator.until_held(1).await;
    assert_eq!(running.live(), 1);
    let call = &running.simulator.calls()[0];
    assert!(call.effect && !call.finished);
    running.simulator.release();
    let answer = client.await.expect("a task").expect("an answer");
    assert_eq!(answer.status(), 201);
}

#[tokio::test]
async fn spoilt_bodies_are_not_read_as_success() {
    for when in [When::Before, When::After] {
        let live = usize::from(when == When::After);
        let running = Running::start().await;
        let garbled = tweet_under(&running, Fault::MalformedJson { when })
            .await
            .expect("bytes");
        assert!(serde_json::from_str::<Value>(&garbled.body).is_err());
        assert_eq!(running.live(), live);

        let running = Running::start().await;
        let error = tweet_under(&running, Fault::TruncatedBody { when })
            .await
            .expect_err("half a body");
        assert!(error.is_body() || error.is_decode(), "{error:?}");
        assert_eq!(running.live(), live);

        let running = Running::start().await;
        let huge = tweet_under(
            &running,
            Fault::HugeBody {
                when,
                bytes: 3_000_000,
            },
        )
        .await
        .expect("bytes");
        assert!(huge.body.len() > 3_000_000 && serde_json::from_str::<Value>(&huge.body).is_err());
        assert_eq!(running.live(), live);
    }
}

#[tokio::test]
async fn a_drip_is_slow_but_whole() {
    let running = Running::start().await;
    let started = Instant::now();
    let fault = Fault::SlowDrip {
        when: When::After,
        bytes: 20,
        every_ms: 10,
    };
    let created = tweet_under(&running, fault).await.expect("an answer");
    assert_eq!(created.status, 201);
    id(&created);
    assert!(started.elapsed() >= Duration::from_millis(20));
}

#[tokio::test]
async fn an_error_can_hide_in_a_success_and_a_redirect_can_point_anywhere() {
    let running = Running::start().await;
    let hidden = tweet_under(
        &running,
        Fault::ErrorInOk {
            when: When::Before,
            body: None,
        },
    )
    .await
    .expect("ok");
    let body: Value = serde_json::from_str(&hidden.body).expect("JSON");
    assert!(hidden.status == 200 && body.get("data").is_none() && body["errors"].is_array());
    running.fault(
        Operation::Me,
        Fault::ErrorInOk {
            when: When::Before,
            body: None,
        },
    );
    assert!(running.json("/me").await["error"]["code"].is_number());

    let location = "http://127.0.0.1:1/elsewhere".to_owned();
    running.fault(
        Operation::XMe,
        Fault::Redirect {
            when: When::Before,
            status: 307,
            location: location.clone(),
        },
    );
    let sent = running.get("/2/users/me").send().await.expect("an answer");
    assert_eq!(
        (
            sent.status().as_u16(),
            sent.headers()["location"].to_str().ok()
        ),
        (307, Some(&*location))
    );
}

#[tokio::test]
async fn a_rule_can_wait_for_one_text_on_one_account() {
    let running = Running::start().await;
    let rule = FaultRule::new(Fault::Lost { when: When::After })
        .operation(Operation::Publish)
        .account("ann")
        .text_contains("this one")
        .skip(1);
    running.simulator.add_faults(vec![rule]);
    for (text, lost) in [
        ("another", false),
        ("this one", false),
        ("this one too", true),
    ] {
        let container = running.container(text).await;
        let form = [("creation_id", container.as_str())];
        let sent = running
            .post("/v1.0/me/threads_publish")
            .form(&form)
            .send()
            .await;
        assert_eq!(sent.is_err(), lost, "{text}");
    }
    assert_eq!(running.live(), 3);
    let report = running.simulator.faults();
    assert_eq!((report[0].matched, report[0].fired), (2, 1));
}

#[tokio::test]
async fn chances_fall_the_same_way_with_the_same_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let running = Running::start().await;
        let rule = FaultRule::new(Fault::XError {
            when: When::Before,
            error: XError::ServiceUnavailable,
        });
        running.simulator.add_faults(vec![rule.probability(0.5)]);
        let mut fates = Vec::new();
        for _ in 0..40 {
            fates.push(got(running.get("/2/users/me")).await.status);
        }
        assert!(fates.contains(&200) && fates.contains(&503));
        runs.push(fates);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_reset_keeps_a_held_call_out_of_the_new_world() {
    let running = Running::start().await;
    running.fault(Operation::XCreate, Fault::Hold { when: When::Before });
    let client = tokio::spawn(
        running
            .post("/2/tweets")
            .json(&json!({"text": "late"}))
            .send(),
    );
    running.simulator.until_held(1).await;
    running.simulator.reset();
    assert!(client.await.expect("a task").is_err());
    assert_eq!(running.live(), 0);
    assert_eq!(running.simulator.calls().len(), 0);
}
