//! Lists by pages and filters, always through their owner.

use std::time::Duration;

use entities::delivery::Status;
use entities::post_status::PostStatus;
use entities::{Platform, Timestamp};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tests::client::{Client, id, text};
use tests::{TestApp, both_modes};

const MINUTE: Duration = Duration::from_secs(60);

/// The ids of all pages of a list.
async fn all_pages(client: &Client, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client
            .get(&format!("/v1/posts?{query}{cursor}"))
            .await
            .expect(reqwest::StatusCode::OK);
        pages.push(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|post| id(post).to_owned())
                .collect(),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return pages,
        }
    }
}

/// The texts on the one page of a list.
async fn texts(client: &Client, query: &str) -> Vec<String> {
    let page = client
        .get(&format!("/v1/posts?{query}"))
        .await
        .expect(reqwest::StatusCode::OK);
    assert_eq!(page["next_cursor"], Value::Null);
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|post| text(&post["parts"][0]["text"]).to_owned())
        .collect()
}

/// Submits posts that stay scheduled, oldest first.
async fn schedule(app: &TestApp, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let at = app.clock.now() + MINUTE;
        ids.push(
            id(&app
                .client
                .schedule(&format!("Number {number}"), &app.both(), at)
                .await)
            .to_owned(),
        );
    }
    ids
}

both_modes! {
    async fn pages_show_every_post_once_and_the_newest_first(app: &TestApp) {
        assert_eq!(all_pages(&app.client, "").await, [Vec::<String>::new()]);
        let mut ids = schedule(app, 21).await;
        ids.reverse();
        for limit in [1, 4, 7, 20, 21, 22, 100] {
            let pages = all_pages(&app.client, &format!("limit={limit}")).await;
            assert_eq!(pages.concat(), ids, "limit {limit}");
            let (last, full) = pages.split_last().unwrap();
            assert!(full.iter().all(|page| page.len() == limit) && !last.is_empty(), "limit {limit}");
        }
        let sizes: Vec<usize> = all_pages(&app.client, "").await.iter().map(Vec::len).collect();
        assert_eq!(sizes, [20, 1]);
    }
}

both_modes! {
    async fn posts_that_come_while_one_turns_pages_disturb_nothing(app: &TestApp) {
        let mut ids = schedule(app, 6).await;
        ids.reverse();
        let first = app.client.get("/v1/posts?limit=3").await.body;
        schedule(app, 2).await;
        let second = app.client.get(&format!("/v1/posts?limit=3&cursor={}", text(&first["next_cursor"]))).await.body;
        let shown = [&first, &second].map(|page| page["data"].as_array().unwrap().clone()).concat();
        assert_eq!(shown.iter().map(id).collect::<Vec<_>>(), ids);
        assert_eq!(second["next_cursor"], Value::Null);
    }
}

both_modes! {
    async fn a_list_shows_posts_as_they_are_shown_alone(app: &TestApp) {
        for number in 0..3 {
            app.client.submit(&format!("Shown {number}"), &app.both()).await;
        }
        app.drain().await;
        schedule(app, 1).await;
        let list = app.client.get("/v1/posts").await.body;
        for post in list["data"].as_array().unwrap() {
            assert_eq!(&app.client.show(post).await, post);
        }
    }
}

both_modes! {
    async fn filters_narrow_the_list_and_can_be_combined(app: &TestApp) {
        let start = app.clock.now();
        let at = |minutes: u32| start + minutes * MINUTE;
        app.client.submit("now on both", &app.both()).await;
        app.drain().await;
        app.client.schedule("in 10 on x", &[app.x.to_string()], at(10)).await;
        app.client.schedule("in 20 on both", &app.both(), at(20)).await;
        let canceled = app.client.schedule("in 30, canceled", &app.both(), at(30)).await;
        app.client.delete(&format!("/v1/posts/{}", id(&canceled))).await;

        let check = async |query: &str, expected: &[&str]| assert_eq!(texts(&app.client, query).await, expected, "{query}");
        check("status=scheduled", &["in 20 on both", "in 10 on x"]).await;
        check("status=published", &["now on both"]).await;
        check("status=canceled", &["in 30, canceled"]).await;
        check("status=failed", &[]).await;
        check(&format!("account={}", app.threads), &["in 30, canceled", "in 20 on both", "now on both"]).await;
        check(&format!("from={}", at(10)), &["in 30, canceled", "in 20 on both", "in 10 on x"]).await;
        check(&format!("to={}", at(10)), &["now on both"]).await;
        check(&format!("from={}&to={}", at(10), at(20)), &["in 10 on x"]).await;
        let with_offset = "from=2026-11-18T01:00:00%2B02:00&limit=2&status=scheduled";
        check(with_offset, &["in 20 on both", "in 10 on x"]).await;
        check(&format!("account={}&status=scheduled&to={}", app.x, at(15)), &["in 10 on x"]).await;
        check("account=acc_00000000000000000000000000000000", &[]).await;
        check(&format!("cursor={}", id(&canceled)), &["in 20 on both", "in 10 on x", "now on both"]).await;
    }
}

both_modes! {
    async fn a_filter_by_status_goes_over_pages(app: &TestApp) {
        let ids = schedule(app, 9).await;
        let mut canceled = Vec::new();
        for id in ids.iter().step_by(2) {
            app.client.delete(&format!("/v1/posts/{id}")).await;
            canceled.insert(0, id.clone());
        }
        let pages = all_pages(&app.client, "status=canceled&limit=2").await;
        assert_eq!(pages.concat(), canceled);
        assert_eq!(pages.len(), 3);
    }
}

