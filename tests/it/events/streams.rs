//! `GET /v1/events`.

use reqwest::StatusCode;
use tests::client::{id, text};
use tests::stream::{EventStream, Heard};
use tests::{TestApp, both_modes};

async fn open(app: &TestApp, query: &str, after: Option<&str>) -> EventStream {
    let url = format!("{}/v1/events{query}", app.client.base_url);
    EventStream::open(&url, app.client.key(), after).await
}

fn kinds(heard: &[Heard]) -> Vec<&str> {
    heard.iter().map(|event| event.kind.as_str()).collect()
}

const OF_ONE_POST: [&str; 3] = ["delivery.published", "delivery.published", "post.published"];

both_modes! {
    async fn what_happens_is_sent_while_it_happens(app: &TestApp) {
        let mut stream = open(app, "", None).await;
        let post = app.client.submit("Live", &app.both()).await;
        app.drain().await;
        let heard = stream.take(3).await;
        assert_eq!(kinds(&heard), OF_ONE_POST);
        for event in &heard {
            assert_eq!(event.data["id"], event.id);
            assert_eq!(event.data["type"], event.kind);
            assert_eq!(text(&event.data["data"]["post_id"]), id(&post));
        }
    }
}

both_modes! {
    async fn whoever_comes_again_misses_nothing_and_hears_nothing_twice(app: &TestApp) {
        let mut first = open(app, "", None).await;
        let mut all: Vec<Heard> = Vec::new();
        app.client.submit("One", &app.both()).await;
        app.drain().await;
        all.extend(first.take(2).await);
        drop(first);
        // While nobody listens.
        app.client.submit("Two", &app.both()).await;
        app.drain().await;
        let mut second = open(app, "", Some(&all[1].id)).await;
        app.client.submit("Three", &app.both()).await;
        app.drain().await;
        all.extend(second.take(7).await);
        let told = app.texts("SELECT id FROM events ORDER BY position").await;
        let heard: Vec<String> = all.into_iter().map(|event| event.id).collect();
        assert_eq!(heard, told);
    }
}

both_modes! {
    async fn every_server_sends_what_any_worker_did(app: &TestApp) {
        let other = app.another_server(|_| {});
        let url = format!("{}/v1/events", other.base_url);
        let mut here = open(app, "", None).await;
        let mut there = EventStream::open(&url, app.client.key(), None).await;
        app.client.submit("Everywhere", &app.both()).await;
        app.drain().await;
        assert_eq!(here.take(3).await, there.take(3).await);
    }
}

both_modes! {
    async fn a_stream_tells_its_owner_s_events_alone_and_only_those_asked_for(app: &TestApp) {
        let (stranger, client) = app.another_owner("user_other").await;
        let account = app.add_account_of(&stranger, entities::Platform::X, "zoe").await;
        let mut posts = open(app, "?types=post.published,post.failed", None).await;
        client.submit("Not yours", &[account.id.to_string()]).await;
        app.drain().await;
        app.client.submit("Yours", &app.both()).await;
        app.drain().await;
        let heard = posts.take(1).await;
        assert_eq!(kinds(&heard), ["post.published"]);
        // A stranger who names an event of ours is told nothing of it.
        let url = format!("{}/v1/events", app.client.base_url);
        let mut theirs = EventStream::open(&url, client.key(), Some(&heard[0].id)).await;
        client.submit("Mine", &[account.id.to_string()]).await;
        app.drain().await;
        let heard = theirs.take(2).await;
        assert_eq!(kinds(&heard), ["delivery.published", "post.published"]);
        assert!(heard.iter().all(|event| event.data.to_string().contains(account.id.as_str()) ));
    }
}

both_modes! {
    async fn a_listener_that_does_not_read_is_sent_all_in_the_end(app: &TestApp) {
        let mut slow = open(app, "", None).await;
        // More than the hub keeps for anybody.
        for number in 0..60 {
            app.client.submit(&format!("Number {number}"), &[app.x.to_string()]).await;
        }
        app.drain().await;
        let heard: Vec<String> = slow.take(120).await.into_iter().map(|event| event.id).collect();
        assert_eq!(heard, app.texts("SELECT id FROM events ORDER BY position").await);
    }
}

both_modes! {
    async fn streams_end_when_the_server_stops_and_begin_after_an_event_that_is_long_gone(app: &TestApp) {
        app.client.submit("Before", &app.both()).await;
        app.drain().await;
        let stream = open(app, "", Some("evt_00000000000070008000000000000000")).await;
        app.state.news.close();
        assert!(stream.rest().await.len() <= 3);
        let refused = app.client.get("/v1/events").await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.body["code"], "too_many_streams");
    }
}

both_modes! {
    async fn one_person_s_streams_are_limited_and_so_are_all_of_a_process(app: &TestApp) {
        let few = app.another_server(|state| {
            state.settings.guard.connections = 16;
            state.settings.guard.streams_per_owner = 7;
        });
        let url = format!("{}/v1/events", few.base_url);
        let mut streams = Vec::new();
        for _ in 0..7 {
            streams.push(EventStream::open(&url, few.key(), None).await);
        }
        let refused = few.get("/v1/events").await;
        assert_eq!(refused.problem(429, "too_many_streams")["retryable"], true);
        assert_eq!(refused.header("retry-after"), "5");
        let (_, other) = app.another_owner("user_other").await;
        let other = other.at(&few.base_url);
        for _ in 0..5 {
            streams.push(EventStream::open(&url, other.key(), None).await);
        }
        // A quarter of the connections is left for all else.
        other.get("/v1/events").await.problem(503, "too_many_streams");
        assert_eq!(few.get("/v1/accounts").await.status, 200);
    }
}

both_modes! {
    async fn what_is_told_before_the_first_look_is_heard_by_whoever_was_let_in(app: &TestApp) {
        let hub = api::Hub::new(app.backend.database.clone(), app.backend.queue.clone());
        let most = app.state.settings.guard.streams();
        // The look that begins after this event takes it for old.
        let early = hub.join(&app.owner, most).map(|_| ());
        assert_eq!(early, Err(api::events::NoSeat::Here), "it would never hear of it");
        app.client.submit("Between", &app.both()).await;
        app.drain().await;
        hub.begin().await;
        let Ok(mut seat) = hub.join(&app.owner, most) else { panic!("no seat") };
        app.client.submit("After", &app.both()).await;
        app.drain().await;
        let running = tokio::spawn({ let hub = hub.clone(); async move { hub.run().await } });
        let told = app.texts("SELECT id FROM events ORDER BY position").await;
        for id in &told[3..] {
            let line = seat.live.recv().await.unwrap();
            assert!(String::from_utf8_lossy(&line.bytes).starts_with(&format!("id: {id}")));
        }
        hub.close();
        running.await.unwrap();
    }
}

both_modes! {
    async fn wrong_parameters_are_told(app: &TestApp) {
        let url = format!("{}/v1/events", app.client.base_url);
        let after = reqwest::header::HeaderValue::from_bytes(b"evt_\xe9").unwrap();
        let asked = reqwest::Client::new().get(&url).bearer_auth(app.client.key());
        let answer = asked.header("Last-Event-ID", after).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);

        for query in ["?types=post.unheard", "?last_event_id=evt_1", "?after=3"] {
            let answer = app.client.get(&format!("/v1/events{query}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        }
    }
}
