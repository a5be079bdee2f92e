//! The life of X's tokens: x.md 10, items 5 to 9.

use super::connecting::{Pair, json};
use super::x_oauth::refused;
use super::{Got, Running, answered, got};
use crate::{Platform, TokenKind};

const DAY_MS: i64 = 86_400_000;

fn invalid_token() -> Got {
    let description = "Value passed for the token was invalid.";
    refused(400, "invalid_request", description)
}

#[tokio::test]
async fn a_refresh_rotates_both_and_the_old_access_token_lives_to_its_end() {
    let running = Running::agreeing().await;
    let first = running.x_pair().await;
    running.advance(7_199_000);
    let second = Pair::of(&running.x_refresh(&first.refresh).await);
    assert_ne!(first.access, second.access);
    assert_ne!(first.refresh, second.refresh);
    assert_eq!(running.x_me(&first.access).await.status, 200);
    running.advance(1_000);
    assert_eq!(running.x_me(&first.access).await.status, 401);
    assert_eq!(running.x_me(&second.access).await.status, 200);
    assert_eq!(running.x_refresh(&first.refresh).await, invalid_token());
    let third = Pair::of(&running.x_refresh(&second.refresh).await);
    assert_eq!(running.x_me(&third.access).await.status, 200);
    assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), 2);
}

#[tokio::test]
async fn a_refresh_can_end_the_old_access_token() {
    let running = Running::agreeing().await;
    running
        .simulator
        .set_settings(|settings| settings.x.oauth.refresh_ends_access_token = true);
    let first = running.x_pair().await;
    let second = Pair::of(&running.x_refresh(&first.refresh).await);
    assert_eq!(running.x_me(&first.access).await.status, 401);
    assert_eq!(running.x_me(&second.access).await.status, 200);
}

#[tokio::test]
async fn a_replay_can_end_the_whole_consent_and_no_other() {
    let running = Running::agreeing().await;
    running
        .simulator
        .set_settings(|settings| settings.x.oauth.replay_ends_consent = true);
    let (first, other) = (running.x_pair().await, running.x_pair().await);
    let second = Pair::of(&running.x_refresh(&first.refresh).await);
    assert_eq!(running.x_refresh(&first.refresh).await, invalid_token());
    assert_eq!(running.x_me(&second.access).await.status, 401);
    assert_eq!(running.x_refresh(&second.refresh).await, invalid_token());
    assert_eq!(running.x_me(&other.access).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_refreshes_at_once_exactly_one_is_answered() {
    let running = Running::agreeing().await;
    let pair = running.x_pair().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        calls.spawn(got(running.x_refreshing(&pair.refresh)));
    }
    let all = calls.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 9));
    assert!(lost.iter().all(|one| *one == invalid_token()));
    assert_eq!(running.simulator.refresh_count(Platform::X, "ann"), 1);
}

#[tokio::test]
async fn a_refresh_token_lives_for_half_a_year() {
    let running = Running::agreeing().await;
    let pair = running.x_pair().await;
    running.advance(183 * DAY_MS - 1);
    let next = Pair::of(&running.x_refresh(&pair.refresh).await);
    running.advance(183 * DAY_MS);
    assert_eq!(running.x_refresh(&next.refresh).await, invalid_token());
}

#[tokio::test]
async fn a_revoked_consent_opens_nothing_and_cannot_be_refreshed() {
    let running = Running::agreeing().await;
    for by_access in [true, false] {
        let pair = running.x_pair().await;
        let token = if by_access {
            &pair.access
        } else {
            &pair.refresh
        };
        let form = [("token", token.as_str())];
        let revoked = got(running.x_call("/2/oauth2/revoke", &form)).await;
        assert_eq!(revoked, answered(200, "{\"revoked\":true}"));
        assert_eq!(running.x_me(&pair.access).await.status, 401);
        assert_eq!(running.x_refresh(&pair.refresh).await, invalid_token());
        // Again, and without a token.
        let again = got(running.x_call("/2/oauth2/revoke", &form)).await;
        assert_eq!(again.status, 200);
        let none = got(running.x_call("/2/oauth2/revoke", &[])).await;
        assert!(none.body.contains("[token]"), "{none:?}");
        assert_eq!(
            running.x_me("x-token").await.status,
            200,
            "not of this consent"
        );
    }
}

#[tokio::test]
async fn a_disconnect_in_the_settings_ends_everything() {
    let running = Running::agreeing().await;
    let pair = running.x_pair().await;
    let code = running.x_code(&[]).await;
    assert!(running.simulator.revoke(Platform::X, "ann"));
    for token in [&pair.access, "x-token"] {
        let unauthorized = running.x_me(token).await;
        assert_eq!(unauthorized.status, 401);
        assert_eq!(json(&unauthorized)["title"], "Unauthorized");
    }
    assert_eq!(running.x_refresh(&pair.refresh).await, invalid_token());
    assert_eq!(running.x_exchange(&code, &[]).await.status, 400);
    // Who agrees again is connected again.
    let new = running.x_pair().await;
    assert_eq!(running.x_me(&new.access).await.status, 200);
}

#[tokio::test]
async fn expired_access_tokens_leave_the_refresh_token_alive() {
    let running = Running::agreeing().await;
    let pair = running.x_pair().await;
    assert!(running.simulator.expire_tokens(Platform::X, "ann"));
    assert!(!running.simulator.expire_tokens(Platform::X, "nobody"));
    for token in [&pair.access, "x-token"] {
        assert_eq!(running.x_me(token).await.status, 401);
    }
    let new = Pair::of(&running.x_refresh(&pair.refresh).await);
    assert_eq!(running.x_me(&new.access).await.status, 200);
    let expire = serde_json::json!({"platform": "x", "username": "ann"});
    let expired = got(running.post("/_sim/expire").json(&expire)).await;
    assert_eq!(expired.status, 200);
    assert_eq!(running.x_me(&new.access).await.status, 401);
    let tokens = running.simulator.tokens(Platform::X, "ann");
    let kinds: Vec<_> = tokens.iter().map(|token| token.kind).collect();
    let (access, refresh) = (TokenKind::Access, TokenKind::Refresh);
    assert_eq!(kinds, [TokenKind::Static, access, refresh, access, refresh]);
    let spent: Vec<_> = tokens.iter().map(|token| token.spent).collect();
    assert_eq!(spent, [false, false, true, false, false]);
}
