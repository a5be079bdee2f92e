//! Connecting a profile by the platform's consent page.

use std::time::Duration;

use entities::Platform;
use entities::vault::Place;
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Operation, When};
use tests::client::{Client, id, text};
use tests::consent::{Press, begin, connect, decide, finish};
use tests::dump::{everything, holds};
use tests::{TestApp, both_modes};

const PLATFORMS: [&str; 2] = ["threads", "x"];

async fn listed(client: &Client) -> Vec<Value> {
    let list = client.get("/v1/accounts").await.expect(StatusCode::OK);
    list["data"].as_array().unwrap().clone()
}

fn known(app: &TestApp, username: &str) {
    for platform in [simulator::Platform::Threads, simulator::Platform::X] {
        let token = format!("static-{username}");
        app.simulator
            .add_account(simulator::NewAccount::new(platform, username, token));
    }
}

both_modes! {
    async fn a_person_who_allows_it_is_connected_and_posts_go_out(app: &TestApp) {
        known(app, "bob");
        let mut ids = Vec::new();
        for platform in PLATFORMS {
            let account = connect(&app.client, platform, "bob").await;
            assert_eq!((&account["username"], &account["state"]), (&json!("bob"), &json!("ok")), "{account:#}");
            assert!(!account["scopes"].as_array().unwrap().is_empty(), "{account:#}");
            let lives_until = text(&account["token_expires_at"]);
            assert!(!lives_until.is_empty());
            ids.push(id(&account).to_owned());
        }
        let post = app.client.submit("Bob is connected", &ids).await;
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.live_count(Platform::Threads, "Bob is connected"), 1);
        assert_eq!(app.live_count(Platform::X, "Bob is connected"), 1);
        assert_eq!(listed(&app.client).await.len(), 4, "several profiles on each platform");
    }
}

both_modes! {
    async fn connecting_again_keeps_the_account_and_what_is_scheduled_on_it(app: &TestApp) {
        let later = app.clock.now() + Duration::from_secs(3600);
        for platform in PLATFORMS {
            let account = connect(&app.client, platform, "ann").await;
            let known = if platform == "threads" { &app.threads } else { &app.x };
            assert_eq!(id(&account), known.as_str());
        }
        let post = app.client.schedule("later", &app.both(), later).await;
        for platform in [simulator::Platform::Threads, simulator::Platform::X] {
            assert!(app.simulator.revoke(platform, "ann"));
        }
        app.advance(Duration::from_secs(3600)).await;
        assert_eq!(app.client.show(&post).await["status"], "needs_attention");
        for platform in PLATFORMS {
            connect(&app.client, platform, "ann").await;
        }
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(listed(&app.client).await.len(), 2);
    }
}

both_modes! {
    async fn a_person_who_denies_is_told_what_to_do_and_nothing_is_connected(app: &TestApp) {
        for platform in PLATFORMS {
            let page = begin(&app.client, platform).await;
            let returned = decide(&page, "ann", Press::Deny).await;
            let reply = finish(&app.client, &returned).await;
            let problem = reply.problem(422, "consent_denied");
            assert!(text(&problem["detail"]).contains("access_denied"), "{problem:#}");
            assert!(text(&problem["action"]).contains("press Connect again"), "{problem:#}");
            // It is used up, whatever came of it.
            let again = finish(&app.client, &returned).await;
            again.problem(409, "connection_unknown");
        }
        assert_eq!(listed(&app.client).await.len(), 2);
    }
}

both_modes! {
    async fn a_consent_is_finished_once_and_by_nobody_but_who_began_it(app: &TestApp) {
        let (_, other) = app.another_owner("user_other").await;
        for platform in PLATFORMS {
            let returned = decide(&begin(&app.client, platform).await, "ann", Press::Allow).await;
            // Sent by somebody who wants to act for the person, or the other way round.
            finish(&other, &returned).await.problem(409, "connection_of_another");
            // What was shown to the wrong caller is worth nothing any more.
            finish(&app.client, &returned).await.problem(409, "connection_unknown");

            let returned = decide(&begin(&app.client, platform).await, "ann", Press::Allow).await;
            finish(&app.client, &returned).await.expect(StatusCode::CREATED);
            finish(&app.client, &returned).await.problem(409, "connection_unknown");
        }
        assert!(listed(&other).await.is_empty());
        let made_up = json!({ "state": "made-up", "code": "made-up" });
        finish(&app.client, &made_up).await.problem(409, "connection_unknown");
    }
}

both_modes! {
    async fn a_consent_that_takes_too_long_is_begun_anew(app: &TestApp) {
        // X's code is good for half a minute (x.md 1.1), Threads' for an hour.
        let returned = decide(&begin(&app.client, "x").await, "ann", Press::Allow).await;
        app.clock.advance(Duration::from_secs(31));
        let reply = finish(&app.client, &returned).await;
        let problem = reply.problem(422, "code_expired");
        assert!(text(&problem["detail"]).contains("authorization code was invalid"), "{problem:#}");
        // Our own patience ends after half an hour.
        let returned = decide(&begin(&app.client, "threads").await, "ann", Press::Allow).await;
        app.clock.advance(Duration::from_secs(30 * 60 + 1));
        finish(&app.client, &returned).await.problem(409, "connection_expired");
    }
}

