//! The consent pages.

use super::Running;
use super::connecting::{CALLBACK, params, threads_window, x_window};
use super::got;
use crate::{AutoConsent, NewAccount, Platform, Settings, Simulator};

const WINDOWS: [(Platform, &str); 2] = [(Platform::Threads, "Threads"), (Platform::X, "X")];

fn window(platform: Platform) -> String {
    match platform {
        Platform::Threads => threads_window(&[]),
        Platform::X => x_window(&[]),
    }
}

#[tokio::test]
async fn the_page_names_the_platform_the_app_and_what_it_asks_for() {
    let running = Running::start().await;
    for (platform, word) in WINDOWS {
        let page = got(running.browse(&window(platform))).await;
        assert_eq!(page.status, 200);
        let heading = format!("<h1>{word}: let DualPosts use your account?</h1>");
        let permission = match platform {
            Platform::Threads => "<li>threads_content_publish</li>",
            Platform::X => "<li>offline.access</li>",
        };
        for part in [
            heading.as_str(),
            permission,
            "@ann",
            "id=\"allow\"",
            "id=\"deny\"",
        ] {
            assert!(page.body.contains(part), "{part} in {}", page.body);
        }
        assert!(!page.body.contains("<script") && !page.body.contains("<select"));
    }
}

#[tokio::test]
async fn with_several_accounts_the_page_lets_choose_and_the_first_is_preselected() {
    let running = Running::start().await;
    for (platform, _) in WINDOWS {
        let bob = NewAccount::new(platform, "bob", "bob-token");
        running.simulator.add_account(bob);
        let page = got(running.browse(&window(platform))).await.body;
        assert!(page.contains("<select id=\"account\" name=\"account\">"));
        assert!(page.contains("<option value=\"ann\" selected>@ann</option>"));
        assert!(page.contains("<option value=\"bob\">@bob</option>"));
        running.simulator.set_settings(|settings| {
            settings.threads.oauth.signed_in = Some("bob".to_owned());
            settings.x.oauth.signed_in = Some("bob".to_owned());
        });
        let page = got(running.browse(&window(platform))).await.body;
        assert!(page.contains("<option value=\"bob\" selected>@bob</option>"));
        running.simulator.set_settings(|settings| {
            *settings = Settings {
                clock: settings.clock.clone(),
                ..Settings::default()
            }
        });
    }
}

#[tokio::test]
async fn the_form_goes_back_to_its_own_address_and_leads_to_the_app() {
    let running = Running::start().await;
    for (platform, _) in WINDOWS {
        running
            .simulator
            .add_account(NewAccount::new(platform, "bob", "bob-token"));
        let submit = |decision: &'static str, account: &'static str| {
            let to = format!("{}{}", running.base, window(platform));
            let form = [("account", account), ("decision", decision)];
            running.http.post(to).form(&form)
        };
        let allowed = running.sent_to(submit("allow", "bob")).await;
        assert!(allowed.starts_with(&format!("{CALLBACK}?")), "{allowed}");
        assert_eq!(params(&allowed)["state"], "xyz");
        assert!(params(&allowed)["code"].len() > 60);
        assert_eq!(
            allowed.ends_with("&state=xyz#_"),
            platform == Platform::Threads
        );
        let denied = running.sent_to(submit("deny", "bob")).await;
        let expected = match platform {
            Platform::Threads => format!(
                "{CALLBACK}?error=access_denied&error_reason=user_denied\
                 &error_description=The+user+denied+your+request&state=xyz"
            ),
            Platform::X => format!("{CALLBACK}?error=access_denied&state=xyz"),
        };
        assert_eq!(denied, expected);
        // Nobody of this name is here: the page again.
        assert_eq!(got(submit("allow", "eve")).await.status, 200);
        let logged = running.simulator.calls();
        assert_eq!(logged[logged.len() - 3].account.as_deref(), Some("bob"));
    }
}

#[tokio::test]
async fn the_settings_can_decide_in_place_of_a_person() {
    let running = Running::start().await;
    for (platform, _) in WINDOWS {
        for (auto_consent, name) in [(AutoConsent::Allow, "code"), (AutoConsent::Deny, "error")] {
            running
                .simulator
                .set_settings(|settings| settings.auto_consent = auto_consent);
            let sent_to = running.sent_to(running.browse(&window(platform))).await;
            assert!(params(&sent_to).contains_key(name), "{sent_to}");
        }
    }
}

#[tokio::test]
async fn without_an_account_the_page_says_how_to_add_one() {
    let mut running = Running::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    running.base = format!("http://{}", listener.local_addr().expect("an address"));
    let auto_consent = AutoConsent::Allow;
    let empty = Simulator::new(Settings {
        auto_consent,
        ..Settings::default()
    });
    tokio::spawn(empty.serve(listener, std::future::pending()));
    for (platform, _) in WINDOWS {
        let page = got(running.browse(&window(platform))).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("POST /_sim/accounts"), "{}", page.body);
        assert!(!page.body.contains("id=\"allow\""));
    }
}

#[tokio::test]
async fn names_are_shown_as_text() {
    let running = Running::start().await;
    running
        .simulator
        .set_settings(|settings| settings.x.oauth.apps[0].name = "<b>App</b>".to_owned());
    let page = got(running.browse(&x_window(&[]))).await.body;
    assert!(page.contains("&lt;b&gt;App&lt;/b&gt;") && !page.contains("<b>"));
}
