//! Without Clerk: a link that signs a browser in, once, and keys for those who have one.

use entities::keys;
use entities::scopes::Scopes;
use secrecy::ExposeSecret;
use tests::Mode;
use tests::browser::Browser;

use super::{running, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_signs_one_browser_in_which_stays_so() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let browser = Browser::start(1200, 900).await;
    let link = app.sign_in_link().await;
    browser.open(&link).await;
    browser.until_shows("#accounts", "@ann").await;
    assert!(
        !browser.url().await.contains("link="),
        "the link stays in no history"
    );

    browser.open("about:blank").await;
    browser.open(app.page_url()).await;
    browser.until_shows("#accounts", "@ann").await;
    // Whoever opens the link once more where it was used is in already.
    browser.open("about:blank").await;
    browser.open(&link).await;
    browser.until_shows("#accounts", "@ann").await;

    let another = Browser::start(390, 844).await;
    another.open(&link).await;
    another.until_shows("#key-problem", "used already").await;
    another.until_shows("#key-problem", "dualposts link").await;
    assert!(another.fits().await);
    // A fresh one works in the same window.
    another.open(&app.sign_in_link().await).await;
    another.until_shows("#accounts", "@ann").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_out_or_whose_session_has_ended_is_asked_to_sign_in() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let browser = signed_in(&app, 1200, 900).await;
    browser.click("#sign-out").await;
    browser.until_shows("#key-form", "dualposts link").await;
    assert_eq!(app.count("SELECT count(*) FROM sessions").await, 0);
    browser.open(app.page_url()).await;
    browser.until_shows("#key-form", "dualposts link").await;

    browser.open(&app.sign_in_link().await).await;
    browser.type_into("#text", "Not lost").await;
    app.execute("DELETE FROM sessions").await;
    browser.click("#submit").await;
    browser
        .until_shows("#key-problem", "You are signed out")
        .await;
    browser.open(&app.sign_in_link().await).await;
    let script = "return document.getElementById('text').value === 'Not lost';";
    browser.until("the text", script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_serves_one_tab() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let browser = Browser::start(1200, 900).await;
    browser.open(app.page_url()).await;
    browser.type_into("#key", "dp_made_up").await;
    browser.click("#key-form .primary").await;
    browser
        .until_shows("#key-problem", "does not take this key")
        .await;

    let (database, now) = (&app.backend.database, app.clock.now());
    let (_, key) = keys::create(database, &app.owner, "page", &Scopes::all(), now)
        .await
        .unwrap();
    // Whoever sends somebody a key in an address would have them work in the sender's name.
    let link = format!("{}/#key={}", app.page_url(), key.expose_secret());
    browser.open("about:blank").await;
    browser.open(&link).await;
    browser.until_shows("#key-form", "Sign in").await;
    browser.type_into("#key", key.expose_secret()).await;
    browser.click("#key-form .primary").await;
    browser.until_shows("#accounts", "@ann").await;
    browser.open("about:blank").await;
    browser.open(app.page_url()).await;
    browser.until_shows("#accounts", "@ann").await;
    browser.click("#sign-out").await;
    browser.until_shows("#key-form", "Sign in").await;
    browser.open(app.page_url()).await;
    browser.until_shows("#key-form", "Sign in").await;
}
