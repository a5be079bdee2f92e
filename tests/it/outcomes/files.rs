//! Chains and posts with files, whose uploads fail or whose visible calls are not answered.

use std::time::Duration;

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{
    ContainerFate, Fault, LagRanges, LivePost, MediaFate, Operation, SecondPublish, When,
};
use tests::client::text;
use tests::{TestApp, both_modes};

use super::{BOTH_SIDES, HOUR, broken, on};
use crate::crashes::files::{Carried, Shelf};

/// A chain, by what its parts carry; the texts are `{name} 0`, `{name} 1`, ...
struct Chain<'a> {
    name: &'a str,
    carried: &'a [Carried],
}

impl Chain<'_> {
    fn written(&self, index: usize) -> String {
        format!("{} {index} & <more>", self.name)
    }

    async fn submit(&self, app: &TestApp, shelf: &Shelf) -> Value {
        let parts = self.carried.iter().enumerate();
        let parts: Vec<Value> = parts
            .map(|(index, carried)| shelf.part(&self.written(index), *carried))
            .collect();
        let body = json!({ "parts": parts, "accounts": app.both() });
        let reply = app.client.submit_raw(body).await;
        reply.expect(StatusCode::ACCEPTED)
    }

    /// The first `count` parts are live once with their files, each an answer to the one before,
    /// and on record; no other is.
    async fn check(&self, app: &TestApp, post: &Value, platform: Platform, count: usize) -> Value {
        let delivery = app.client.delivery(post, platform.as_str()).await;
        let story = app.client.attempts(&delivery).await;
        let mut live = app.live_on(platform);
        live.retain(|post| post.text.starts_with(self.name));
        assert_eq!(live.len(), count, "{}: {live:#?}\n{story:?}", self.name);
        let mut before = None;
        for index in 0..count {
            let written = self.written(index);
            let is_it = |post: &&LivePost| post.text == written;
            let found = live.iter().find(is_it).expect("it is live");
            assert!(self.carried[index].is_live(&found.media), "{found:?}");
            assert_eq!(found.reply_to, before, "{found:?}");
            let part = &delivery["parts"][index];
            assert_eq!(part["remote_id"], found.id, "{delivery:#}");
            assert_eq!(part["url"], found.url, "{delivery:#}");
            before = Some(found.id.clone());
        }
        let told = delivery["parts"].as_array().map(Vec::len);
        assert_eq!(told, Some(count), "{delivery:#}");
        delivery
    }

    async fn check_all(&self, app: &TestApp, post: &Value) {
        for platform in Platform::ALL {
            let delivery = self.check(app, post, *platform, self.carried.len()).await;
            assert_eq!(delivery["status"], "published", "{delivery:#}");
        }
    }
}

/// Whatever could be out twice is, so that it shows.
fn forgive_nothing(app: &TestApp) {
    app.simulator.set_settings(|settings| {
        settings.threads.second_publish = SecondPublish::Duplicate;
        settings.x.duplicate_check = false;
    });
}

both_modes! {
    async fn a_chain_whose_second_part_fails_to_upload_for_a_while_goes_on_there(app: &TestApp) {
        forgive_nothing(app);
        let shelf = Shelf::filled(&app.client).await;
        let chain = Chain { name: "resumed", carried: &[Carried::Film, Carried::Images, Carried::Clip] };
        let down = |operation| {
            let fault = Fault::Status { when: When::Before, status: 503, body: Default::default(), headers: Default::default() };
            on(operation, fault).times(6)
        };
        app.simulator.add_faults(vec![down(Operation::XMediaUpload), down(Operation::CreateChild)]);
        let post = chain.submit(app, &shelf).await;
        app.drain().await;
        for platform in Platform::ALL {
            let delivery = chain.check(app, &post, *platform, 1).await;
            assert_eq!(delivery["status"], "queued", "{delivery:#}");
        }
        app.settle(HOUR).await;
        chain.check_all(app, &post).await;
        // What was up already was not sent again.
        let calls = app.simulator.calls();
        let begun = calls.iter().filter(|call| call.operation == Operation::XMediaInitialize);
        assert_eq!(begun.count(), 2);
    }
}

both_modes! {
    async fn a_chain_whose_file_is_refused_keeps_what_is_live_and_goes_on_when_a_person_says_so(app: &TestApp) {
        forgive_nothing(app);
        let shelf = Shelf::filled(&app.client).await;
        let chain = Chain { name: "refused", carried: &[Carried::Image, Carried::Film, Carried::Nothing] };
        let unusable = MediaFate::Fails("Unsupported video format".to_owned());
        let too_long = ContainerFate::Error("INVALID_DURATION".to_owned());
        app.simulator.add_faults(vec![
            on(Operation::XMediaFinalize, Fault::Media { becomes: unusable }).once(),
            on(Operation::CreateContainer, Fault::Container { becomes: too_long }).text_contains("refused 1").once(),
        ]);
        let post = chain.submit(app, &shelf).await;
        app.settle(HOUR).await;
        for (platform, code) in [(Platform::X, "media_invalid"), (Platform::Threads, "content_refused")] {
            let delivery = chain.check(app, &post, platform, 1).await;
            assert_eq!((&delivery["status"], &delivery["error"]["code"]), (&json!("failed"), &json!(code)));
            let path = format!("/v1/deliveries/{}/retry", text(&delivery["id"]));
            assert_eq!(app.client.post(&path, json!({})).await.status, 202);
        }
        app.settle(HOUR).await;
        chain.check_all(app, &post).await;
    }
}

