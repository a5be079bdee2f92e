//! A token dies: what waits for a new one waits without any call, and goes out once.

use std::time::Duration;

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{DeadToken, Fault, FaultRule, NewAccount, Operation, ThreadsError, When, XError};
use tests::app::simulated;
use tests::{TestApp, both_modes};

use super::{HOUR, on, published_once};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Gives the account a new token at the platform, and connects it again by the API.
async fn connect_again(app: &TestApp, platform: Platform) {
    let token = format!("token-{platform}-{}", uuid::Uuid::now_v7());
    app.simulator
        .add_account(NewAccount::new(simulated(platform), "ann", token.clone()));
    let body = json!({ "platform": platform.as_str(), "access_token": token });
    let connected = app.client.post("/v1/accounts", body).await;
    assert_eq!(connected.status, 201, "{:#}", connected.body);
    assert_eq!(connected.body["state"], "ok");
}

async fn account(app: &TestApp, platform: Platform) -> Value {
    let all = app.client.get("/v1/accounts").await.body;
    let mut accounts = all["data"].as_array().expect("accounts").iter();
    accounts
        .find(|account| account["platform"] == platform.as_str() && account["username"] == "ann")
        .expect("ann")
        .clone()
}

fn calls_of_ann(app: &TestApp, platform: Platform) -> usize {
    let calls = app.simulator.calls();
    calls
        .iter()
        .filter(|call| {
            call.platform == simulated(platform) && call.account.as_deref() != Some("bob")
        })
        .count()
}

