//! As people use it: in a real browser, against the simulated platforms.

use entities::{Clock, Platform};
use serde_json::json;
use tests::app::Options;
use tests::browser::Browser;
use tests::{Mode, TestApp};
use tokio_util::sync::CancellationToken;

/// The product as it runs: real time, and a worker that works by itself.
async fn running(mode: Mode, clerk: bool) -> (TestApp, CancellationToken) {
    let options = Options {
        clock: Some(Clock::system()),
        clerk,
        ..Options::default()
    };
    let app = TestApp::spawn_with(mode, options).await;
    let worker = app.worker.clone();
    let stop = worker.stop.clone();
    tokio::spawn(worker::run::run(worker));
    (app, stop)
}

async fn write(browser: &Browser, text: &str) {
    browser.type_into("#text", text).await;
    browser.click("#submit").await;
}

/// Both deliveries of the newest post are published, and lead to what is live.
async fn published_with_links(browser: &Browser, app: &TestApp, text: &str) {
    browser.until_shows("#cards li", text).await;
    browser
        .until(
            "two links",
            "return document.querySelectorAll('#cards li:first-child .delivery a[href]').length === 2;",
        )
        .await;
    browser.until_shows("#cards li .chip", "Published").await;
    for platform in [Platform::Threads, Platform::X] {
        assert_eq!(app.live_count(platform, text), 1, "{platform}");
    }
}

async fn ticked_for(browser: &Browser, username: &str) {
    let script = format!(
        "const rows = [...document.querySelectorAll('#accounts .account')].filter((row) => row.innerText.includes('@{username}')); \
         for (const box of document.querySelectorAll('#accounts input')) {{ \
           const wanted = rows.some((row) => row.contains(box)); if (box.checked !== wanted) box.click(); }} \
         return rows.length === 2;"
    );
    browser
        .until(&format!("two accounts of @{username}"), &script)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_opens_the_link_connects_both_networks_and_posts() {
    let (app, stop) = running(Mode::Embedded, false).await;
    for platform in [simulator::Platform::Threads, simulator::Platform::X] {
        app.simulator.add_account(simulator::NewAccount::new(
            platform,
            "grace",
            format!("grace-{platform:?}"),
        ));
    }
    let browser = Browser::start(1200, 900).await;
    let link = app.sign_in_link().await;
    browser.open(&link).await;
    browser.until_shows("#connect", "Connect Threads").await;
    assert!(
        !browser.url().await.contains("link="),
        "the link stays in no history"
    );

    for (platform, button) in [("Threads", "#connect-threads"), ("X", "#connect-x")] {
        browser.click(button).await;
        browser.until_shows("h1", platform).await;
        let choose = "document.querySelector('select[name=account]').value = 'grace'; return true;";
        browser.script(choose, json!([])).await;
        browser.click("#allow").await;
        browser
            .until_shows("#outcome", &format!("@grace on {platform} is connected"))
            .await;
        assert!(
            !browser.url().await.contains("code="),
            "the code stays in no history"
        );
        browser.click("#go-on").await;
        browser.until_shows("#accounts", "@grace").await;
    }
    ticked_for(&browser, "grace").await;
    write(&browser, "Hello from a browser").await;
    published_with_links(&browser, &app, "Hello from a browser").await;

    // The link is used up, and the session goes on.
    browser.open("about:blank").await;
    browser.open(app.page_url()).await;
    browser.until_shows("#accounts", "@grace").await;
    let another = Browser::start(390, 844).await;
    another.open(&link).await;
    another.until_shows("#key-problem", "used already").await;
    assert!(
        another
            .text("#key-problem")
            .await
            .contains("dualposts link")
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_denies_is_helped_and_can_try_again() {
    let (app, stop) = running(Mode::Embedded, false).await;
    let browser = Browser::start(390, 844).await;
    browser.open(&app.sign_in_link().await).await;
    for (platform, button) in [("Threads", "#connect-threads"), ("X", "#connect-x")] {
        browser.click(button).await;
        browser.click("#deny").await;
        browser.until_shows("#outcome", "You did not allow").await;
        let words = browser.text("#outcome").await;
        assert!(
            words.contains("Nothing was connected") && words.contains("access_denied"),
            "{words}"
        );
        browser.click("#try-again").await;
        browser.click("#allow").await;
        browser
            .until_shows("#outcome", &format!("@ann on {platform} is connected"))
            .await;
        browser.click("#go-on").await;
        browser.until_shows("#accounts", "@ann").await;
    }
    // Disconnecting asks first, and takes the account out of the list.
    browser
        .click("#accounts .account:last-child .account-buttons button:last-of-type")
        .await;
    browser.click("dialog .danger").await;
    browser
        .until(
            "one account",
            "return document.querySelectorAll('#accounts .account').length === 1;",
        )
        .await;
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_is_not_signed_in_connects_nothing() {
    let (app, stop) = running(Mode::Embedded, false).await;
    let browser = Browser::start(1200, 900).await;
    let callback = format!(
        "{}/oauth/x/callback?state=made-up&code=made-up",
        app.page_url()
    );
    browser.open(&callback).await;
    browser.until_shows("#outcome", "Sign in first").await;
    browser.open(&app.sign_in_link().await).await;
    browser.until_shows("#connect", "Connect X").await;
    browser.open(&callback).await;
    browser.until_shows("#outcome", "was not begun here").await;
    browser.open(app.page_url()).await;
    browser.click("#sign-out").await;
    browser.until_shows("#key-form", "dualposts link").await;
    browser.open(app.page_url()).await;
    browser.until_shows("#key-form", "dualposts link").await;
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_with_clerk_links_both_networks_and_posts() {
    let (app, stop) = running(Mode::Distributed, true).await;
    let browser = Browser::start(1200, 900).await;
    browser.open(app.page_url()).await;
    browser.click("#clerk-sign-in").await;
    browser.type_into("input[name=username]", "ada").await;
    browser.click("#sign-in").await;
    for (platform, button) in [("Threads", "#connect-threads"), ("X", "#connect-x")] {
        browser.click(button).await;
        browser.until_shows("h1", platform).await;
        browser.click("#allow").await;
        browser.until_shows("#outcome", "connected").await;
        assert!(
            browser
                .text("#outcome")
                .await
                .contains(&format!("on {platform}"))
        );
        browser.click("#go-on").await;
        browser.until_shows("#connect", "Connect X").await;
    }
    ticked_for(&browser, "ann").await;
    write(&browser, "Hello by Clerk").await;
    published_with_links(&browser, &app, "Hello by Clerk").await;
    browser.click("#sign-out").await;
    browser.until_shows("#clerk-form", "Sign in").await;
    stop.cancel();
}
