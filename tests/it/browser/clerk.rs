//! With Clerk: its own script, unchanged, against the simulated Clerk.

use simulator::{ClerkError, ClerkFault, ClerkOperation, ClerkTrouble, NewClerkUser};
use tests::browser::Browser;
use tests::{Mode, TestApp};

use super::{complaints, go_on, post, published_with_links, running, tick, told};

/// A window in which a new user has signed in at Clerk's page.
async fn signed_in(app: &TestApp, width: u32, height: u32) -> Browser {
    let user = app.simulator.add_clerk_user(NewClerkUser::new("ada"));
    let browser = Browser::start(width, height).await;
    browser.open(app.page_url()).await;
    browser.click("#clerk-sign-in").await;
    browser.choose("select[name=user]", &user).await;
    browser.click("#sign-in").await;
    browser.until_shows("#connect", "Connect X").await;
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_with_clerk_links_both_networks_and_posts() {
    let (app, _stop) = running(Mode::Distributed, true).await;
    let browser = signed_in(&app, 1200, 900).await;
    for (platform, button) in [("Threads", "#connect-threads"), ("X", "#connect-x")] {
        browser.click(button).await;
        browser.until_shows("h1", platform).await;
        browser.click("#allow").await;
        let words = format!("@ann on {platform} is connected");
        told(&browser, "connected", &words).await;
        go_on(&browser).await;
    }
    tick(&browser, "ann").await;
    post(&browser, "Hello by Clerk").await;
    published_with_links(&browser, &app, "Hello by Clerk").await;
    // Nothing that Clerk's script needs is refused by the page's policy, and no part of it is missing.
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    browser.click("#sign-out").await;
    browser.until_shows("#clerk-form", "Sign in").await;
    browser.open(app.page_url()).await;
    browser.until_shows("#clerk-form", "Sign in").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_denies_at_clerk_is_helped_and_can_try_again() {
    let (app, _stop) = running(Mode::Embedded, true).await;
    let browser = signed_in(&app, 390, 844).await;
    browser.click("#connect-threads").await;
    browser.click("#allow").await;
    told(&browser, "connected", "@ann on Threads is connected").await;
    go_on(&browser).await;
    // That another profile is connected does not hide that this one is not.
    browser.click("#connect-x").await;
    browser.click("#deny").await;
    told(&browser, "refused", "did not grant access").await;
    browser
        .until_shows("#outcome", "Nothing was connected")
        .await;
    assert!(browser.fits().await);
    browser.click("#try-again").await;
    browser.click("#allow").await;
    told(&browser, "connected", "@ann on X is connected").await;
    assert_eq!(complaints(&browser).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_signed_in_too_long_ago_is_led_to_sign_in_again() {
    let (app, _stop) = running(Mode::Embedded, true).await;
    let browser = signed_in(&app, 390, 844).await;
    let stale = ClerkFault::error(ClerkOperation::Connect, ClerkError::ReverificationRequired);
    app.simulator.add_clerk_faults(vec![stale]);
    browser.click("#connect-x").await;
    browser
        .until_shows("#connect-problem", "shortly after you have signed in")
        .await;
    browser.click("#sign-in-again").await;
    browser.until_shows("h1", "Sign in").await;
    browser
        .type_into("input[name=username]", "ada the second")
        .await;
    browser.click("#sign-in").await;
    browser.click("#connect-x").await;
    browser.click("#allow").await;
    told(&browser, "connected", "@ann on X is connected").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_is_not_signed_in_is_led_to_clerk() {
    let (app, _stop) = running(Mode::Embedded, true).await;
    let browser = Browser::start(1200, 900).await;
    let callback = format!("{}/oauth/clerk/callback", app.page_url());
    browser.open(&callback).await;
    told(&browser, "signed-out", "Sign in first").await;
    browser.click("#go-on").await;
    browser.until_shows("#clerk-form", "Sign in").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_clerk_does_not_answer_the_page_says_so() {
    let (app, _stop) = running(Mode::Embedded, true).await;
    app.simulator.add_clerk_faults(vec![ClerkFault {
        on: Some(ClerkOperation::Frontend),
        trouble: ClerkTrouble::Error(ClerkError::BadGateway),
        times: u32::MAX,
    }]);
    let browser = Browser::start(390, 844).await;
    browser.open(app.page_url()).await;
    browser
        .until_shows("#clerk-problem", "does not answer")
        .await;
    // Whoever presses nevertheless is not led astray.
    browser.click("#clerk-sign-in").await;
    browser
        .until_shows("#clerk-problem", "does not answer")
        .await;
    assert_eq!(browser.url().await, format!("{}/", app.page_url()));
}
