//! People sign in with Clerk, link their profiles there, and posts go out on them.

mod tokens;

use std::time::Duration;

use entities::Platform;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use simulator::{
    CLERK_SECRET_KEY, ClerkDelivery, ClerkError, ClerkFault, ClerkLink, ClerkOperation,
    ClerkProvider, ClerkToken, ClerkTrouble, NewAccount, NewClerkUser,
};
use tests::app::Options;
use tests::client::{Client, Reply, id, text};
use tests::consent::{Press, begin, decide};
use tests::{TestApp, both_modes};

const HOUR: Duration = Duration::from_secs(3600);

fn with_clerk() -> Options {
    Options {
        clerk: true,
        ..Options::default()
    }
}

fn user(app: &TestApp, name: &str) -> String {
    app.simulator.add_clerk_user(NewClerkUser::new(name))
}

/// The user's own requests, with a session token that is made now.
fn as_user(app: &TestApp, user: &str) -> Client {
    let token = app
        .simulator
        .clerk_session_token(user, Some(app.page_url()));
    app.client.with_key(&token)
}

/// Links a profile at Clerk, with a real token of the simulated platform.
async fn link(app: &TestApp, user: &str, provider: ClerkProvider, username: &str) -> String {
    let platform = match provider {
        ClerkProvider::X => simulator::Platform::X,
        ClerkProvider::Threads => simulator::Platform::Threads,
    };
    let token = format!("linked-{username}");
    app.simulator
        .add_account(NewAccount::new(platform, username, token.clone()));
    let token = match provider {
        ClerkProvider::X => token,
        ClerkProvider::Threads => short_lived(app, username).await,
    };
    app.simulator
        .link_clerk_account(ClerkLink::new(user, provider, username, token))
        .unwrap()
}

/// What Threads gives Clerk for a person's consent: a token of an hour.
async fn short_lived(app: &TestApp, username: &str) -> String {
    let returned = decide(&begin(&app.client, "threads").await, username, Press::Allow).await;
    let connector = app.state.connectors.threads.as_ref().unwrap();
    let redirect = format!("{}/oauth/threads/callback", app.page_url());
    let code = SecretString::from(text(&returned["code"]).to_owned());
    let now_ms = app.clock.now().as_ms();
    let short = app
        .state
        .threads
        .exchange_code(&connector.app, &code, &redirect, now_ms)
        .await
        .unwrap();
    short.token.expose_secret().to_owned()
}

async fn sync(client: &Client) -> Value {
    client
        .post("/v1/connections/sync", json!({}))
        .await
        .expect(StatusCode::OK)
}

async fn told(app: &TestApp, delivery: &ClerkDelivery) -> Reply {
    let headers = [
        ("svix-id", delivery.id.as_str()),
        ("svix-timestamp", delivery.timestamp.as_str()),
        ("svix-signature", delivery.signature.as_str()),
    ];
    let anyone = app.client.with_key("");
    anyone
        .send(
            Method::POST,
            "/webhooks/clerk",
            &headers,
            Some(delivery.body.clone().into_bytes()),
        )
        .await
}

fn trouble(on: ClerkOperation, error: ClerkError, times: u32) -> ClerkFault {
    ClerkFault {
        on: Some(on),
        trouble: ClerkTrouble::Error(error),
        times,
    }
}

async fn account(client: &Client, platform: &str) -> Value {
    let list = client.get("/v1/accounts").await.expect(StatusCode::OK);
    let all = list["data"].as_array().unwrap();
    all.iter()
        .find(|account| account["platform"] == platform)
        .cloned()
        .unwrap_or(Value::Null)
}

