//! What a post may be: everything that is wrong with a request is told at once, and nothing of it
//! is stored.

use std::time::Duration;

use entities::{AccountId, Platform};
use reqwest::Method;
use serde_json::{Value, json};
use tests::client::{Client, Reply, id, text};
use tests::{TestApp, both_modes};

/// Submits a body that must be refused, with exactly these violations in any order.
async fn check(app: &TestApp, body: Value, expected: &[&str]) {
    let reply = app.client.post("/v1/posts", body.clone()).await;
    reply.problem(422, "invalid_request");
    let mut found = reply.violations();
    found.sort();
    assert_eq!(found, expected, "{body:#}");
    assert_eq!(app.count("SELECT count(*) FROM posts").await, 0);
}

/// Submits a body that must be taken, and calls the post off.
async fn taken(client: &Client, body: Value) {
    let post = client
        .post("/v1/posts", body)
        .await
        .expect(reqwest::StatusCode::ACCEPTED);
    client
        .delete(&format!("/v1/posts/{}", id(&post)))
        .await
        .expect(reqwest::StatusCode::OK);
}

/// Submits bytes as they are.
async fn raw(app: &TestApp, body: &[u8], headers: &[(&str, &str)]) -> Reply {
    app.client
        .send(Method::POST, "/v1/posts", headers, Some(body.to_vec()))
        .await
}

both_modes! {
    async fn a_body_that_is_no_json_object_is_refused_with_400(app: &TestApp) {
        let bodies: [&[u8]; 10] = [
            b"", b" ", b"{", b"hello", b"[]", b"\"text\"", b"null", b"{\"text\": \"a\"} {}", b"{\"text\": \"\xff\"}",
            b"{\"text\": \"\\ud800\"}",
        ];
        for body in bodies {
            raw(app, body, &[]).await.problem(400, "invalid_json");
        }
        let none = app.client.send(Method::POST, "/v1/posts", &[], None).await;
        none.problem(400, "invalid_json");
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        raw(app, deep.as_bytes(), &[]).await.problem(400, "invalid_json");
    }
}

both_modes! {
    async fn a_description_that_is_too_long_is_told_beside_whatever_else_is_wrong(app: &TestApp) {
        let file = json!({ "id": "med_00000000000070008000000000000000", "alt_text": "a".repeat(1_001) });
        let body = json!({ "media": [file], "parts": [{ "text": "Hello" }], "accounts": app.both() });
        check(app, body, &["media[0].alt_text alt_text_too_long", "parts text_and_parts"]).await;
    }
}

both_modes! {
    async fn another_type_of_content_than_json_is_refused_with_415(app: &TestApp) {
        let body = json!({ "text": "typed", "accounts": app.both() });
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", ""] {
            let reply = raw(app, body.to_string().as_bytes(), &[("Content-Type", kind)]).await;
            reply.problem(415, "unsupported_media_type");
        }
        for kind in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"] {
            let reply = raw(app, body.to_string().as_bytes(), &[("Content-Type", kind)]).await;
            assert_eq!(reply.status, 202, "{kind}");
            app.client.delete(&format!("/v1/posts/{}", id(&reply.body))).await;
        }
    }
}

both_modes! {
    async fn a_body_of_a_megabyte_is_refused_with_413(app: &TestApp) {
        let body = json!({ "text": "a".repeat(1_000_000), "accounts": app.both() }).to_string();
        for path in ["/v1/posts", "/v1/accounts"] {
            let reply = app.client.send(Method::POST, path, &[], Some(body.clone().into())).await;
            reply.problem(413, "payload_too_large");
        }
    }
}