both_modes! {
    async fn nothing_of_another_owner_can_be_seen_or_touched(app: &TestApp) {
        let (_, stranger) = app.another_owner("stranger").await;
        let post = app.client.schedule("Mine alone", &app.both(), app.clock.now() + MINUTE).await;
        let delivery = app.client.delivery(&post, "x").await;
        let before = app.client.show(&post).await;

        let (post_path, delivery_path) = (format!("/v1/posts/{}", id(&post)), format!("/v1/deliveries/{}", id(&delivery)));
        for (method, path) in [
            (Method::GET, post_path.clone()), (Method::PATCH, post_path.clone()), (Method::DELETE, post_path.clone()),
            (Method::POST, format!("{delivery_path}/retry")), (Method::GET, format!("{delivery_path}/attempts")),
            (Method::DELETE, format!("/v1/accounts/{}", app.x)),
        ] {
            let body = (method == Method::PATCH).then(|| json!({ "text": "Yours" }).to_string().into());
            stranger.send(method, &path, &[], body).await.problem(404, "not_found");
        }
        let empty = json!({ "data": [], "next_cursor": null });
        for query in ["".to_owned(), format!("account={}", app.x), format!("cursor={}", post["id"].as_str().unwrap().replace('0', "f"))] {
            assert_eq!(stranger.get(&format!("/v1/posts?{query}")).await.body, empty);
        }
        assert_eq!(stranger.get("/v1/accounts").await.body, json!({ "data": [] }));
        assert_eq!(app.client.show(&post).await, before);
        app.advance(MINUTE).await;
        assert_eq!(app.live_count(Platform::X, "Mine alone"), 1);
    }
}

both_modes! {
    async fn the_rule_for_the_status_of_a_post_is_the_same_in_the_list_and_on_the_post(app: &TestApp) {
        let now = Timestamp::from_ms(1000);
        let words: Vec<String> = Status::ALL.iter().map(|status| format!("SELECT '{status}' AS word")).collect();
        // Every post of one, two or three deliveries, before and after its time and without one.
        // A delivery that is not there is NULL, which is in no list of words.
        let sql = format!(
            "WITH words AS ({}), more AS (SELECT word FROM words UNION ALL SELECT NULL)
             SELECT p.a, p.b, p.c, p.publish_at, (SELECT {} FROM
                (SELECT p.a AS status UNION ALL SELECT p.b UNION ALL SELECT p.c) AS d) AS status
             FROM (SELECT a.word AS a, b.word AS b, c.word AS c, t.publish_at FROM words a, more b, more c,
                (SELECT CAST(999 AS bigint) AS publish_at UNION ALL SELECT 1000 UNION ALL SELECT 1001 UNION ALL SELECT NULL) t) p",
            words.join(" UNION ALL "),
            PostStatus::sql("1000")
        );
        let database = app.backend.database.reader();
        let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
        assert_eq!(rows.len(), 9 * 10 * 10 * 4);
        for row in rows {
            let deliveries = ["a", "b", "c"].map(|column| row.try_get::<Option<Status>>("", column).unwrap());
            let deliveries: Vec<Status> = deliveries.into_iter().flatten().collect();
            let publish_at: Option<Timestamp> = row.try_get("", "publish_at").unwrap();
            let listed: PostStatus = row.try_get("", "status").unwrap();
            assert_eq!(listed, PostStatus::of(&deliveries, publish_at, now), "{deliveries:?} {publish_at:?}");
        }
    }
}

both_modes! {
    async fn the_list_of_a_status_holds_exactly_the_posts_that_show_it(app: &TestApp) {
        let (past, future) = (app.clock.now() - MINUTE, app.clock.now() + 60 * MINUTE);
        for (number, status) in Status::ALL.iter().enumerate() {
            for at in [past, future] {
                let post = app.client.schedule(&format!("{number} {at}"), &app.both(), future).await;
                let x = app.client.delivery(&post, "x").await;
                app.execute(&format!("UPDATE posts SET publish_at = {} WHERE id = '{}'", at.as_ms(), id(&post))).await;
                let columns = match status {
                    Status::Publishing => "claimed_by = 'nobody', lease_until = 1",
                    Status::Unconfirmed => "checkpoint = 'sent', sent_at = 1",
                    Status::Published => "published_at = 1",
                    _ => r#"error = '{"code": "c", "message": "m", "action": "a", "retryable": false}'"#,
                };
                app.execute(&format!("UPDATE deliveries SET status = '{status}', {columns} WHERE id = '{}'", id(&x))).await;
            }
        }
        let shown = app.client.get("/v1/posts?limit=100").await.body;
        let shown = shown["data"].as_array().unwrap();
        assert_eq!(shown.len(), 18);
        for status in PostStatus::ALL {
            let listed = app.client.get(&format!("/v1/posts?limit=100&status={status}")).await.body;
            let alike: Vec<&Value> = shown.iter().filter(|post| post["status"] == status.as_str()).collect();
            assert_eq!(listed["data"].as_array().unwrap().iter().collect::<Vec<_>>(), alike, "{status}");
        }
        app.execute("UPDATE deliveries SET status = 'canceled', next_at = NULL, claimed_by = NULL, lease_until = NULL").await;
    }
}