both_modes! {
    async fn what_is_missing_or_wrong_in_a_request_is_named(app: &TestApp) {
        let reply = app.client.post("/v1/connections", json!({ "platform": "y", "to": "me" })).await;
        reply.problem(422, "invalid_request");
        assert_eq!(reply.violations(), ["platform platform_unknown", "to unknown_field"]);
        let reply = finish(&app.client, &json!({ "code": 7 })).await;
        assert_eq!(reply.violations(), ["code wrong_type", "state missing"]);
        let reply = finish(&app.client, &json!({ "state": "s" })).await;
        assert_eq!(reply.violations(), ["code missing"]);
    }
}

both_modes! {
    async fn a_platform_that_fails_or_refuses_our_app_is_named_and_leaks_nothing(app: &TestApp) {
        let lost = Fault::Reset { when: When::Before };
        for (platform, operation) in [("threads", Operation::ThreadsCodeExchange), ("x", Operation::XCodeExchange)] {
            app.simulator.add_faults(vec![FaultRule::new(lost.clone()).operation(operation).once()]);
            let returned = decide(&begin(&app.client, platform).await, "ann", Press::Allow).await;
            let reply = finish(&app.client, &returned).await;
            assert_eq!(reply.problem(502, "upstream_unavailable")["retryable"], true);
            assert!(!reply.body.to_string().contains(text(&returned["code"])), "{:#}", reply.body);
        }
        let wrong = app.another_server(|state| {
            let threads = state.connectors.threads.as_mut().unwrap();
            threads.app.app_secret = "wrong-threads-secret".to_owned().into();
            let x = state.connectors.x.as_mut().unwrap();
            x.app.client_secret = Some("wrong-x-secret".to_owned().into());
        });
        for platform in PLATFORMS {
            let returned = decide(&begin(&wrong, platform).await, "ann", Press::Allow).await;
            let reply = finish(&wrong, &returned).await;
            let problem = reply.problem(409, "not_configured");
            assert!(!problem.to_string().contains("wrong-"), "{problem:#}");
        }
        let none = app.another_server(|state| state.connectors = api::connections::Connectors::default());
        for platform in PLATFORMS {
            let reply = none.post("/v1/connections", json!({ "platform": platform })).await;
            reply.problem(409, "not_configured");
        }
        let how = none.get("/v1/connections").await.expect(StatusCode::OK);
        assert!(how["data"].as_array().unwrap().iter().all(|one| one["by"] == "token"), "{how:#}");
    }
}

both_modes! {
    async fn how_to_connect_names_the_redirect_address_and_the_platforms_own_errors(app: &TestApp) {
        let how = app.client.get("/v1/connections").await.expect(StatusCode::OK);
        for one in how["data"].as_array().unwrap() {
            assert_eq!(one["by"], "consent");
            let expected = format!("{}/oauth/{}/callback", app.page_url(), text(&one["platform"]));
            assert_eq!(one["redirect_uri"], expected);
        }
        let threads = how["data"].as_array().unwrap().iter().find(|one| one["platform"] == "threads").unwrap();
        let shows: Vec<&str> = threads["help"].as_array().unwrap().iter().map(|help| text(&help["shows"])).collect();
        assert_eq!(shows, ["1349245", "1349168", "1349026", "1"]);
    }
}

both_modes! {
    async fn disconnecting_takes_the_tokens_power_away_where_the_platform_can(app: &TestApp) {
        let account = connect(&app.client, "x", "ann").await;
        let path = format!("/v1/accounts/{}", id(&account));
        assert_eq!(app.client.delete(&path).await.status, StatusCode::NO_CONTENT);
        let tokens = app.simulator.tokens(simulator::Platform::X, "ann");
        let issued: Vec<_> = tokens.iter().filter(|token| token.app.is_some()).collect();
        assert!(!issued.is_empty() && issued.iter().all(|token| token.revoked), "{tokens:#?}");

        // When X can not be told, the person is.
        let account = connect(&app.client, "x", "ann").await;
        let lost = FaultRule::new(Fault::Reset { when: When::Before }).operation(Operation::XRevoke);
        app.simulator.add_faults(vec![lost]);
        let left = app.client.delete(&format!("/v1/accounts/{}", id(&account))).await;
        assert!(text(&left.expect(StatusCode::OK)["action"]).contains("remove the app"));
        assert_eq!(app.count("SELECT count(*) FROM accounts WHERE access_token IS NOT NULL OR refresh_token IS NOT NULL").await, 1);
    }
}

both_modes! {
    async fn no_token_or_secret_is_anywhere_in_the_database(app: &TestApp) {
        known(app, "bob");
        for platform in PLATFORMS {
            connect(&app.client, platform, "bob").await;
            begin(&app.client, platform).await;
        }
        let mut secrets: Vec<String> = vec!["token-x-ann".into(), "token-threads-ann".into(), simulator::X_CLIENT_SECRET.into(), simulator::THREADS_APP_SECRET.into()];
        for row in entities::accounts::list(&app.backend.database, &app.owner).await.unwrap() {
            let access = row.access_token.as_ref().unwrap();
            secrets.push(app.vault.open(Place::AccessToken(&row.id), access).unwrap().expose_secret().to_owned());
            if let Some(refresh) = &row.refresh_token {
                secrets.push(app.vault.open(Place::RefreshToken(&row.id), refresh).unwrap().expose_secret().to_owned());
            }
        }
        assert!(secrets.len() > 8);
        let rows = everything(app).await;
        assert!(rows.len() > 10, "only {} rows", rows.len());
        assert!(rows.iter().any(|row| holds(row, "bob")), "what is no secret is found");
        for secret in secrets {
            let found = rows.iter().any(|row| holds(row, &secret));
            assert!(!found, "a secret of {} letters is in the database", secret.len());
        }
    }
}