both_modes! {
    async fn fields_that_do_not_exist_are_named_at_every_level(app: &TestApp) {
        let body = json!({
            "text": "a", "accounts": app.both(), "texts": 1, "status": "published",
            "overrides": { "y": { "text": "b" }, "x": { "text": "b", "txt": 1 } },
        });
        check(app, body, &[
            "overrides.x.txt unknown_field", "overrides.y unknown_field", "status unknown_field", "texts unknown_field",
        ]).await;
        let body = json!({
            "parts": [{ "text": "a", "medium": [] }], "accounts": app.both(),
            "options": { "x": { "pol": 1 }, "threads": { "poll": { "options": ["a", "b"], "duration_minutes": 5 } }, "y": {} },
        });
        check(app, body, &[
            "options.threads.poll.duration_minutes unknown_field", "options.x.pol unknown_field", "options.y unknown_field",
            "parts[0].medium unknown_field",
        ]).await;
    }
}

both_modes! {
    async fn values_of_the_wrong_type_are_named_at_every_level(app: &TestApp) {
        let body = json!({
            "text": 5, "accounts": "acc", "publish_at": 7, "time_zone": ["UTC"], "overrides": [],
        });
        check(app, body, &[
            "accounts wrong_type", "overrides wrong_type", "publish_at wrong_type", "text wrong_type", "time_zone wrong_type",
        ]).await;
        let body = json!({
            "parts": ["a", { "text": true }], "accounts": [5, null, app.x], "overrides": { "x": "b", "threads": { "text": {} } },
        });
        check(app, body, &[
            "accounts[0] wrong_type", "accounts[1] wrong_type", "overrides.threads.text wrong_type",
            "overrides.x wrong_type", "parts[0] wrong_type", "parts[0].text text_empty", "parts[1].text wrong_type",
        ]).await;
        check(app, json!({ "parts": "a", "accounts": app.both() }), &["parts wrong_type"]).await;
    }
}

both_modes! {
    async fn what_is_needed_and_missing_is_named(app: &TestApp) {
        check(app, json!({}), &["accounts missing", "text missing"]).await;
        check(app, json!({ "text": null, "accounts": null }), &["accounts missing", "text missing"]).await;
        check(app, json!({ "text": "a", "accounts": [] }), &["accounts missing"]).await;
        check(app, json!({ "parts": [], "accounts": app.both() }), &["parts missing"]).await;
        let overrides = json!({ "x": {}, "threads": { "text": null } });
        let body = json!({ "text": "a", "accounts": app.both(), "overrides": overrides });
        check(app, body, &["overrides.threads.text missing", "overrides.x.text missing"]).await;
        let body = json!({ "text": "a", "parts": [{ "text": "a" }], "accounts": app.both() });
        check(app, body, &["parts text_and_parts"]).await;
    }
}

both_modes! {
    async fn everything_that_is_wrong_is_told_in_one_answer(app: &TestApp) {
        let body = json!({
            "text": "a".repeat(501), "accounts": [app.x, app.x, "acc_1", app.threads], "colour": "red",
            "publish_at": "2020-01-01T00:00:00Z", "time_zone": "Mars/Olympus",
            "overrides": { "x": { "text": " " } },
        });
        let body = body.to_string();
        let reply = raw(app, body.as_bytes(), &[("Idempotency-Key", "with a space")]).await;
        assert_eq!(reply.problem(422, "invalid_request")["title"], "The request breaks 8 rules.");
        let mut found = reply.violations();
        found.sort();
        assert_eq!(found, [
            "Idempotency-Key invalid_key", "accounts[1] account_twice", "accounts[2] account_unknown",
            "colour unknown_field", "overrides.x.text text_empty", "publish_at publish_at_past",
            "text text_too_long", "time_zone invalid_time_zone",
        ]);
        check(app, json!({ "text": "", "accounts": [] }), &["accounts missing", "text text_empty"]).await;
    }
}

