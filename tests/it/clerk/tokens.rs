//! The token that Clerk keeps: asked for at each publish, and what comes of every answer.

use super::*;

both_modes! {
    async fn clerk_is_asked_by_one_at_a_time_about_one_user(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        let client = as_user(app, &ada);
        sync(&client).await;
        app.simulator.set_settings(|settings| settings.clerk.race = true);
        let x = id(&account(&client, "x").await).to_owned();
        for number in 0..20 {
            client.submit(&format!("post {number}"), std::slice::from_ref(&x)).await;
        }
        let others = [app.another_worker("second").await, app.another_worker("third").await];
        let rounds = async |worker: &worker::Worker| {
            for _ in 0..30 {
                tests::app::drain(worker).await;
                app.clock.advance(Duration::from_millis(200));
            }
        };
        tokio::join!(rounds(&app.worker), rounds(&others[0]), rounds(&others[1]));
        app.settle(HOUR).await;
        let live = app.live_on(Platform::X);
        assert_eq!(live.len(), 20);
        assert_eq!(app.count("SELECT count(*) FROM events WHERE kind = 'account.needs_reconnect'").await, 0);
    }
}

both_modes! {
    async fn what_clerk_answers_in_place_of_a_token_is_understood(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        let client = as_user(app, &ada);
        sync(&client).await;
        let x = id(&account(&client, "x").await).to_owned();
        // Troubles that pass: the post waits and goes out.
        let passing = [
            ClerkError::Internal, ClerkError::Maintenance, ClerkError::TooManyRequests(7), ClerkError::TokenRetrieval(None),
            ClerkError::KeyInvalid, ClerkError::ProviderNotEnabled, ClerkError::UserBanned,
        ];
        for error in passing {
            let words = format!("after {error:?}");
            app.simulator.add_clerk_faults(vec![trouble(ClerkOperation::OauthTokens, error, 2)]);
            let post = as_user(app, &ada).submit(&words, std::slice::from_ref(&x)).await;
            app.settle(HOUR).await;
            assert_eq!(as_user(app, &ada).show(&post).await["status"], "published", "{words}");
            assert_eq!(account(&as_user(app, &ada), "x").await["state"], "ok", "{words}");
        }
        // What only the person can mend.
        let dead = "oauth2: \"invalid_grant\" \"Token has been expired or revoked.\"".to_owned();
        for error in [ClerkError::TokenRetrieval(Some(dead)), ClerkError::MissingRefreshToken, ClerkError::MissingAccessToken] {
            let words = format!("not with {error:?}");
            app.simulator.add_clerk_faults(vec![trouble(ClerkOperation::OauthTokens, error, 1)]);
            let post = as_user(app, &ada).submit(&words, std::slice::from_ref(&x)).await;
            app.settle(HOUR).await;
            let shown = as_user(app, &ada).show(&post).await;
            assert_eq!(shown["status"], "needs_attention", "{words}: {shown:#}");
            let state = account(&as_user(app, &ada), "x").await;
            assert_eq!(state["state"], "needs_reconnect", "{words}");
            // Linked again: what waited goes out.
            sync(&as_user(app, &ada)).await;
            app.drain().await;
            assert_eq!(as_user(app, &ada).show(&post).await["status"], "published", "{words}");
        }
        let expected = 7 + 3;
        assert_eq!(app.live_on(Platform::X).len(), expected);
    }
}

both_modes! {
    async fn a_profile_that_was_taken_back_at_x_asks_for_a_new_consent(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        sync(&as_user(app, &ada)).await;
        let x = id(&account(&as_user(app, &ada), "x").await).to_owned();
        // Those are X's own words, and Clerk passes them on (x.md 1.2).
        let spent = "oauth2: \"invalid_request\" \"Value passed for the token was invalid.\"".to_owned();
        app.simulator.add_clerk_faults(vec![trouble(ClerkOperation::OauthTokens, ClerkError::TokenRetrieval(Some(spent)), 2)]);
        let post = as_user(app, &ada).submit("not without consent", &[x]).await;
        app.settle(HOUR).await;
        assert_eq!(as_user(app, &ada).show(&post).await["status"], "needs_attention");
        assert_eq!(account(&as_user(app, &ada), "x").await["state"], "needs_reconnect");
        assert_eq!(app.count("SELECT count(*) FROM events WHERE kind = 'account.needs_reconnect'").await, 1);
    }
}

both_modes! {
    async fn a_refusal_that_lasts_is_told_once_and_forgotten_when_it_ends(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        sync(&as_user(app, &ada)).await;
        let x = id(&account(&as_user(app, &ada), "x").await).to_owned();
        app.simulator.add_clerk_faults(vec![trouble(ClerkOperation::OauthTokens, ClerkError::KeyInvalid, 3)]);
        let posts = [
            as_user(app, &ada).submit("first", std::slice::from_ref(&x)).await,
            as_user(app, &ada).submit("second", std::slice::from_ref(&x)).await,
        ];
        app.drain().await;
        let state = account(&as_user(app, &ada), "x").await;
        assert_eq!(state["state"], "degraded", "{state:#}");
        let asked = app.simulator.clerk_calls().iter().filter(|call| call.operation == ClerkOperation::OauthTokens).count();
        app.drain().await;
        let again = app.simulator.clerk_calls().iter().filter(|call| call.operation == ClerkOperation::OauthTokens).count();
        assert_eq!(asked, again, "it is left alone for a while, by all deliveries together");
        app.settle(HOUR).await;
        for post in &posts {
            assert_eq!(as_user(app, &ada).show(post).await["status"], "published");
        }
        assert_eq!(account(&as_user(app, &ada), "x").await["state"], "ok");
        assert_eq!(app.count("SELECT count(*) FROM events WHERE kind = 'account.degraded'").await, 1);
    }
}

both_modes! {
    async fn one_refusal_of_a_token_that_clerk_gave_is_asked_about_once_more(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        link(app, &ada, ClerkProvider::X, "ada").await;
        sync(&as_user(app, &ada)).await;
        let x = id(&account(&as_user(app, &ada), "x").await).to_owned();
        let refused = simulator::Fault::XError { when: simulator::When::Before, error: simulator::XError::Unauthorized };
        let rule = simulator::FaultRule::new(refused).operation(simulator::Operation::XCreate);
        app.simulator.add_faults(vec![rule.clone().once()]);
        let post = as_user(app, &ada).submit("after a refusal", std::slice::from_ref(&x)).await;
        app.drain().await;
        assert_eq!(as_user(app, &ada).show(&post).await["status"], "published");
        app.clock.advance(HOUR);
        app.simulator.add_faults(vec![rule]);
        let post = as_user(app, &ada).submit("refused for good", std::slice::from_ref(&x)).await;
        app.settle(HOUR).await;
        assert_eq!(as_user(app, &ada).show(&post).await["status"], "needs_attention");
    }
}

both_modes! {
    async fn the_right_one_of_several_linked_profiles_is_used(app: &TestApp with with_clerk()) {
        let ada = user(app, "ada");
        for name in ["first", "second"] {
            link(app, &ada, ClerkProvider::X, name).await;
        }
        let client = as_user(app, &ada);
        let synced = sync(&client).await;
        for account in synced["data"].as_array().unwrap() {
            let words = format!("by {}", text(&account["username"]));
            client.submit(&words, &[id(account).to_owned()]).await;
        }
        app.drain().await;
        let live = app.live_on(Platform::X);
        assert_eq!(live.len(), 2);
        assert!(live.iter().all(|post| post.text == format!("by {}", post.account)), "{live:#?}");
    }
}
