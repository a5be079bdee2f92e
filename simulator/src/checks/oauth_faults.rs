//! Faults at the calls around tokens, and what is told of tokens.

use std::time::Duration;

use serde_json::json;

use super::connecting::{Pair, threads_window, x_window};
use super::{Running, behaviours, got};
use crate::{
    Effect, Fault, FaultBody, FaultRule, NewAccount, Operation, Platform, THREADS_APP_SECRET, When,
    X_CLIENT_ID, X_CLIENT_SECRET,
};

fn lost(when: When) -> Fault {
    Fault::Lost { when }
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_has_spent_the_token() {
    let running = Running::agreeing().await;
    let pair = running.x_pair().await;
    running.fault(Operation::XRefresh, lost(When::Before));
    let none = running.x_refreshing(&pair.refresh).send().await;
    none.expect_err("no answer");
    assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), 0);
    running.fault(Operation::XRefresh, lost(When::After));
    let none = running.x_refreshing(&pair.refresh).send().await;
    none.expect_err("no answer");
    assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), 1);
    assert_eq!(running.x_refresh(&pair.refresh).await.status, 400);
}

#[tokio::test]
async fn statuses_strike_before_and_after_the_effect() {
    let running = Running::agreeing().await;
    for (when, count) in [(When::Before, 0), (When::After, 1)] {
        running.simulator.reset();
        let pair = running.x_pair().await;
        for status in [429, 503] {
            let (body, headers) = (FaultBody::Empty, Default::default());
            let fault = Fault::Status {
                when,
                status,
                body,
                headers,
            };
            running.fault(Operation::XRefresh, fault);
        }
        assert_eq!(running.x_refresh(&pair.refresh).await.status, 429);
        assert_eq!(running.x_refresh(&pair.refresh).await.status, 503);
        assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), count);
    }
}

#[tokio::test]
async fn a_refresh_that_takes_longer_than_its_client_waits_is_done_all_the_same() {
    let running = Running::agreeing().await;
    let pair = running.x_pair().await;
    running.fault(Operation::XRefresh, Fault::Hold { when: When::Before });
    let call = running.x_refreshing(&pair.refresh);
    let sent = call.timeout(Duration::from_millis(200)).send().await;
    sent.expect_err("a time-out");
    running.simulator.release();
    running.simulator.until_idle().await;
    assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), 1);
}

#[tokio::test]
async fn a_rule_can_be_meant_for_one_account() {
    let running = Running::agreeing().await;
    let bob = NewAccount::new(Platform::X, "bob", "bob-token");
    running.simulator.add_account(bob);
    let anns = running.x_pair().await;
    running
        .simulator
        .set_settings(|settings| settings.x.oauth.signed_in = Some("bob".to_owned()));
    let bobs = running.x_pair().await;
    let rule = FaultRule::new(lost(When::Before)).operation(Operation::XRefresh);
    running.simulator.add_faults(vec![rule.account("bob")]);
    assert_eq!(running.x_refresh(&anns.refresh).await.status, 200);
    let none = running.x_refreshing(&bobs.refresh).send().await;
    none.expect_err("no answer");
}

/// Every call once, each with what is never to be told.
async fn call_everything(running: &Running) -> Vec<String> {
    let mut secrets = vec![THREADS_APP_SECRET.to_owned(), X_CLIENT_SECRET.to_owned()];
    let code = running.threads_code().await;
    let short = running.threads_exchange(&code, &[]).await;
    let short = super::connecting::access_token(&short);
    let long = running.lengthened(&short, &[]).await;
    let long = super::connecting::access_token(&long);
    running.advance(90_000_000);
    running.refreshed(&long).await;
    let app = [("grant_type", "client_credentials")];
    running.threads_exchange("", &app).await;
    let path = format!("/debug_token?access_token={long}&input_token={long}");
    got(running.browse(&path)).await;
    secrets.extend([code, short, long]);
    let code = running.x_code(&[]).await;
    let pair = Pair::of(&running.x_exchange(&code, &[]).await);
    let next = Pair::of(&running.x_refresh(&pair.refresh).await);
    let form = [("token", next.refresh.as_str())];
    got(running.x_call("/2/oauth2/revoke", &form)).await;
    secrets.extend([code, pair.access, pair.refresh, next.access, next.refresh]);
    secrets
}

const CALLS: [Operation; 10] = [
    Operation::ThreadsAuthorize,
    Operation::ThreadsCodeExchange,
    Operation::ThreadsLongLived,
    Operation::ThreadsRefresh,
    Operation::ThreadsAppToken,
    Operation::ThreadsDebugToken,
    Operation::XAuthorize,
    Operation::XCodeExchange,
    Operation::XRefresh,
    Operation::XRevoke,
];