both_modes! {
    async fn a_text_may_be_as_long_as_each_platform_takes_it_and_no_longer(app: &TestApp) {
        let on = |account: &AccountId, text: String| json!({ "text": text, "accounts": [account] });
        let link = format!("https://example.com/{}", "a".repeat(300));
        let fit = [
            (&app.x, "a".repeat(280)), (&app.x, "故".repeat(140)), (&app.x, "👨‍👩‍👧‍👦".repeat(140)),
            (&app.x, format!("{} {link}", "a".repeat(256))),
            (&app.threads, "a".repeat(500)), (&app.threads, "故".repeat(500)), (&app.threads, "😀".repeat(125)),
        ];
        let too_long = [
            (&app.x, "a".repeat(281)), (&app.x, "故".repeat(141)), (&app.x, format!("{} {link}", "a".repeat(257))),
            (&app.threads, "a".repeat(501)), (&app.threads, "😀".repeat(126)),
        ];
        for (account, text) in too_long {
            check(app, on(account, text), &["text text_too_long"]).await;
        }
        let both = json!({ "text": "a".repeat(501), "accounts": app.both() });
        check(app, both, &["text text_too_long", "text text_too_long"]).await;
        let overrides = json!({ "x": { "text": "a".repeat(281) }, "threads": { "text": "a".repeat(501) } });
        let body = json!({ "text": "a", "accounts": app.both(), "overrides": overrides });
        check(app, body, &["overrides.threads.text text_too_long", "overrides.x.text text_too_long"]).await;
        for (account, text) in fit {
            taken(&app.client, on(account, text)).await;
        }
        // A long text for Threads is no harm to X, which shows its own.
        let overrides = json!({ "x": { "text": "short" } });
        taken(&app.client, json!({ "text": "a".repeat(500), "accounts": app.both(), "overrides": overrides })).await;
    }
}

both_modes! {
    async fn a_premium_account_may_post_25_000_characters_on_x(app: &TestApp) {
        let mut premium = simulator::NewAccount::new(simulator::Platform::X, "rich", "rich-token");
        premium.premium = true;
        app.simulator.add_account(premium);
        let account = app.client.post("/v1/accounts", json!({ "platform": "x", "access_token": "rich-token" })).await;
        let rich = id(&account.body);
        let too_long = app.client.post("/v1/posts", json!({ "text": "a".repeat(25_001), "accounts": [rich] })).await;
        assert_eq!(too_long.violations(), ["text text_too_long"]);
        // The shortest limit of the accounts counts.
        let shared = app.client.post("/v1/posts", json!({ "text": "a".repeat(281), "accounts": [rich, app.x] })).await;
        assert_eq!(shared.violations(), ["text text_too_long"]);
        let long = "a".repeat(25_000);
        app.client.submit(&long, &[rich.to_owned()]).await;
        app.drain().await;
        assert_eq!(app.live_count(Platform::X, &long), 1);
    }
}

both_modes! {
    async fn a_text_that_a_platform_would_refuse_is_refused_before_it_is_stored(app: &TestApp) {
        let cases = [
            ("", "text text_empty"),
            (" \n\t\u{3000}", "text text_empty"),
            ("a\0b", "text invalid_character"),
        ];
        for (wrong, expected) in cases {
            check(app, json!({ "text": wrong, "accounts": app.both() }), &[expected]).await;
        }
        check(app, json!({ "text": "a\u{FEFF}b", "accounts": [app.x] }), &["text invalid_character"]).await;
        let cashtags = "$AAPL and $MSFT";
        check(app, json!({ "text": cashtags, "accounts": app.both() }), &["text too_many_cashtags"]).await;
        let links: Vec<String> = (1..=6).map(|number| format!("https://example.com/{number}")).collect();
        check(app, json!({ "text": links.join(" "), "accounts": app.both() }), &["text too_many_links"]).await;
        taken(&app.client, json!({ "text": cashtags, "accounts": [app.threads] })).await;
        taken(&app.client, json!({ "text": links.join(" "), "accounts": [app.x] })).await;
        taken(&app.client, json!({ "text": "$AAPL at 5 $", "accounts": app.both() })).await;
        taken(&app.client, json!({ "text": links[1..].join(" "), "accounts": app.both() })).await;
    }
}

