//! Fair and calm: no account waits for another's backlog, and what does not fit into a platform's
//! limits is not taken up again and again.

mod beyond;
mod calm;

use std::collections::HashMap;
use std::time::Duration;

use entities::{AccountId, Platform};
use serde_json::json;
use simulator::Operation;
use tests::{TestApp, both_modes};

const MINUTE: Duration = Duration::from_secs(60);
/// How many other accounts there are beside the one with the backlog.
const OTHERS: usize = 29;

/// So many accounts on both platforms by turns, `other-0`, `other-1`, ...
async fn others(app: &TestApp) -> Vec<AccountId> {
    let mut accounts = Vec::new();
    for number in 0..OTHERS {
        let platform = Platform::ALL[number % 2];
        let name = format!("other-{number}");
        accounts.push(app.add_account(platform, &name).await.id);
    }
    accounts
}

async fn nobody_was_refused(app: &TestApp) {
    let calls = app.simulator.calls();
    let refused = calls.iter().filter(|call| call.http_status == Some(429));
    assert_eq!(refused.count(), 0);
    assert!(app.simulator.duplicates().is_empty());
}

/// Before anybody's n-th post goes out, the account `ann` has had `n` turns at most.
fn all_had_their_turn(app: &TestApp, posts: usize) {
    let calls = app.simulator.calls();
    let visible = |operation| matches!(operation, Operation::XCreate | Operation::Publish);
    let order: Vec<&str> = calls
        .iter()
        .filter(|call| visible(call.operation))
        .map(|call| call.account.as_deref().expect("an account"))
        .collect();
    assert_eq!(order.len(), posts);
    let mut turns: HashMap<&str, usize> = HashMap::new();
    for (place, account) in order.iter().enumerate() {
        let mine = turns.entry(account).or_default();
        *mine += 1;
        let (mine, of_ann) = (*mine, turns.get("ann").copied().unwrap_or_default());
        assert!(
            *account == "ann" || of_ann <= mine,
            "call {place} is post {mine} of {account}, after {of_ann} of ann"
        );
    }
}

both_modes! {
    async fn an_old_backlog_of_one_account_delays_no_other(app: &TestApp) {
        let (backlog, minute) = (app.clock.now() + MINUTE, app.clock.now() + 30 * MINUTE);
        for number in 0..200 {
            app.client.schedule(&format!("ann {number}"), &[app.threads.to_string()], backlog).await;
        }
        let others = others(app).await;
        for number in 0..100 {
            // The first of them has more to say than the rest.
            let account = &others[if number < 20 { 0 } else { number % OTHERS }];
            app.client.schedule(&format!("post {number}"), &[account.to_string()], minute).await;
        }
        app.advance(30 * MINUTE).await;
        all_had_their_turn(app, 300);
        nobody_was_refused(app).await;
        assert_eq!(app.simulator.live_posts().len(), 300);
    }
}

both_modes! {
    async fn a_burst_of_submits_of_one_account_delays_no_later_submit_of_another(app: &TestApp) {
        let others = others(app).await;
        for number in 0..200 {
            app.client.submit(&format!("ann {number}"), &[app.threads.to_string()]).await;
        }
        app.clock.advance(Duration::from_secs(1));
        for (number, account) in others.iter().enumerate() {
            app.client.submit(&format!("single {number}"), &[account.to_string()]).await;
        }
        app.drain().await;
        all_had_their_turn(app, 200 + OTHERS);
        nobody_was_refused(app).await;
    }
}

both_modes! {
    async fn posts_of_one_account_go_out_in_the_order_in_which_they_came(app: &TestApp) {
        for number in 0..40 {
            app.client.submit(&format!("{number}"), &app.both()).await;
        }
        app.drain().await;
        for platform in Platform::ALL {
            let live: Vec<String> = app.live_on(*platform).into_iter().map(|post| post.text).collect();
            let submitted: Vec<String> = (0..40).map(|number| number.to_string()).collect();
            assert_eq!(live, submitted, "{}", json!(platform));
        }
    }
}
