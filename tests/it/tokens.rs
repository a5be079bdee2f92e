//! Tokens that end are renewed: once, by one worker, saved before they are used.

use std::time::Duration;

use entities::rows::account;
use entities::tokens::TokenOf;
use entities::{Platform, tokens};
use reqwest::StatusCode;
use serde_json::Value;
use simulator::{Fault, FaultRule, Operation, When};
use tests::client::id;
use tests::consent::connect;
use tests::{TestApp, app::drain, both_modes};
use worker::token::renew::{Renewal, renew};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

const SIM_X: simulator::Platform = simulator::Platform::X;
const SIM_THREADS: simulator::Platform = simulator::Platform::Threads;

async fn row(app: &TestApp, platform: Platform) -> account::Model {
    let id = match platform {
        Platform::Threads => &app.threads,
        Platform::X => &app.x,
    };
    tokens::account(&app.backend.database, id)
        .await
        .unwrap()
        .unwrap()
}

async fn shown(app: &TestApp, platform: &str) -> Value {
    let list = app.client.get("/v1/accounts").await.expect(StatusCode::OK);
    let all = list["data"].as_array().unwrap();
    all.iter()
        .find(|account| account["platform"] == platform)
        .unwrap()
        .clone()
}

fn calls(app: &TestApp, operation: Operation) -> usize {
    let all = app.simulator.calls();
    all.iter()
        .filter(|call| call.operation == operation)
        .count()
}

async fn events(app: &TestApp, kind: &str) -> i64 {
    app.count(&format!(
        "SELECT count(*) FROM events WHERE kind = '{kind}'"
    ))
    .await
}

/// Fifty posts that fall due at the same moment.
async fn fifty(app: &TestApp) -> Vec<Value> {
    let mut posts = Vec::new();
    for number in 0..50 {
        posts.push(
            app.client
                .submit(&format!("post {number}"), &[app.x.to_string()])
                .await,
        );
    }
    posts
}

async fn statuses(app: &TestApp, posts: &[Value], status: &str) -> usize {
    let mut count = 0;
    for post in posts {
        count += usize::from(app.client.show(post).await["status"] == status);
    }
    count
}

/// Three workers at once, until nothing is due for any of them.
async fn three_workers(app: &TestApp) {
    let others = [
        app.another_worker("second").await,
        app.another_worker("third").await,
    ];
    let rounds = async |worker: &worker::Worker| {
        for _ in 0..20 {
            drain(worker).await;
            app.clock.advance(Duration::from_millis(200));
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(rounds(&app.worker), rounds(&others[0]), rounds(&others[1]));
    app.drain().await;
}

both_modes! {
    async fn fifty_posts_on_an_expired_token_over_three_workers_take_one_refresh(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        // Whoever shows a spent refresh token ends the whole consent.
        app.simulator.set_settings(|settings| settings.x.oauth.replay_ends_consent = true);
        app.clock.advance(3 * HOUR);
        let posts = fifty(app).await;
        three_workers(app).await;
        assert_eq!(statuses(app, &posts, "published").await, 50);
        assert_eq!(app.live_on(Platform::X).len(), 50);
        assert_eq!(calls(app, Operation::XRefresh), 1);
        assert_eq!(app.simulator.refresh_count(SIM_X, "ann"), 1);
        assert_eq!(events(app, "account.needs_reconnect").await, 0);
    }
}

both_modes! {
    async fn while_one_worker_renews_a_token_another_process_leaves_it_alone(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        app.clock.advance(3 * HOUR);
        let slow = Fault::Hold { when: When::Before };
        app.simulator.add_faults(vec![FaultRule::new(slow).operation(Operation::XRefresh).once()]);
        let post = app.client.submit("one at a time", &[app.x.to_string()]).await;
        let worker = app.worker.clone();
        let working = tokio::spawn(async move { drain(&worker).await });
        app.simulator.until_held(1).await;
        let second = app.another_worker("second").await;
        let held = TokenOf::of(&row(app, Platform::X).await);
        let answer = renew(&second, &held).await.unwrap();
        assert!(matches!(answer, Renewal::Busy), "{answer:?}");
        app.simulator.release();
        working.await.unwrap();
        app.settle(MINUTE).await;
        assert_eq!(calls(app, Operation::XRefresh), 1);
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.live_count(Platform::X, "one at a time"), 1);
    }
}

both_modes! {
    async fn a_refresh_whose_answer_is_lost_ends_in_one_clear_word_and_harms_nothing_else(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        let bob = app.add_account(Platform::X, "bob").await.id;
        let lost = Fault::Lost { when: When::After };
        app.simulator.add_faults(vec![FaultRule::new(lost).operation(Operation::XRefresh).once()]);
        app.clock.advance(3 * HOUR);
        let posts = fifty(app).await;
        let others = app.client.submit("of bob", &[bob.to_string()]).await;
        three_workers(app).await;
        app.settle(10 * MINUTE).await;
        assert_eq!(statuses(app, &posts, "needs_attention").await, 50);
        assert_eq!(app.client.show(&others).await["status"], "published");
        assert_eq!(events(app, "account.needs_reconnect").await, 1, "its owner is told once");
        let account = shown(app, "x").await;
        assert_eq!(account["state"], "needs_reconnect");
        let reason = account["state_reason"].as_str().unwrap();
        assert!(reason.contains("answer was lost"), "{reason}");
        assert_eq!(app.simulator.refresh_count(SIM_X, "ann"), 1);
        assert!(calls(app, Operation::XRefresh) <= 3, "nothing is tried in a loop");

        // Connected again, everything goes out once.
        connect(&app.client, "x", "ann").await;
        app.drain().await;
        assert_eq!(statuses(app, &posts, "published").await, 50);
        assert_eq!(app.live_on(Platform::X).len(), 51);
    }
}

both_modes! {
    async fn a_send_is_dated_after_its_token_was_had_so_that_absence_is_not_concluded_too_early(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        app.clock.advance(2 * HOUR - 3 * MINUTE);
        // The renewal takes for ever and fails; the old token still has three minutes.
        let slow = Fault::Hold { when: When::Before };
        app.simulator.add_faults(vec![FaultRule::new(slow).operation(Operation::XRefresh).once()]);
        let lost = Fault::Lost { when: When::After };
        app.simulator.add_faults(vec![FaultRule::new(lost).operation(Operation::XCreate).once()]);
        let began = app.clock.now();
        let post = app.client.submit("dated right", &[app.x.to_string()]).await;
        let worker = app.worker.clone();
        let working = tokio::spawn(async move { drain(&worker).await });
        app.simulator.until_held(1).await;
        app.clock.advance(2 * MINUTE);
        app.simulator.release();
        working.await.unwrap();
        let sent = app.count(&format!(
            "SELECT coalesce(max(sent_at), 0) FROM deliveries WHERE post_id = '{}'", id(&post)
        )).await;
        assert!(sent >= (began + 2 * MINUTE).as_ms(), "{sent}");
        app.settle(HOUR).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.live_count(Platform::X, "dated right"), 1);
    }
}