both_modes! {
    async fn a_user_signs_in_links_both_networks_and_posts(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        link(app, &ada, ClerkProvider::Threads, "ada").await;
        let client = as_user(app, &ada);
        let me = client.get("/v1/session").await.expect(StatusCode::OK);
        assert_eq!(me["via"], "clerk");
        assert_ne!(me["user_id"], app.owner.as_str());
        let synced = sync(&client).await;
        assert_eq!(synced["problems"], json!([]), "{synced:#}");
        let accounts = synced["data"].as_array().unwrap();
        assert_eq!(accounts.len(), 2);
        let (x, threads) = (account(&client, "x").await, account(&client, "threads").await);
        assert_eq!((&x["token_source"], &threads["token_source"]), (&json!("clerk"), &json!("own")));
        // The token of an hour was traded for one of sixty days.
        assert!(text(&threads["token_expires_at"]) > (app.clock.now() + 50 * 24 * HOUR).to_string().as_str());

        let post = client.submit("Clerk and we", &[id(&x).to_owned(), id(&threads).to_owned()]).await;
        app.drain().await;
        assert_eq!(client.show(&post).await["status"], "published");
        assert_eq!(app.live_count(Platform::X, "Clerk and we"), 1);
        // Nothing of Clerk's token is kept.
        assert_eq!(app.count("SELECT count(*) FROM accounts WHERE token_source = 'clerk' AND access_token IS NOT NULL").await, 0);
        // Repeating it changes nothing.
        assert_eq!(sync(&client).await["data"], synced["data"]);
        assert!(account(&app.client, "x").await["username"] == "ann", "the local owner's are theirs");
    }
}

both_modes! {
    async fn tokens_that_are_no_sound_session_are_turned_away(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        for kind in ClerkToken::ALL {
            let token = app.simulator.clerk_token(kind, &ada, Some(app.page_url()));
            let is_sound = matches!(
                kind,
                ClerkToken::Ok | ClerkToken::OkV1 | ClerkToken::OkWithOrganization | ClerkToken::OkWithoutCategory
                    | ClerkToken::OkIgnoredCategory | ClerkToken::OkFiveKilobytes | ClerkToken::Impersonated
            );
            let Ok(header) = reqwest::header::HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()) else { continue };
            let reply = reqwest::Client::new().get(format!("{}/v1/session", app.page_url())).header("Authorization", header);
            let reply = reply.send().await.unwrap();
            let expected = if is_sound { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            let (status, body) = (reply.status(), reply.text().await.unwrap());
            assert_eq!(status, expected, "{kind:?}: {body}");
            assert!(!body.contains(&token), "{kind:?}");
        }
        // Lower case and no cookie: the header alone counts.
        let token = app.simulator.clerk_session_token(&ada, Some(app.page_url()));
        let lower = [("Authorization", format!("bearer {token}"))];
        let lower = lower.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(app.client.with_key("").send(Method::GET, "/v1/session", &lower, None).await.status, StatusCode::OK);
        let cookie = format!("__session={token}");
        let cookie = [("Cookie", cookie.as_str())];
        app.client.with_key("").send(Method::GET, "/v1/session", &cookie, None).await.problem(401, "unauthorized");
        // It lives for a minute.
        app.clock.advance(Duration::from_secs(66));
        app.client.with_key(&token).get("/v1/session").await.problem(401, "unauthorized");
        // An API key of the local owner goes on beside it.
        assert_eq!(app.client.get("/v1/session").await.expect(StatusCode::OK)["via"], "api_key");
    }
}

both_modes! {
    async fn who_only_looks_as_a_user_publishes_nothing_for_them(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        let token = app.simulator.clerk_token(ClerkToken::Impersonated, &ada, Some(app.page_url()));
        let client = app.client.with_key(&token);
        let me = client.get("/v1/session").await.expect(StatusCode::OK);
        assert!(me["impersonator"].is_string(), "{me:#}");
        assert_eq!(client.get("/v1/posts").await.status, StatusCode::OK);
        client.post("/v1/posts", json!({})).await.problem(403, "scope_missing");
        client.post("/v1/keys", json!({ "name": "k" })).await.problem(403, "scope_missing");
        client.post("/v1/connections/sync", json!({})).await.problem(403, "scope_missing");
    }
}

both_modes! {
    async fn keys_that_change_are_fetched_anew_and_those_that_can_not_be_had_say_so(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        app.simulator.add_clerk_faults(vec![trouble(ClerkOperation::Keys, ClerkError::Internal, 1)]);
        let reply = as_user(app, &ada).get("/v1/session").await;
        assert_eq!(reply.problem(503, "sign_in_unavailable")["retryable"], true);
        app.clock.advance(Duration::from_secs(61));
        as_user(app, &ada).get("/v1/session").await.expect(StatusCode::OK);
        for same_kid in [false, true] {
            app.simulator.rotate_clerk_key(same_kid);
            app.clock.advance(Duration::from_secs(61));
            as_user(app, &ada).get("/v1/session").await.expect(StatusCode::OK);
        }
    }
}