#[tokio::test]
async fn every_call_is_logged_under_its_name_and_without_a_secret() {
    let running = Running::agreeing().await;
    let secrets = call_everything(&running).await;
    let calls = running.simulator.calls();
    let found: Vec<_> = calls.iter().map(|call| call.operation).collect();
    assert_eq!(found, CALLS);
    for call in &calls {
        let known = !matches!(
            call.operation,
            Operation::ThreadsAuthorize | Operation::XAuthorize | Operation::ThreadsAppToken
        );
        assert_eq!(call.account.is_some(), known, "{:?}", call.operation);
        assert!(!call.effect, "nothing is live by it");
    }
    let debugged = format!("{:?}", running.simulator.settings());
    let told = [
        running.read("/_sim/calls").await.body,
        running.read("/_sim/tokens").await.body,
        debugged,
    ];
    for told in told {
        for secret in &secrets {
            assert!(!told.contains(secret.as_str()), "{secret} in {told}");
        }
    }
}

#[tokio::test]
async fn every_call_meets_every_behaviour_of_its_platform() {
    for platform in [Platform::Threads, Platform::X] {
        let all = crate::behaviours(platform);
        let after = all.iter().find(|one| one.name == "lost_after");
        let after = after.expect("a behaviour");
        for operation in CALLS {
            let count = after.rules(operation).len();
            let is_own = operation.platform() == Some(platform);
            assert_eq!(count, usize::from(is_own), "{operation:?}");
        }
    }
}

#[tokio::test]
async fn what_is_struck_at_a_refresh_has_taken_effect_or_not_as_the_behaviour_says() {
    let running = Running::agreeing().await;
    running.advance(90_000_000);
    let mut struck = 0;
    for behaviour in behaviours::all() {
        let platform = behaviour.platform;
        let refresh = match platform {
            Platform::Threads => Operation::ThreadsRefresh,
            Platform::X => Operation::XRefresh,
        };
        let rules = behaviour.rules(refresh);
        if rules.is_empty() {
            continue;
        }
        running.simulator.reset();
        let request = match platform {
            Platform::Threads => running.refreshing("threads-token"),
            Platform::X => running.x_refreshing(&running.x_pair().await.refresh),
        };
        let rules = rules.into_iter().map(behaviours::quick);
        running.simulator.add_faults(rules.collect());
        behaviours::sent(&running, request).await;
        let expected = u32::from(behaviour.effect == Effect::Done);
        let count = running.simulator.refresh_count(platform, "ann");
        assert_eq!(count, expected, "{platform:?} {}", behaviour.name);
        struck += 1;
    }
    assert!(struck > 120, "only {struck}");
}

#[tokio::test]
async fn the_pages_can_fail_too() {
    let running = Running::agreeing().await;
    for (operation, window) in [
        (Operation::ThreadsAuthorize, threads_window(&[])),
        (Operation::XAuthorize, x_window(&[])),
    ] {
        running.fault(operation, lost(When::After));
        let none = running.browse(&window).send().await;
        none.expect_err("no answer");
        running.sent_to(running.browse(&window)).await;
    }
}

#[tokio::test]
async fn tokens_are_shown_by_account() {
    let running = Running::agreeing().await;
    running.x_pair().await;
    let shown = running.json("/_sim/tokens?platform=x&account=ann").await;
    let start = super::START_MS;
    let token = |kind: &str, expires: Option<i64>, app: Option<&str>, scopes: &[&str]| {
        json!({"kind": kind, "issued_at_ms": start, "expires_at_ms": expires.map(|ms| start + ms),
               "revoked": false, "spent": false, "app": app, "scopes": scopes})
    };
    let scopes: Vec<&str> = super::connecting::X_SCOPES.split(' ').collect();
    let app = Some(X_CLIENT_ID);
    let expected = json!([{"platform": "x", "username": "ann", "refreshes": 0, "tokens": [
        token("static", None, None, &[]),
        token("access", Some(7_200_000), app, &scopes),
        token("refresh", Some(183 * 86_400_000), app, &scopes),
    ]}]);
    assert_eq!(shown, expected);
    assert_eq!(running.json("/_sim/tokens?account=eve").await, json!([]));
    running.simulator.revoke(Platform::X, "ann");
    let tokens = running.simulator.tokens(Platform::X, "ann");
    assert!(tokens.iter().all(|token| token.revoked));
    running.simulator.reset();
    let tokens = running.simulator.tokens(Platform::X, "ann");
    assert!(tokens.iter().all(|token| !token.revoked));
}

#[tokio::test]
async fn a_request_is_signed_as_threads_signs_it() {
    let running = Running::start().await;
    let ask = async |platform: &str, username: &str| {
        let body = json!({"platform": platform, "username": username});
        got(running.post("/_sim/signed_request").json(&body)).await
    };
    let signed = super::connecting::json(&ask("threads", "ann").await);
    let signed = signed["signed_request"].as_str().map(str::to_owned);
    assert_eq!(signed, running.simulator.signed_request("ann"));
    assert_eq!(signed.map(|text| text.split('.').count()), Some(2));
    assert_eq!(ask("threads", "nobody").await.status, 404);
    assert_eq!(ask("x", "ann").await.status, 400);
}