both_modes! {
    async fn a_platform_that_is_away_disconnects_nobody(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        let away = Fault::Reset { when: When::Before };
        app.simulator.add_faults(vec![FaultRule::new(away).operation(Operation::XRefresh).times(6)]);
        app.clock.advance(3 * HOUR);
        let post = app.client.submit("patience", &[app.x.to_string()]).await;
        app.drain().await;
        let waiting = app.client.delivery(&post, "x").await;
        assert_eq!((&waiting["status"], &waiting["waiting_for"]), (&"queued".into(), &"token".into()), "{waiting:#}");
        app.settle(HOUR).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(events(app, "account.needs_reconnect").await, 0);
        assert_eq!(app.simulator.refresh_count(SIM_X, "ann"), 1);
        assert_eq!(shown(app, "x").await["state"], "ok");
    }
}

both_modes! {
    async fn a_token_that_is_refused_before_its_end_is_renewed_once_and_the_post_goes_out(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        app.clock.advance(10 * MINUTE);
        app.simulator.expire_tokens(SIM_X, "ann");
        let post = app.client.submit("refused first", &[app.x.to_string()]).await;
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        let delivery = app.client.delivery(&post, "x").await;
        assert_eq!(app.client.attempts(&delivery).await, ["create_post retry", "create_post done"]);
        assert_eq!(calls(app, Operation::XRefresh), 1);
        assert_eq!(events(app, "account.needs_reconnect").await, 0);
    }
}

both_modes! {
    async fn a_fresh_token_that_is_refused_is_not_renewed_in_a_loop(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        let refused = Fault::XError { when: When::Before, error: simulator::XError::Unauthorized };
        app.simulator.add_faults(vec![FaultRule::new(refused).operation(Operation::XCreate)]);
        app.clock.advance(10 * MINUTE);
        let post = app.client.submit("never", &[app.x.to_string()]).await;
        app.settle(HOUR).await;
        assert_eq!(app.client.show(&post).await["status"], "needs_attention");
        assert_eq!(calls(app, Operation::XRefresh), 1);
        assert_eq!(events(app, "account.needs_reconnect").await, 1);
    }
}

both_modes! {
    async fn an_access_token_is_renewed_shortly_before_its_end_and_not_earlier(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        app.clock.advance(2 * HOUR - 6 * MINUTE);
        app.client.submit("early", &[app.x.to_string()]).await;
        app.drain().await;
        assert_eq!(calls(app, Operation::XRefresh), 0);
        app.clock.advance(2 * MINUTE);
        app.client.submit("late", &[app.x.to_string()]).await;
        app.drain().await;
        assert_eq!(calls(app, Operation::XRefresh), 1);
        assert_eq!(app.live_on(Platform::X).len(), 2);
    }
}

