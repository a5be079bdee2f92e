//! Enough calls at once to show that nothing waits for a lock.

use serde_json::json;

use super::Running;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_once_are_all_answered_and_all_counted() {
    let running = Running::start().await;
    running
        .simulator
        .set_settings(|settings| settings.x.rate_limits = false);
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..400 {
        let call = running
            .post("/2/tweets")
            .json(&json!({"text": format!("post {n}")}))
            .send();
        calls.spawn(async move { call.await.expect("an answer").status().as_u16() });
    }
    let statuses = calls.join_all().await;
    assert!(statuses.iter().all(|status| *status == 201));
    assert_eq!(running.live(), 400);
    assert_eq!(
        running
            .simulator
            .calls()
            .iter()
            .filter(|call| call.effect)
            .count(),
        400
    );
    assert!(running.simulator.duplicates().is_empty());
}