both_modes! {
    async fn what_a_user_has_connected_themselves_is_not_replaced_by_what_they_sign_in_with(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        let own = tests::consent::connect(&as_user(app, &ada), "x", "ada").await;
        let synced = sync(&as_user(app, &ada)).await;
        assert_eq!(synced["data"][0]["id"], own["id"]);
        assert_eq!(synced["data"][0]["token_source"], "own");
        // Signing in with X alone is no permission to post.
        let bob = user(app, "bob");
        app.simulator.add_account(NewAccount::new(simulator::Platform::X, "bob", "linked-bob"));
        let mut link = ClerkLink::new(&bob, ClerkProvider::X, "bob", "linked-bob");
        link.scopes = Some(vec!["users.read".into(), "tweet.read".into()]);
        app.simulator.link_clerk_account(link).unwrap();
        let synced = sync(&as_user(app, &bob)).await;
        assert_eq!(synced["data"], json!([]), "{synced:#}");
        assert_eq!(synced["problems"][0]["code"], "permission_missing", "{synced:#}");
    }
}

both_modes! {
    async fn what_is_unlinked_at_clerk_is_disconnected_here_and_what_is_disconnected_here_stays_so(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        let eac = link(app, &ada, ClerkProvider::X, "ada").await;
        link(app, &ada, ClerkProvider::Threads, "ada").await;
        let client = as_user(app, &ada);
        sync(&client).await;
        let threads = account(&client, "threads").await;
        assert_eq!(client.delete(&format!("/v1/accounts/{}", id(&threads))).await.status, StatusCode::NO_CONTENT);
        assert!(app.simulator.unlink_clerk_account(&ada, &eac));
        let updated = app.simulator.clerk_webhook("user.updated", &ada);
        assert_eq!(told(app, &updated).await.status, StatusCode::NO_CONTENT);
        let list = as_user(app, &ada).get("/v1/accounts").await.expect(StatusCode::OK);
        assert_eq!(list["data"], json!([]), "{list:#}");
        // Asked for by the user it is connected again.
        let synced = sync(&as_user(app, &ada)).await;
        assert_eq!(synced["data"].as_array().unwrap().len(), 1, "{synced:#}");
        assert_eq!(synced["data"][0]["id"], threads["id"]);
    }
}

both_modes! {
    async fn a_threads_token_that_clerk_held_for_too_long_asks_for_a_new_consent(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        app.simulator.add_account(NewAccount::new(simulator::Platform::Threads, "ada", "gone"));
        app.simulator.link_clerk_account(ClerkLink::new(&ada, ClerkProvider::Threads, "ada", "expired-long-ago")).unwrap();
        let synced = sync(&as_user(app, &ada)).await;
        assert_eq!(synced["data"], json!([]));
        let problem = &synced["problems"][0];
        assert_eq!((&problem["platform"], &problem["retryable"]), (&json!("threads"), &json!(false)), "{synced:#}");
        assert!(text(&problem["action"]).contains("Connect again"), "{problem:#}");
    }
}