both_modes! {
    async fn a_chain_with_files_whose_answers_are_lost_at_any_part_goes_out_once(app: &TestApp) {
        forgive_nothing(app);
        let shelf = Shelf::filled(&app.client).await;
        let carried = [Carried::Images, Carried::Clip, Carried::Image];
        for part in 0..carried.len() {
            for when in BOTH_SIDES {
                app.simulator.clear_faults();
                let name = format!("lost {when:?} at {part}");
                let chain = Chain { name: &name, carried: &carried };
                let lost = |operation| {
                    let fault = Fault::Lost { when };
                    on(operation, fault).text_contains(chain.written(part)).once()
                };
                app.simulator.add_faults(vec![lost(Operation::Publish), lost(Operation::XCreate)]);
                let post = chain.submit(app, &shelf).await;
                app.settle(HOUR).await;
                chain.check_all(app, &post).await;
                assert!(app.simulator.faults().iter().all(|rule| rule.fired == 1));
            }
        }
    }
}

both_modes! {
    async fn a_stretch_whose_answer_tells_nothing_is_sent_again_and_the_video_is_whole(app: &TestApp) {
        let shelf = Shelf::filled(&app.client).await;
        for (number, stretch) in [0, 1].into_iter().flat_map(|at| [(0, at), (1, at)]) {
            let when = BOTH_SIDES[number];
            for (kind, fault) in broken(Platform::X, when) {
                app.simulator.clear_faults();
                app.simulator.add_faults(vec![on(Operation::XMediaAppend, fault).skip(stretch).once()]);
                let body = json!({
                    "parts": [shelf.part(&format!("{kind} at {stretch}"), Carried::Film)],
                    "accounts": [app.x],
                });
                let post = app.client.submit_raw(body).await.expect(StatusCode::ACCEPTED);
                app.settle(HOUR).await;
                let delivery = app.client.delivery(&post, "x").await;
                assert_eq!(delivery["status"], "published", "{kind}: {delivery:#}");
                let live = app.live_on(Platform::X);
                let live: Vec<_> = live.iter().filter(|post| post.text == format!("{kind} at {stretch}")).collect();
                assert!(live.len() == 1 && Carried::Film.is_live(&live[0].media), "{kind}: {live:?}");
            }
        }
    }
}

/// Posts the same text twice, with another image each, while the first answers are lost on these
/// sides.
async fn twins(app: &TestApp, shelf: &Shelf, sides: [When; 2]) {
    let written = format!("the same, lost {:?} and {:?}", sides[0], sides[1]);
    app.simulator.clear_faults();
    let pictures = [Carried::Image, Carried::OtherImage];
    let mut posts = Vec::new();
    for (carried, when) in pictures.into_iter().zip(sides) {
        let rule = |operation| on(operation, Fault::Lost { when }).text_contains(&written);
        let rules = [Operation::Publish, Operation::XCreate].map(|at| rule(at).once());
        app.simulator.add_faults(rules.into());
        let part = shelf.part(&written, carried);
        let body = json!({ "parts": [part], "accounts": app.both() });
        let reply = app.client.submit_raw(body).await;
        posts.push(reply.expect(StatusCode::ACCEPTED));
        app.drain().await;
        // Threads does not say which container a post came from: when it was made is all that tells
        // two images apart there, and clocks differ by some seconds.
        app.advance(Duration::from_secs(10)).await;
    }
    app.settle(HOUR).await;
    for platform in Platform::ALL {
        let mut live = app.live_on(*platform);
        live.retain(|post| post.text == written);
        assert_eq!(live.len(), 2, "{live:#?}");
        for (post, carried) in posts.iter().zip(pictures) {
            let own: Vec<_> = live
                .iter()
                .filter(|one| carried.is_live(&one.media))
                .collect();
            assert_eq!(own.len(), 1, "{carried:?}: {live:#?}");
            let delivery = app.client.delivery(post, platform.as_str()).await;
            let is_own = delivery["status"] == "published" && delivery["remote_id"] == own[0].id;
            let story = app.client.attempts(&delivery).await;
            assert!(
                is_own,
                "{written}: {carried:?} is {own:?}\n{delivery:#}\n{story:?}"
            );
        }
    }
}

both_modes! {
    async fn two_posts_of_one_text_with_other_images_are_told_apart_when_nobody_was_answered(app: &TestApp) {
        forgive_nothing(app);
        // Neither is found before both are out.
        let late = (40_000, 40_000);
        app.simulator.set_settings(|settings| {
            settings.lags = Some(LagRanges { feed_ms: late, x_timeline_ms: late, ..LagRanges::default() });
        });
        let shelf = Shelf::filled(&app.client).await;
        for first in BOTH_SIDES {
            for second in BOTH_SIDES {
                twins(app, &shelf, [first, second]).await;
            }
        }
    }
}