both_modes! {
    async fn a_revoked_token_stops_its_account_alone_until_it_is_connected_again(app: &TestApp) {
        for platform in [Platform::Threads, Platform::X] {
            let own = if platform == Platform::Threads { app.threads.clone() } else { app.x.clone() };
            let bob = app.add_account(platform, "bob").await.id;
            assert!(app.simulator.revoke(simulated(platform), "ann"));
            let first = app.client.submit(&format!("first {platform}"), &[own.to_string()]).await;
            app.drain().await;

            let delivery = app.client.delivery(&first, platform.as_str()).await;
            assert_eq!(delivery["status"], "needs_reconnect", "{delivery:#}");
            assert_eq!(delivery["error"]["code"], "needs_reconnect");
            assert!(delivery["error"]["platform"]["http_status"].is_number(), "{delivery:#}");
            assert_eq!(app.client.show(&first).await["status"], "needs_attention");
            let stopped = account(app, platform).await;
            assert_eq!(stopped["state"], "needs_reconnect");
            assert!(stopped["state_reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{stopped:#}");

            let calls = calls_of_ann(app, platform);
            let second = app.client.submit(&format!("second {platform}"), &[own.to_string()]).await;
            let others = app.client.submit(&format!("others {platform}"), &[bob.to_string()]).await;
            let later = app.clock.now() + HOUR;
            let third = app.client.schedule(&format!("third {platform}"), &[own.to_string()], later).await;
            app.drain().await;
            app.settle(2 * DAY).await;
            assert_eq!(calls_of_ann(app, platform), calls, "nothing was tried without a token");
            published_once(app, &others, &format!("others {platform}")).await;
            for post in [&second, &third] {
                let delivery = app.client.delivery(post, platform.as_str()).await;
                assert_eq!(delivery["status"], "needs_reconnect", "{delivery:#}");
                assert!(app.client.attempts(&delivery).await.is_empty());
            }

            connect_again(app, platform).await;
            app.drain().await;
            for (post, written) in [(&first, "first"), (&second, "second"), (&third, "third")] {
                published_once(app, post, &format!("{written} {platform}")).await;
            }
            let told = format!("SELECT count(*) FROM events WHERE kind = 'account.needs_reconnect' AND account_id = '{own}'");
            assert_eq!(app.count(&told).await, 1, "its owner was told once");
        }
    }
}

both_modes! {
    async fn a_token_that_dies_at_any_step_loses_and_doubles_nothing(app: &TestApp) {
        let dead = |platform| match platform {
            Platform::Threads => Fault::ThreadsError { when: When::Before, error: ThreadsError::InvalidToken },
            Platform::X => Fault::XError { when: When::Before, error: XError::Unauthorized },
        };
        let steps = [
            (Platform::Threads, Operation::CreateContainer),
            (Platform::Threads, Operation::ContainerStatus),
            (Platform::Threads, Operation::Publish),
            (Platform::X, Operation::XCreate),
        ];
        for (platform, operation) in steps {
            for away in [Duration::from_secs(60), 2 * DAY] {
                app.simulator.clear_faults();
                app.simulator.add_faults(vec![on(operation, dead(platform)).once()]);
                let written = format!("dead at {operation:?}, away for {away:?}");
                let own = if platform == Platform::Threads { &app.threads } else { &app.x };
                // However late: what lateness does is another matter (`misfire`).
                let body = json!({ "text": written, "accounts": [own], "max_lateness_s": 10 * DAY.as_secs() });
                let post = app.client.post("/v1/posts", body).await.expect(StatusCode::ACCEPTED);
                app.drain().await;
                let delivery = app.client.delivery(&post, platform.as_str()).await;
                assert_eq!(delivery["status"], "needs_reconnect", "{written}: {delivery:#}");
                app.settle(away).await;
                app.clock.advance(away);
                connect_again(app, platform).await;
                app.settle(HOUR).await;
                published_once(app, &post, &written).await;
            }
        }
    }
}

both_modes! {
    async fn a_token_that_dies_while_a_post_is_looked_for_leaves_it_looked_for(app: &TestApp) {
        for (platform, operation) in [(Platform::Threads, Operation::Publish), (Platform::X, Operation::XCreate)] {
            for when in [When::Before, When::After] {
                app.simulator.clear_faults();
                app.simulator.add_faults(vec![FaultRule::new(Fault::Lost { when }).operation(operation).once()]);
                let written = format!("lost {when:?} on {platform}, then revoked");
                let own = if platform == Platform::Threads { &app.threads } else { &app.x };
                let post = app.client.submit(&written, &[own.to_string()]).await;
                app.drain().await;
                assert!(app.simulator.revoke(simulated(platform), "ann"));
                app.settle(HOUR).await;
                let delivery = app.client.delivery(&post, platform.as_str()).await;
                assert_eq!(delivery["status"], "unconfirmed", "{written}: it may be live, whatever the token");
                assert_eq!(account(app, platform).await["state"], "needs_reconnect", "{written}");
                connect_again(app, platform).await;
                app.settle(2 * HOUR).await;
                published_once(app, &post, &written).await;
            }
        }
    }
}

both_modes! {
    async fn a_token_that_dies_under_a_live_post_costs_only_its_address(app: &TestApp) {
        let lost = on(Operation::ReadMedia, Fault::ThreadsError { when: When::Before, error: ThreadsError::InvalidToken });
        app.simulator.add_faults(vec![lost]);
        let post = app.client.submit("live", &[app.threads.to_string()]).await;
        app.settle(HOUR).await;
        let delivery = app.client.delivery(&post, "threads").await;
        assert_eq!(delivery["status"], "published", "{delivery:#}");
        assert_eq!(delivery["remote_id"], app.live_on(Platform::Threads)[0].id);
    }
}

both_modes! {
    async fn both_words_of_threads_for_a_dead_token_mean_the_same(app: &TestApp) {
        for (word, code) in [(DeadToken::InvalidOauth, "190"), (DeadToken::SessionExpired, "190/463")] {
            app.simulator.set_settings(|settings| settings.threads.dead_token = word);
            app.simulator.revoke(simulator::Platform::Threads, "ann");
            let post = app.client.submit(&format!("{word:?}"), &[app.threads.to_string()]).await;
            app.drain().await;
            let delivery = app.client.delivery(&post, "threads").await;
            assert_eq!((&delivery["status"], &delivery["error"]["platform"]["code"]), (&json!("needs_reconnect"), &json!(code)));
            connect_again(app, Platform::Threads).await;
            app.drain().await;
            published_once(app, &post, &format!("{word:?}")).await;
        }
    }
}

both_modes! {
    async fn a_disconnected_account_keeps_what_waits_for_it(app: &TestApp) {
        let post = app.client.schedule("kept", &[app.x.to_string()], app.clock.now() + HOUR).await;
        let gone = app.client.delete(&format!("/v1/accounts/{}", app.x)).await;
        assert_eq!(gone.status, 204);
        app.settle(DAY).await;
        assert_eq!(app.client.delivery(&post, "x").await["status"], "needs_reconnect");
        assert!(app.simulator.calls().is_empty());
        connect_again(app, Platform::X).await;
        app.drain().await;
        published_once(app, &post, "kept").await;
    }
}