both_modes! {
    async fn a_time_must_be_a_moment_to_come(app: &TestApp) {
        let at = |publish_at: &str| json!({ "text": "timed", "accounts": app.both(), "publish_at": publish_at });
        let now = app.clock.now();
        let ten_years = Duration::from_secs(10 * 366 * 86_400);
        let past = (now - Duration::from_secs(61)).to_string();
        let far = (now + ten_years + Duration::from_secs(1)).to_string();
        for (time, code) in [
            (past.as_str(), "publish_at_past"), ("0000-01-01T00:00:00Z", "publish_at_past"),
            (far.as_str(), "publish_at_too_far"), ("9999-12-31T23:59:59-23:59", "publish_at_too_far"),
            ("2026-12-24T18:00:00", "invalid_time"), ("2026-12-24", "invalid_time"), ("tomorrow", "invalid_time"),
            ("1795000000", "invalid_time"), ("2027-02-29T12:00:00Z", "invalid_time"), ("", "invalid_time"),
        ] {
            check(app, at(time), &[&format!("publish_at {code}")]).await;
        }
        // Clocks differ: what has just passed means now.
        taken(&app.client, at(&(now - Duration::from_secs(60)).to_string())).await;
        taken(&app.client, at(&(now + ten_years).to_string())).await;
        taken(&app.client, at("2026-12-24T18:00:00.5+01:00")).await;
    }
}

both_modes! {
    async fn a_time_zone_must_be_an_iana_name(app: &TestApp) {
        let zone = |zone: &str| json!({ "text": "zoned", "accounts": app.both(), "time_zone": zone });
        for wrong in ["Mars/Olympus", "", "+01:00", "europe berlin", "Europe/Berlin\0"] {
            check(app, zone(wrong), &["time_zone invalid_time_zone"]).await;
        }
        taken(&app.client, zone("Europe/Berlin")).await;
    }
}

both_modes! {
    async fn a_post_goes_to_accounts_of_its_owner_alone_and_to_each_once(app: &TestApp) {
        let (stranger, _) = app.another_owner("stranger").await;
        let foreign = app.add_account_of(&stranger, Platform::X, "eve").await.id;
        let unknown = AccountId::generate();
        for wrong in [foreign.as_str(), unknown.as_str(), "", "nobody", "post_00000000000000000000000000000000"] {
            let body = json!({ "text": "a", "accounts": [app.x, wrong] });
            check(app, body, &["accounts[1] account_unknown"]).await;
        }
        check(app, json!({ "text": "a", "accounts": [app.x, app.x] }), &["accounts[1] account_twice"]).await;
        let shouted = app.x.to_string().replace("acc_", "").to_uppercase();
        let body = json!({ "text": "a", "accounts": [app.x, format!("acc_{shouted}")] });
        check(app, body, &["accounts[1] account_twice"]).await;
        let many: Vec<String> = (0..51).map(|_| AccountId::generate().to_string()).collect();
        check(app, json!({ "text": "a", "accounts": many }), &["accounts too_many_accounts"]).await;
    }
}

both_modes! {
    async fn a_post_may_go_to_fifty_accounts(app: &TestApp) {
        let mut accounts = app.both().to_vec();
        for number in 0..48 {
            accounts.push(app.add_account(Platform::Threads, &format!("fan{number}")).await.id.to_string());
        }
        let post = app.client.submit("to all of you", &accounts).await;
        let named = post["deliveries"].as_array().unwrap().iter().map(|delivery| text(&delivery["account"]));
        assert!(named.eq(accounts.iter().map(String::as_str)), "in the order in which they were named");
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 50);
    }
}

both_modes! {
    async fn an_idempotency_key_must_be_short_and_plain(app: &TestApp) {
        let body = json!({ "text": "keyed", "accounts": app.both() });
        for wrong in ["", "with a space", "tab\there", &"k".repeat(256)] {
            let reply = app.client.submit_with_key(body.clone(), wrong).await;
            reply.problem(422, "invalid_request");
            assert_eq!(reply.violations(), ["Idempotency-Key invalid_key"], "{wrong:?}");
        }
        let reply = app.client.submit_with_key(body, &"k".repeat(255)).await;
        assert_eq!(reply.status, 202);
        app.drain().await;
    }
}
