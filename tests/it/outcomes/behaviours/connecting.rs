//! Connecting an account reads its profile: whatever becomes of that, either it is connected or
//! nothing is.

use entities::Platform;
use serde_json::json;
use simulator::{Behaviour, Fault, NewAccount, Operation, behaviours};
use tests::TestApp;
use tests::app::simulated;

use super::cases::{Scene, scenes};

/// Each behaviour at the reading of a profile.
pub async fn run(app: &TestApp) {
    let mut count = 0;
    for platform in [Platform::Threads, Platform::X] {
        for operation in Operation::ALL {
            if operation.platform() != Some(simulated(platform))
                || scenes(operation) != [Scene::Connecting]
            {
                continue;
            }
            for behaviour in behaviours(simulated(platform)) {
                connect(app, platform, operation, &behaviour).await;
                count += 1;
            }
        }
    }
    assert!(count > 100, "only {count}");
}

async fn connect(app: &TestApp, platform: Platform, operation: Operation, behaviour: &Behaviour) {
    let name = format!("{platform} {}", behaviour.name);
    let rules = behaviour.rules(operation);
    let is_slow = |fault: &Fault| {
        matches!(
            fault,
            Fault::Delay { .. } | Fault::Hold { .. } | Fault::SlowDrip { .. }
        )
    };
    // A time-out is one more way to have no answer; it only takes longer.
    if rules.is_empty() || rules.iter().any(|rule| is_slow(&rule.fault)) {
        return;
    }
    let username = format!("{platform}-{}", behaviour.name);
    let token = format!("token-{username}");
    app.simulator.clear_faults();
    app.simulator.add_account(NewAccount::new(
        simulated(platform),
        username.clone(),
        token.clone(),
    ));
    let own = rules.into_iter().map(|rule| rule.account(username.clone()));
    app.simulator.add_faults(own.collect());
    let known = || async {
        let sql = format!("SELECT count(*) FROM accounts WHERE username = '{username}'");
        app.count(&sql).await
    };

    let body = json!({ "platform": platform.as_str(), "access_token": token });
    let refused = app.client.post("/v1/accounts", body.clone()).await;
    let status = refused.status.as_u16();
    assert!([422, 502].contains(&status), "{name}: {refused:?}");
    refused.problem(status, "platform_refused");
    assert_eq!(
        refused.body["retryable"],
        status == 502,
        "{name}: {refused:?}"
    );
    assert_eq!(known().await, 0, "{name}");
    assert!(!refused.body.to_string().contains(&token), "{name}");

    app.simulator.clear_faults();
    // Whatever lasts beyond one call is over by then.
    app.clock.advance(std::time::Duration::from_secs(60));
    let connected = app.client.post("/v1/accounts", body).await;
    assert_eq!(connected.status, 201, "{name}: {connected:?}");
    assert_eq!(known().await, 1, "{name}");
}
