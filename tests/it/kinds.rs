//! Every kind of content, as `make show` posts it: what is live is what was asked. And what is
//! refused before anything is stored.

use std::collections::HashSet;
use std::time::Duration;

use entities::Platform;
use media::testing::{Mp4Audio, Mp4Spec, gif, jpeg, mp4, png_noise, webp};
use serde_json::{Value, json};
use tests::client::{id, text};
use tests::show::asked::{Part, Wanted};
use tests::show::compare::{Seen, compare, differs};
use tests::show::kinds;
use tests::show::product::{simulated, stage};
use tests::show::stage::{Role, Stage};
use tests::{TestApp, both_modes};

use crate::media::upload;

const HOUR: Duration = Duration::from_secs(3_600);

/// Accounts for every role, files, and a post to quote.
async fn set_stage(app: &TestApp) -> Stage {
    for platform in [Platform::Threads, Platform::X] {
        app.add_account(platform, "bob").await;
    }
    let (on_threads, on_x) = (simulator::Platform::Threads, simulator::Platform::X);
    for (platform, name) in [(on_threads, "geo"), (on_x, "rich")] {
        let token = format!("{name}-token");
        let account = simulator::NewAccount {
            premium: true,
            geo_gating: true,
            ..simulator::NewAccount::new(platform, name, token.clone())
        };
        app.simulator.add_account(account);
        let body = json!({ "platform": platform, "access_token": token });
        let connected = app.client.post("/v1/accounts", body).await;
        assert_eq!(connected.status, 201, "{:#}", connected.body);
    }
    let role = |row: &Value| match text(&row["username"]) {
        "rich" => Some(Role::Premium),
        "geo" => Some(Role::Geo),
        _ => None,
    };
    let mut stage = stage(&app.client, &simulated(), String::new(), role).await;
    let post = crate::media::post(app, stage.earlier_post()).await;
    assert_eq!(post["status"], "published", "{post:#}");
    stage.remember(&post);
    stage
}

fn live(app: &TestApp) -> Vec<Value> {
    let posts = app.simulator.live_posts();
    posts
        .iter()
        .map(|post| serde_json::to_value(post).unwrap())
        .collect()
}

