//! Profiles are connected, again and not at all.

use api::connections::Connectors;
use entities::Platform;
use simulator::NewAccount;
use tests::Mode;
use tests::app::simulated;
use tests::browser::Browser;

use super::{
    complaints, go_on, has_focus, post, published_with_links, running, signed_in, tick, told,
    until_accounts,
};

const BUTTONS: [(&str, &str); 2] = [("Threads", "#connect-threads"), ("X", "#connect-x")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_opens_the_link_connects_both_networks_and_posts() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    for platform in [Platform::Threads, Platform::X] {
        let account = NewAccount::new(simulated(platform), "grace", format!("grace-{platform}"));
        app.simulator.add_account(account);
    }
    let browser = signed_in(&app, 1200, 900).await;
    for (platform, button) in BUTTONS {
        browser.click(button).await;
        browser.until_shows("h1", platform).await;
        browser.choose("select[name=account]", "grace").await;
        browser.click("#allow").await;
        let words = format!("@grace on {platform} is connected");
        told(&browser, "connected", &words).await;
        go_on(&browser).await;
    }
    tick(&browser, "grace").await;
    post(&browser, "Hello from a browser").await;
    published_with_links(&browser, &app, "Hello from a browser").await;
    // Not even an answer that is bad news.
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_denies_is_helped_and_can_try_again() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let browser = signed_in(&app, 390, 844).await;
    assert!(browser.fits().await);
    for (platform, button) in BUTTONS {
        browser.click(button).await;
        browser.click("#deny").await;
        told(&browser, "refused", "You did not allow").await;
        let words = browser.text("#outcome").await;
        assert!(
            words.contains("Nothing was connected") && words.contains("access_denied"),
            "{words}"
        );
        assert!(has_focus(&browser, "#try-again").await && browser.fits().await);
        browser.click("#try-again").await;
        browser.click("#allow").await;
        let words = format!("@ann on {platform} is connected");
        told(&browser, "connected", &words).await;
        go_on(&browser).await;
    }
    assert_eq!(complaints(&browser).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_is_not_signed_in_connects_nothing() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let browser = Browser::start(1200, 900).await;
    let callback = format!("{}/oauth/x/callback", app.page_url());
    let made_up = format!("{callback}?state=made-up&code=made-up");
    browser.open(&made_up).await;
    told(&browser, "signed-out", "Sign in first").await;
    browser.open(&app.sign_in_link().await).await;
    browser.until_shows("#connect", "Connect X").await;
    browser.open(&made_up).await;
    told(&browser, "refused", "was not begun here").await;
    browser.open(&callback).await;
    told(&browser, "refused", "nothing to finish").await;
    go_on(&browser).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_must_be_connected_again_says_why_and_a_click_begins_it() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let (id, reason) = (&app.x, "X does not take the token any more.");
    app.execute(&format!(
        "UPDATE accounts SET state = 'needs_reconnect', state_reason = '{reason}' WHERE id = '{id}'"
    ))
    .await;
    let browser = signed_in(&app, 390, 844).await;
    browser.until_shows("#accounts", reason).await;
    assert!(browser.fits().await);
    browser.click(&format!("#again-{id}")).await;
    browser.click("#allow").await;
    told(&browser, "connected", "@ann on X is connected").await;
    go_on(&browser).await;
    let script = format!(
        "return document.getElementById('to-{id}')?.checked === true && !document.querySelector('.again');"
    );
    browser.until("the account to be well", &script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disconnecting_asks_first_and_the_keyboard_goes_on_beside_it() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let browser = signed_in(&app, 1200, 900).await;
    until_accounts(&browser, 2).await;
    let button = format!("#disconnect-{}", app.threads);
    browser.click(&button).await;
    browser
        .until_shows("dialog", "Disconnect @ann on Threads?")
        .await;
    browser.click("dialog button[type=button]").await;
    browser.click(&button).await;
    browser.click("dialog .danger").await;
    until_accounts(&browser, 1).await;
    assert!(has_focus(&browser, "#connect-threads").await);
    assert_eq!(complaints(&browser).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_app_is_set_up_a_token_is_pasted() {
    let (app, _stop) = running(Mode::Embedded, false).await;
    let known = NewAccount::new(simulator::Platform::X, "grace", "token-of-grace");
    app.simulator.add_account(known);
    let other = app.another_server(|state| state.connectors = Connectors::default());
    let link = app.sign_in_link().await;
    let browser = Browser::start(390, 844).await;
    browser
        .open(&link.replace(app.page_url(), &other.base_url))
        .await;
    browser.click("#connect-x").await;
    browser.click("dialog .primary").await;
    browser.until_shows("dialog .problem", "Paste").await;
    browser.type_into("#token", "made-up").await;
    browser.click("dialog .primary").await;
    browser.until_shows("dialog .problem", "refuses").await;
    let clear = "document.getElementById('token').value = ''; return true;";
    browser.until("an empty field", clear).await;
    browser.type_into("#token", "token-of-grace").await;
    browser.click("dialog .primary").await;
    browser.until_shows("#accounts", "X @grace").await;
}
