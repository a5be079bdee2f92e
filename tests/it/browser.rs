//! As people use it: in a real browser, against the simulated platforms.

mod clerk;
mod connecting;
mod signing_in;
mod webhooks;

use entities::{Clock, Platform};
use serde_json::json;
use tests::app::Options;
use tests::browser::Browser;
use tests::{Mode, TestApp};
use tokio_util::sync::DropGuard;

/// The product as it runs: real time, and a worker that works by itself until the guard is dropped.
async fn running(mode: Mode, clerk: bool) -> (TestApp, DropGuard) {
    let options = Options {
        clock: Some(Clock::system()),
        clerk,
        ..Options::default()
    };
    let app = TestApp::spawn_with(mode, options).await;
    let worker = app.worker.clone();
    let stop = worker.stop.clone();
    tokio::spawn(worker::run::run(worker));
    (app, stop.drop_guard())
}

/// A window that somebody has signed in with.
async fn signed_in(app: &TestApp, width: u32, height: u32) -> Browser {
    let browser = Browser::start(width, height).await;
    browser.open(&app.sign_in_link().await).await;
    browser.until_shows("#connect", "Connect X").await;
    browser
}

/// Waits until the page says what came of a connection, having let go of what it was sent. All in
/// one look: good news goes on by itself.
async fn told(browser: &Browser, state: &str, words: &str) {
    let script = format!(
        "const outcome = document.querySelector('#outcome');
        return outcome?.dataset.state === {} && outcome.innerText.includes({})
            && location.pathname.endsWith('/callback') && location.search === '' && location.hash === '';",
        json!(state),
        json!(words)
    );
    browser.until(&format!("{state}: {words}"), &script).await;
}

/// Follows the link to the page, unless it has gone on by itself.
async fn go_on(browser: &Browser) {
    let script = "document.getElementById('go-on')?.click();
        return location.pathname === '/' && document.querySelector('#connect button') !== null;";
    browser.until("the page", script).await;
}

/// Ticks exactly these two accounts.
async fn tick(browser: &Browser, username: &str) {
    let script = format!(
        "const rows = [...document.querySelectorAll('#accounts .account')]
            .filter((row) => row.innerText.includes('@{username}'));
        for (const box of document.querySelectorAll('#accounts input')) {{
            if (box.checked !== rows.some((row) => row.contains(box))) box.click();
        }}
        return rows.length === 2;"
    );
    let what = format!("two accounts of @{username}");
    browser.until(&what, &script).await;
}

async fn post(browser: &Browser, text: &str) {
    browser.type_into("#text", text).await;
    browser.click("#submit").await;
}

/// Both deliveries of the newest post are published, and lead to what is live.
async fn published_with_links(browser: &Browser, app: &TestApp, text: &str) {
    browser.until_shows("#cards li", text).await;
    let script =
        "return document.querySelectorAll('#cards li:first-child .delivery a[href]').length === 2;";
    browser.until("two links", script).await;
    browser.until_shows("#cards li .chip", "Published").await;
    for platform in [Platform::Threads, Platform::X] {
        assert_eq!(app.live_count(platform, text), 1, "{platform}");
    }
}

/// How many accounts the page lists.
async fn until_accounts(browser: &Browser, count: usize) {
    let script =
        format!("return document.querySelectorAll('#accounts .account').length === {count};");
    browser.until(&format!("{count} accounts"), &script).await;
}

/// What the page has complained of, but for answers that are bad news.
async fn complaints(browser: &Browser) -> Vec<String> {
    let all = browser.complaints().await;
    let is_answer = |words: &String| words.contains("the server responded with a status of 4");
    all.into_iter().filter(|words| !is_answer(words)).collect()
}

/// Whether the keyboard would go on there.
async fn has_focus(browser: &Browser, css: &str) -> bool {
    let script = "return document.activeElement === document.querySelector(arguments[0]);";
    browser.script(script, json!([css])).await == true
}