both_modes! {
    async fn every_kind_of_content_is_live_as_it_was_asked(app: &TestApp) {
        let stage = set_stage(app).await;
        let mut wrong = Vec::new();
        for kind in kinds::all() {
            let asked = (kind.ask)(&stage).unwrap();
            let before: HashSet<String> = live(app).iter().map(|post| id(post).to_owned()).collect();
            let reply = app.client.submit_raw(asked.body.clone()).await;
            app.settle(HOUR).await;
            let post = match reply.status.is_success() {
                true => app.client.show(&reply.body).await,
                false => Value::Null,
            };
            let live = live(app);
            let seen = Seen { reply: &reply, post: &post, live: Some(&live), before: &before };
            let lines = compare(&asked, &seen);
            assert!(!lines.is_empty(), "{}", kind.name);
            if lines.iter().any(differs) {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                wrong.push(format!("{}\n{}\n{}", kind.name, asked.body, lines.join("\n")));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }
}

both_modes! {
    async fn whatever_is_not_as_it_was_asked_is_told(app: &TestApp) {
        let stage = set_stage(app).await;
        let kind = kinds::all().into_iter().find(|kind| kind.name == "a chain with media on several parts");
        let asked = (kind.unwrap().ask)(&stage).unwrap();
        let reply = app.client.submit_raw(asked.body.clone()).await;
        app.settle(HOUR).await;
        let post = app.client.show(&reply.body).await;
        let live = live(app);
        let before: HashSet<String> = live.iter().map(|post| id(post).to_owned()).collect();
        let told = |change: &dyn Fn(&mut Vec<Part>), before: &HashSet<String>| -> Vec<String> {
            let mut asked = asked.clone();
            let Wanted::Live(accounts) = &mut asked.wanted else { panic!("to be live") };
            change(&mut accounts[1].parts);
            let seen = Seen { reply: &reply, post: &post, live: Some(&live), before };
            let lines = compare(&asked, &seen);
            lines.iter().filter(|line| differs(line)).map(|line| line.name.trim().to_owned()).collect()
        };
        assert!(told(&|_| {}, &before).is_empty());
        assert_eq!(told(&|parts| parts[1].text.push('!'), &before), ["text"]);
        assert_eq!(told(&|parts| parts[0].media[0].alt_text = None, &before), ["media 1"]);
        assert_eq!(told(&|parts| parts[3].media.swap(0, 1), &before), ["media 1", "media 2"]);
        assert_eq!(told(&|parts| parts[2].media.clear(), &before), ["kind", "media 1"]);
        assert_eq!(told(&|parts| parts[0].quote = Some("1".to_owned()), &before), ["quotes"]);
        assert_eq!(told(&|parts| parts[0].poll = Some(json!({ "options": ["a", "b"] })), &before), ["poll"]);
        assert_eq!(told(&|parts| { parts[0].options.insert("made_with_ai", json!("true")); }, &before), ["made_with_ai"]);
        assert_eq!(told(&|parts| { parts.pop(); }, &before), ["messages"]);
        // What else is live since: the post that was to be quoted.
        assert_eq!(told(&|_| {}, &HashSet::new()), ["beside them", "beside them"]);
    }
}

/// Checks that a post is refused for these violations and no other.
async fn refused(app: &TestApp, body: Value, expected: &[&str]) {
    let reply = app.client.submit_raw(body.clone()).await;
    let what: String = body.to_string().chars().take(600).collect();
    assert_eq!(reply.status, 422, "{what}\n{:#}", reply.body);
    assert_eq!(reply.violations(), expected, "{what}\n{:#}", reply.body);
}

/// Nothing of what was refused is stored or live.
async fn nothing_is_stored(app: &TestApp) {
    assert_eq!(app.count("SELECT count(*) FROM posts").await, 0);
    app.settle(HOUR).await;
    assert!(app.simulator.live_posts().is_empty());
}

both_modes! {
    async fn options_that_x_does_not_take_are_refused_by_name(app: &TestApp) {
        let image = upload(app, jpeg(800, 600)).await;
        let poll = json!({ "options": ["a", "b"] });
        let poll_of = |options: Value| json!({ "poll": { "options": options } });
        let lasting = |minutes: Value| json!({ "poll": { "options": ["a", "b"], "duration_minutes": minutes } });
        let cases = [
            (json!({ "poll": poll, "quote": "1" }), "poll options_exclude_each_other"),
            (json!({ "quote": "12a" }), "quote invalid_id"),
            (json!({ "quote": "" }), "quote invalid_id"),
            (json!({ "community_id": "1".repeat(20) }), "community_id invalid_id"),
            (json!({ "share_with_followers": true }), "share_with_followers needs_another_option"),
            (poll_of(json!(["a"])), "poll.options invalid_poll"),
            (poll_of(json!(["a", "b", "c", "d", "e"])), "poll.options invalid_poll"),
            (poll_of(json!(["a", ""])), "poll.options invalid_poll"),
            (poll_of(json!(["a", "b".repeat(26)])), "poll.options invalid_poll"),
            (lasting(json!(4)), "poll.duration_minutes out_of_range"),
            (lasting(json!(10_081)), "poll.duration_minutes out_of_range"),
            (lasting(json!("5")), "poll.duration_minutes wrong_type"),
            (json!({ "reply_settings": "everyone" }), "reply_settings unknown_word"),
            (json!({ "made_with_ai": "yes" }), "made_with_ai wrong_type"),
            (json!({ "paid_partnership": 1 }), "paid_partnership wrong_type"),
            (json!({ "quote": 1 }), "quote wrong_type"),
            (json!({ "nullcast": true }), "nullcast unknown_field"),
        ];
        for (options, expected) in cases {
            let body = json!({ "text": "a", "accounts": [app.x], "options": { "x": options } });
            refused(app, body, &[&format!("options.x.{expected}")]).await;
        }
        for (name, option) in [("poll", poll.clone()), ("quote", json!("1"))] {
            let body = json!({ "text": "a", "media": [{ "id": image }], "accounts": [app.x],
                               "options": { "x": { name: option } } });
            refused(app, body, &[&format!("options.x.{name} options_exclude_each_other")]).await;
        }
        let no_answers = json!({ "text": "a", "accounts": [app.x], "options": { "x": { "poll": {} } } });
        let missing = ["options.x.poll.options missing"];
        refused(app, no_answers, &missing).await;
        let no_text = json!({ "text": " ", "accounts": [app.x], "options": { "x": { "poll": poll } } });
        refused(app, no_text, &["text text_empty", "options.x.poll text_empty"]).await;
        nothing_is_stored(app).await;
    }
}

both_modes! {
    async fn options_that_threads_does_not_take_are_refused_by_name(app: &TestApp) {
        let image = upload(app, jpeg(800, 600)).await;
        let poll = json!({ "options": ["a", "b"] });
        let long = |plaintext: String| json!({ "text_attachment": { "plaintext": plaintext } });
        let styled = |styling: Value| json!({ "text_attachment": { "plaintext": "abcdef", "styling": styling } });
        let spans = |spans: &[(u32, u32)]| -> Value {
            let spans = spans.iter().map(|(offset, length)| json!({ "offset": offset, "length": length }));
            json!({ "text_spoilers": spans.collect::<Vec<_>>() })
        };
        let bold = |offset: u32, length: u32| json!({ "offset": offset, "length": length, "styles": ["bold"] });
        let with_link = json!({ "plaintext": "a", "link_attachment_url": "https://example.com" });
        let cases = [
            (json!({ "reply_control": "nobody" }), "reply_control unknown_word"),
            (json!({ "topic_tag": "" }), "topic_tag invalid_topic_tag"),
            (json!({ "topic_tag": "a".repeat(51) }), "topic_tag invalid_topic_tag"),
            (json!({ "topic_tag": "a.b" }), "topic_tag invalid_topic_tag"),
            (json!({ "topic_tag": "a&b" }), "topic_tag invalid_topic_tag"),
            (json!({ "topic_tag": "#a" }), "topic_tag invalid_topic_tag"),
            (json!({ "link_attachment": "example.com" }), "link_attachment invalid_link"),
            (json!({ "link_attachment": "https://nothing" }), "link_attachment invalid_link"),
            (json!({ "link_attachment": "" }), "link_attachment invalid_link"),
            (json!({ "quote": "DabcDEF" }), "quote invalid_id"),
            (json!({ "poll": { "options": ["a"] } }), "poll.options invalid_poll"),
            (json!({ "poll": { "options": ["a", "b".repeat(26)] } }), "poll.options invalid_poll"),
            (json!({ "poll": { "options": ["a", "b"], "duration_minutes": 5 } }), "poll.duration_minutes unknown_field"),
            (json!({ "poll": poll, "text_attachment": { "plaintext": "a" } }), "text_attachment options_exclude_each_other"),
            (json!({ "text_attachment": with_link, "link_attachment": "https://example.org" }), "link_attachment options_exclude_each_other"),
            (json!({ "spoiler_media": true }), "spoiler_media needs_media"),
            (json!({ "ghost": true, "topic_tag": "a" }), "ghost options_exclude_each_other"),
            (json!({ "ghost": true, "quote": "1" }), "ghost options_exclude_each_other"),
            (json!({ "gif": { "id": "" } }), "gif.id invalid_id"),
            (json!({ "gif": { "id": "a", "provider": "TENOR" } }), "gif.provider unknown_field"),
            (json!({ "allowed_countries": ["de"] }), "allowed_countries invalid_country"),
            (json!({ "allowed_countries": ["DE", "USA"] }), "allowed_countries invalid_country"),
            (spans(&[(0, 7)]), "text_spoilers invalid_span"),
            (spans(&[(6, 1)]), "text_spoilers invalid_span"),
            (spans(&[(0, 3), (2, 2)]), "text_spoilers invalid_span"),
            (spans(&[(0, 0)]), "text_spoilers[0].length out_of_range"),
            (json!({ "text_spoilers": [{ "offset": 0 }] }), "text_spoilers[0].length missing"),
            (long("a".repeat(10_001)), "text_attachment.plaintext text_too_long"),
            (styled(json!([bold(0, 7)])), "text_attachment.styling invalid_span"),
            (styled(json!([bold(0, 3), bold(2, 1)])), "text_attachment.styling invalid_span"),
            (styled(json!([{ "offset": 0, "length": 1, "styles": ["loud"] }])), "text_attachment.styling[0].styles unknown_word"),
            (styled(json!([{ "offset": 0, "length": 1, "styles": [] }])), "text_attachment.styling[0].styles unknown_word"),
            (json!({ "text_attachment": { "plaintext": "a", "link_attachment_url": "x" } }), "text_attachment.link_attachment_url invalid_link"),
            (json!({ "ghost": "yes" }), "ghost wrong_type"),
            (json!({ "crossreshare_to_ig": true }), "crossreshare_to_ig unknown_field"),
        ];
        for (options, expected) in cases {
            let body = json!({ "text": "abcdef", "accounts": [app.threads], "options": { "threads": options } });
            refused(app, body, &[&format!("options.threads.{expected}")]).await;
        }
        for (name, option) in [
            ("poll", poll), ("link_attachment", json!("https://example.com")), ("gif", json!({ "id": "a" })),
            ("text_attachment", json!({ "plaintext": "a" })), ("ghost", json!(true)),
        ] {
            let body = json!({ "text": "a", "media": [{ "id": image }], "accounts": [app.threads],
                               "options": { "threads": { name: option } } });
            refused(app, body, &[&format!("options.threads.{name} needs_text_alone")]).await;
        }
        let ghost = json!({ "parts": [{ "text": "a" }, { "text": "b" }], "accounts": [app.threads],
                            "options": { "threads": { "ghost": true } } });
        refused(app, ghost, &["options.threads.ghost options_exclude_each_other"]).await;
        let eleven: Vec<(u32, u32)> = (0..11).map(|number| (number, 1)).collect();
        let body = json!({ "text": "abcdefghijk", "accounts": [app.threads], "options": { "threads": spans(&eleven) } });
        refused(app, body, &["options.threads.text_spoilers too_many_spoilers"]).await;
        let links: Vec<String> = (1..=5).map(|number| format!("https://example.com/{number}")).collect();
        let body = json!({ "text": links.join(" "), "accounts": [app.threads],
                           "options": { "threads": { "link_attachment": "https://example.com/6" } } });
        refused(app, body, &["text too_many_links"]).await;
        nothing_is_stored(app).await;
    }
}

both_modes! {
    async fn options_are_named_where_they_were_written(app: &TestApp) {
        let bad = json!({ "options": { "x": { "quote": "a" } } });
        for name in ["x", app.x.as_str()] {
            let body = json!({ "text": "a", "accounts": app.both(), "overrides": { name: bad } });
            refused(app, body, &[&format!("overrides.{name}.options.x.quote invalid_id")]).await;
        }
        nothing_is_stored(app).await;
    }
}

both_modes! {
    async fn files_that_a_platform_does_not_take_are_refused_one_by_one(app: &TestApp) {
        let video = |spec: Mp4Spec| mp4(&spec);
        let lasting = |duration_ms: u32| video(Mp4Spec { duration_ms, ..Mp4Spec::default() });
        let sized = |width: u16, height: u16| video(Mp4Spec { width, height, ..Mp4Spec::default() });
        let at_rate = |frames_per_second: f64| video(Mp4Spec { frames_per_second, ..Mp4Spec::default() });
        let sounding = |codec: [u8; 4], channels| video(Mp4Spec { audio: Some(Mp4Audio { codec, channels }), ..Mp4Spec::default() });
        let (threads, x) = (&app.threads, &app.x);
        let cases = [
            (gif(100, 80, 3), threads, "threads_gif"),
            (gif(1_281, 10, 2), x, "x_gif_dimensions"),
            (gif(16, 16, 351), x, "x_gif_too_many_frames"),
            (webp(400, 400), threads, "threads_image_format"),
            (jpeg(1_100, 100), threads, "threads_image_aspect"),
            (png_noise(1_400, 1_400), x, "x_image_too_large"),
            (lasting(141_000), x, "x_video_too_long"),
            (lasting(400), x, "x_video_too_short"),
            (lasting(301_000), threads, "threads_video_too_long"),
            (sized(1_280, 400), x, "x_video_aspect"),
            (sized(30, 30), x, "x_video_too_small"),
            (sized(1_921, 1_080), threads, "threads_video_too_wide"),
            (at_rate(61.0), x, "x_video_frame_rate"),
            (at_rate(20.0), threads, "threads_video_frame_rate"),
            (sounding(*b"Opus", 2), x, "x_audio_codec"),
            (sounding(*b"mp4a", 6), threads, "threads_audio_channels"),
            (video(Mp4Spec { video_codec: *b"hvc1", ..Mp4Spec::default() }), x, "x_video_codec"),
            (video(Mp4Spec { moov_first: false, ..Mp4Spec::default() }), threads, "threads_video_index_last"),
        ];
        for (bytes, account, code) in cases {
            let answer = app.client.upload("/v1/media", bytes).await;
            assert_eq!(answer.status, 201, "{code}: {:#}", answer.body);
            let body = json!({ "text": "a", "media": [{ "id": id(&answer.body) }], "accounts": [account] });
            refused(app, body, &[&format!("media[0] {code}")]).await;
        }
        nothing_is_stored(app).await;
    }
}

both_modes! {
    async fn files_that_do_not_go_together_are_refused(app: &TestApp) {
        let image = upload(app, jpeg(800, 600)).await;
        let film = upload(app, mp4(&Mp4Spec::default())).await;
        let moving = upload(app, gif(100, 80, 3)).await;
        let media = |ids: &[&String]| -> Vec<Value> { ids.iter().map(|id| json!({ "id": id })).collect() };
        for (ids, code) in [
            (vec![&image; 5], "x_too_many_images"),
            (vec![&image, &film], "x_mixed_media"),
            (vec![&image, &moving], "x_mixed_media"),
            (vec![&moving, &moving], "x_mixed_media"),
            (vec![&film, &film], "x_mixed_media"),
        ] {
            let body = json!({ "text": "a", "media": media(&ids), "accounts": [app.x] });
            refused(app, body, &[&format!("media {code}")]).await;
            let body = json!({ "parts": [{ "text": "a" }, { "media": media(&ids) }], "accounts": [app.x] });
            refused(app, body, &[&format!("parts[1].media {code}")]).await;
        }
        let body = json!({ "text": "a", "media": media(&[&image; 21]), "accounts": [app.threads] });
        refused(app, body, &["media threads_too_many_media"]).await;
        nothing_is_stored(app).await;
    }
}

both_modes! {
    async fn files_must_be_there_be_ones_own_and_be_described_shortly(app: &TestApp) {
        let own = upload(app, jpeg(800, 600)).await;
        let (_, stranger) = app.another_owner("stranger").await;
        let foreign = stranger.upload("/v1/media", jpeg(700, 600)).await;
        let foreign = id(&foreign.body);
        let unknown = format!("med_{}", "0".repeat(32));
        for wrong in [foreign, unknown.as_str(), "", "cat.jpg", app.x.as_str()] {
            let body = json!({ "text": "a", "media": [{ "id": own }, { "id": wrong }], "accounts": app.both() });
            refused(app, body, &["media[1].id media_unknown"]).await;
        }
        let body = json!({ "text": "a", "media": [{ "id": own, "alt_text": "a".repeat(1_001) }], "accounts": app.both() });
        refused(app, body, &["media[0].alt_text alt_text_too_long"]).await;
        let body = json!({ "parts": [{ "media": [{ "id": own, "alt_text": "a\0b" }] }], "accounts": app.both() });
        refused(app, body, &["parts[0].media[0].alt_text invalid_character"]).await;
        let body = json!({ "text": "a", "media": [{ "id": own, "caption": "b" }], "accounts": app.both() });
        refused(app, body, &["media[0].caption unknown_field"]).await;
        nothing_is_stored(app).await;
    }
}

both_modes! {
    async fn a_chain_has_25_parts_at_most_written_or_cut(app: &TestApp) {
        let parts: Vec<Value> = (1..=26).map(|number| json!({ "text": number.to_string() })).collect();
        let body = json!({ "parts": parts, "accounts": [app.x] });
        refused(app, body, &["parts[0].text too_many_parts"]).await;
        let body = json!({ "text": "a", "parts": [{ "text": "b" }], "accounts": [app.x] });
        refused(app, body, &["parts text_and_parts"]).await;
        let body = json!({ "parts": [], "accounts": [app.x] });
        refused(app, body, &["parts missing"]).await;
        let body = json!({ "parts": [{}], "accounts": [app.x] });
        refused(app, body, &["parts[0].text missing", "parts[0].text text_empty"]).await;
        let long = "word ".repeat(280 * 26 / 5);
        let body = json!({ "text": long, "split": true, "accounts": [app.x] });
        refused(app, body, &["text can_not_be_split"]).await;
        let body = json!({ "text": "a", "split": { "numbers": true }, "accounts": [app.x] });
        refused(app, body, &["split.numbers unknown_field"]).await;
        nothing_is_stored(app).await;
    }
}

both_modes! {
    async fn what_a_connection_may_not_do_is_refused_at_once(app: &TestApp) {
        let image = upload(app, jpeg(800, 600)).await;
        app.execute(&format!("UPDATE accounts SET scopes = 'tweet.read tweet.write users.read' WHERE id = '{}'", app.x)).await;
        let body = json!({ "text": "a", "media": [{ "id": image }], "accounts": app.both() });
        refused(app, body, &["media permission_missing"]).await;
        let scopes = "threads_basic threads_content_publish threads_manage_replies";
        app.execute(&format!("UPDATE accounts SET scopes = '{scopes}' WHERE id = '{}'", app.threads)).await;
        let body = json!({ "text": "a", "accounts": [app.threads], "options": { "threads": { "location_id": "1" } } });
        refused(app, body, &["options.threads.location_id permission_missing"]).await;
        nothing_is_stored(app).await;
    }
}