both_modes! {
    async fn a_threads_token_that_passes_through_our_proxy_is_kept_for_its_owner(app: &TestApp with with_clerk()) {
        // Clerk has the code exchanged and then asks us for the profile, with the token of an hour.
        let short = short_lived(app, "ann").await;
        let profile = app.client.with_key(&short).get("/clerk/threads/userinfo").await.expect(StatusCode::OK);
        assert_eq!(profile["username"], "ann");
        app.client.with_key("nonsense").get("/clerk/threads/userinfo").await.problem(422, "platform_refused");

        // The user comes back only much later, when the token at Clerk has died.
        let ada = user(app, "ada");
        app.clock.advance(3 * HOUR);
        app.simulator.link_clerk_account(ClerkLink::new(&ada, ClerkProvider::Threads, "ann", short)).unwrap();
        let synced = sync(&as_user(app, &ada)).await;
        assert_eq!(synced["problems"], json!([]), "{synced:#}");
        let threads = account(&as_user(app, &ada), "threads").await;
        let client = as_user(app, &ada);
        let post = client.submit("kept by the proxy", &[id(&threads).to_owned()]).await;
        app.drain().await;
        assert_eq!(client.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn a_deleted_user_is_gone_with_all_that_was_planned(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        let client = as_user(app, &ada);
        sync(&client).await;
        let key = client.post("/v1/keys", json!({ "name": "hers" })).await.expect(StatusCode::CREATED);
        let hers = app.client.with_key(text(&key["key"]));
        let x = id(&account(&client, "x").await).to_owned();
        let later = app.clock.now() + HOUR;
        client.schedule("never", &[x], later).await;
        let deleted = app.simulator.clerk_webhook("user.deleted", &ada);
        for _ in 0..2 {
            assert_eq!(told(app, &deleted).await.status, StatusCode::NO_CONTENT);
        }
        as_user(app, &ada).get("/v1/session").await.problem(401, "unauthorized");
        hers.get("/v1/session").await.problem(401, "unauthorized");
        app.advance(2 * HOUR).await;
        assert!(app.live_on(Platform::X).is_empty());
        assert_eq!(app.count("SELECT count(*) FROM deliveries WHERE status = 'canceled'").await, 1);
        // Even one who was never here is remembered: a last token of theirs opens nothing.
        let bob = user(app, "bob");
        let deleted = app.simulator.clerk_webhook("user.deleted", &bob);
        assert_eq!(told(app, &deleted).await.status, StatusCode::NO_CONTENT);
        as_user(app, &bob).get("/v1/session").await.problem(401, "unauthorized");
    }
}

both_modes! {
    async fn webhooks_count_only_when_clerk_has_signed_them_just_now_and_once(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        as_user(app, &ada).get("/v1/session").await.expect(StatusCode::OK);
        let good = app.simulator.clerk_webhook("user.deleted", &ada);
        let changed = [
            ClerkDelivery { signature: "v1,AAAA".into(), ..good.clone() },
            ClerkDelivery { id: "msg_other".into(), ..good.clone() },
            ClerkDelivery { body: good.body.replace("user.deleted", "user.deletedx"), ..good.clone() },
            ClerkDelivery { timestamp: "soon".into(), ..good.clone() },
            ClerkDelivery { signature: String::new(), ..good.clone() },
        ];
        for forged in &changed {
            told(app, forged).await.problem(401, "bad_signature");
        }
        let old = good.clone();
        app.clock.advance(Duration::from_secs(301));
        told(app, &old).await.problem(401, "bad_signature");
        as_user(app, &ada).get("/v1/session").await.expect(StatusCode::OK);
        let rotated = app.simulator.clerk_webhook("user.deleted", &ada);
        let several = ClerkDelivery { signature: format!("v1,AAAA {}", rotated.signature), ..rotated };
        assert_eq!(told(app, &several).await.status, StatusCode::NO_CONTENT);
        as_user(app, &ada).get("/v1/session").await.problem(401, "unauthorized");
        // An event that means nothing to us is taken in all the same.
        let other = app.simulator.clerk_webhook("organization.created", &ada);
        assert_eq!(told(app, &other).await.status, StatusCode::NO_CONTENT);
    }
}

both_modes! {
    async fn the_page_learns_what_clerks_script_needs_and_no_secret(app: &TestApp with with_clerk()) {
        let ways = app.client.with_key("").get("/v1/sign-in").await.expect(StatusCode::OK);
        assert_eq!(ways["with"], "clerk");
        assert_eq!(ways["clerk"]["publishable_key"], app.simulator.clerk_publishable_key());
        assert!(!ways.to_string().contains(CLERK_SECRET_KEY));
        let page = app.client.with_key("").get("/").await;
        assert!(page.header("content-security-policy").contains("connect-src 'self' http://127.0.0.1:"), "{}", page.header("content-security-policy"));
        let how = as_user(app, &user(app, "ada")).get("/v1/connections").await.expect(StatusCode::OK);
        assert!(how["data"].as_array().unwrap().iter().all(|one| one["by"] == "clerk"), "{how:#}");
        // Who came with a key has no user at Clerk.
        app.client.post("/v1/connections/sync", json!({})).await.problem(409, "not_configured");
    }
}