both_modes! {
    async fn threads_is_renewed_from_the_seventh_day_on_without_any_post(app: &TestApp) {
        connect(&app.client, "threads", "ann").await;
        let first = row(app, Platform::Threads).await;
        app.advance(7 * DAY - HOUR).await;
        assert_eq!(calls(app, Operation::ThreadsRefresh), 0);
        app.advance(2 * HOUR).await;
        assert_eq!(calls(app, Operation::ThreadsRefresh), 1);
        let second = row(app, Platform::Threads).await;
        assert!(second.token_expires_at.unwrap() > first.token_expires_at.unwrap());
        assert_eq!(second.token_epoch, first.token_epoch + 1);
        // For a year it stays alive.
        for _ in 0..52 {
            app.advance(7 * DAY).await;
        }
        assert!(calls(app, Operation::ThreadsRefresh) >= 52);
        let post = app.client.submit("a year later", &[app.threads.to_string()]).await;
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn a_renewal_that_fails_for_a_day_is_told_once_and_one_that_is_refused_needs_the_person(app: &TestApp) {
        connect(&app.client, "threads", "ann").await;
        let away = FaultRule::new(Fault::Reset { when: When::Before }).operation(Operation::ThreadsRefresh);
        app.simulator.add_faults(vec![away]);
        app.advance(7 * DAY + HOUR).await;
        assert_eq!(shown(app, "threads").await["state"], "ok");
        for _ in 0..60 {
            app.advance(HOUR).await;
        }
        let account = shown(app, "threads").await;
        assert_eq!(account["state"], "degraded", "{account:#}");
        assert_eq!(events(app, "account.degraded").await, 1);
        let post = app.client.submit("still works", &[app.threads.to_string()]).await;
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");

        app.simulator.clear_faults();
        for _ in 0..2 {
            app.advance(HOUR).await;
        }
        assert_eq!(shown(app, "threads").await["state"], "ok");

        app.simulator.revoke(SIM_THREADS, "ann");
        app.advance(8 * DAY).await;
        let account = shown(app, "threads").await;
        assert_eq!(account["state"], "needs_reconnect", "{account:#}");
        assert_eq!(events(app, "account.needs_reconnect").await, 1);
    }
}

both_modes! {
    async fn an_answer_without_a_token_never_takes_the_place_of_one(app: &TestApp) {
        connect(&app.client, "x", "ann").await;
        let before = row(app, Platform::X).await;
        for body in [r#"{"token_type":"bearer","access_token":""}"#, "{}"] {
            let empty = Fault::Status {
                when: When::Before,
                status: 200,
                body: simulator::FaultBody::Json(serde_json::from_str(body).unwrap()),
                headers: Default::default(),
            };
            app.simulator.add_faults(vec![FaultRule::new(empty).operation(Operation::XRefresh).once()]);
        }
        app.clock.advance(3 * HOUR);
        let post = app.client.submit("in the end", &[app.x.to_string()]).await;
        app.drain().await;
        let kept = row(app, Platform::X).await;
        assert_eq!((kept.access_token, kept.refresh_token), (before.access_token, before.refresh_token));
        app.settle(10 * MINUTE).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn a_token_that_was_sealed_under_a_former_key_is_sealed_anew_and_opens(app: &TestApp) {
        use entities::vault::{Place, Vault};
        connect(&app.client, "x", "ann").await;
        let (old, new) = (Vault::generate_key(), Vault::generate_key());
        // As if this installation had always had the key `old`.
        let was = Vault::new(&old).unwrap();
        let account = row(app, Platform::X).await;
        let token = app.vault.open(Place::AccessToken(&account.id), account.access_token.as_ref().unwrap()).unwrap();
        let sealed = was.seal(Place::AccessToken(&account.id), &token).unwrap();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        let bytes = match app.backend.database.backend() {
            sea_orm::DbBackend::Postgres => format!("'\\x{hex}'"),
            _ => format!("x'{hex}'"),
        };
        app.execute(&format!("UPDATE accounts SET access_token = {bytes}, refresh_token = NULL, renew_at = NULL WHERE id = '{}'", account.id)).await;

        let vault = Vault::with_former(&new, &[old]).unwrap();
        let resealed = entities::sealing::reseal(&app.backend.database, &vault).await.unwrap();
        assert_eq!((resealed.tokens, resealed.unreadable), (1, 1), "the other account's key is not known");
        let again = entities::sealing::reseal(&app.backend.database, &vault).await.unwrap();
        assert_eq!(again.tokens, 0);
        let account = row(app, Platform::X).await;
        let opened = Vault::new(&new).unwrap().open(Place::AccessToken(&account.id), account.access_token.as_ref().unwrap());
        assert_eq!(secrecy::ExposeSecret::expose_secret(&opened.unwrap()), secrecy::ExposeSecret::expose_secret(&token));
        assert_eq!(id(&shown(app, "x").await), account.id.as_str());
    }
}
