//! The crate against the simulated Clerk, which shares no code with it.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use clerk::backend::{Client, Meaning};
use clerk::webhook::{self, Event, SignedHeaders, SigningSecret};
use clerk::{KeySource, PublishableKey, Refused, SessionClaims, SessionSettings, Verifier};
use secrecy::{ExposeSecret, SecretString};
use simulator::{
    CLERK_SECRET_KEY, CLERK_WEBHOOK_SECRET, ClerkDelivery, ClerkError, ClerkFault, ClerkLink,
    ClerkOperation, ClerkProvider, ClerkToken, ClerkTrouble, Clock, NewAccount, NewClerkUser,
    Platform, Settings, SimAccount, Simulator,
};
use tokio::net::TcpListener;

use crate::{NOW_MS, ORIGIN, http};

struct Simulated {
    simulator: Simulator,
    now: Arc<AtomicI64>,
    user: String,
    threads: SimAccount,
}

impl Simulated {
    async fn start() -> Self {
        let now = Arc::new(AtomicI64::new(NOW_MS));
        let hand = Arc::clone(&now);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = Settings {
            clock: Clock::from_fn(move || hand.load(Ordering::Relaxed)),
            ..Settings::default()
        };
        let address = listener.local_addr().unwrap();
        settings.clerk.url = Some(format!("http://{address}"));
        let simulator = Simulator::new(settings);
        tokio::spawn(simulator.clone().serve(listener, pending()));
        let user = simulator.add_clerk_user(NewClerkUser::new("ada"));
        simulator.add_account(NewAccount::new(Platform::X, "ann", "x-token"));
        let new = NewAccount::new(Platform::Threads, "ann", "threads-token");
        let threads = simulator.add_account(new);
        Self {
            simulator,
            now,
            user,
            threads,
        }
    }

    fn now_ms(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn advance(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::Relaxed);
    }

    fn verifier(&self, source: KeySource) -> Verifier {
        let settings = SessionSettings {
            issuer: self.simulator.clerk_issuer(),
            authorized_parties: vec![ORIGIN.to_owned()],
            allow_missing_azp: false,
        };
        Verifier::new(http(), settings, source).unwrap()
    }

    fn backend_keys(&self) -> KeySource {
        KeySource::Backend {
            api_url: self.simulator.clerk_api_url(),
            secret_key: SecretString::from(CLERK_SECRET_KEY),
        }
    }

    fn client(&self) -> Client {
        let secret_key = SecretString::from(CLERK_SECRET_KEY);
        Client::new(http(), &self.simulator.clerk_api_url(), secret_key)
    }

    async fn sound(&self, verifier: &Verifier) -> Result<SessionClaims, Refused> {
        let token = self.simulator.clerk_session_token(&self.user, Some(ORIGIN));
        verifier.verify(&token, self.now_ms()).await
    }
}

fn expected(kind: ClerkToken) -> Option<Refused> {
    Some(match kind {
        ClerkToken::Ok
        | ClerkToken::OkV1
        | ClerkToken::OkWithOrganization
        | ClerkToken::OkWithoutCategory
        | ClerkToken::OkIgnoredCategory
        | ClerkToken::OkFiveKilobytes
        | ClerkToken::Impersonated => return None,
        ClerkToken::Expired => Refused::Expired,
        ClerkToken::NotYetValid | ClerkToken::IssuedAhead => Refused::NotYetValid,
        ClerkToken::AlgNone | ClerkToken::HmacOfPublicKey => Refused::WrongAlgorithm,
        ClerkToken::WrongKey => Refused::BadSignature,
        ClerkToken::UnknownKid => Refused::UnknownKey,
        ClerkToken::WrongIssuer => Refused::WrongIssuer,
        ClerkToken::WrongAzp => Refused::WrongParty,
        ClerkToken::MissingAzp => Refused::MissingParty,
        ClerkToken::Template | ClerkToken::Machine | ClerkToken::AccessToken => {
            Refused::NotASession
        }
        ClerkToken::Pending => Refused::Pending,
        ClerkToken::TextualNbf | ClerkToken::TwoParts | ClerkToken::NonAscii => Refused::Malformed,
    })
}

#[tokio::test]
async fn every_kind_of_token_is_judged_as_it_should_be() {
    let simulated = Simulated::start().await;
    let verifier = simulated.verifier(KeySource::Issuer);
    for kind in ClerkToken::ALL {
        let simulator = &simulated.simulator;
        let token = simulator.clerk_token(kind, &simulated.user, Some(ORIGIN));
        let verified = verifier.verify(&token, NOW_MS).await;
        assert_eq!(verified.as_ref().err().copied(), expected(kind), "{kind:?}");
        if let Ok(claims) = verified {
            assert_eq!(claims.user_id, simulated.user, "{kind:?}");
            let acts = kind == ClerkToken::Impersonated;
            let by = acts.then(|| "user_support".to_owned());
            assert_eq!(claims.impersonator, by, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn keys_come_from_all_three_sources() {
    let simulated = Simulated::start().await;
    let pem = simulated.simulator.clerk_public_key_pem();
    for source in [
        KeySource::Issuer,
        KeySource::Pem(pem),
        simulated.backend_keys(),
    ] {
        let verifier = simulated.verifier(source);
        assert!(simulated.sound(&verifier).await.is_ok());
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_under_either_name() {
    let simulated = Simulated::start().await;
    let verifier = simulated.verifier(simulated.backend_keys());
    assert!(simulated.sound(&verifier).await.is_ok());
    for same_kid in [true, false] {
        simulated.simulator.rotate_clerk_key(same_kid);
        assert!(simulated.sound(&verifier).await.is_ok(), "{same_kid}");
    }
    let calls = simulated.simulator.clerk_calls();
    assert_eq!(calls.len(), 3);
}

#[tokio::test]
async fn keys_that_fail_or_come_slowly_are_waited_for() {
    let simulated = Simulated::start().await;
    let verifier = simulated.verifier(simulated.backend_keys());
    let keys = ClerkOperation::Keys;
    simulated.simulator.add_clerk_faults(vec![
        ClerkFault::error(keys, ClerkError::Internal),
        ClerkFault {
            on: Some(keys),
            trouble: ClerkTrouble::Slow(600),
            times: 1,
        },
        ClerkFault {
            on: Some(keys),
            trouble: ClerkTrouble::Slow(50),
            times: 1,
        },
    ]);
    let away = Err(Refused::KeysUnavailable);
    assert_eq!(simulated.sound(&verifier).await, away);
    simulated.advance(1_000);
    // Slower than the client's patience.
    assert_eq!(simulated.sound(&verifier).await, away);
    simulated.advance(1_000);
    assert!(simulated.sound(&verifier).await.is_ok());
}

#[tokio::test]
async fn connected_accounts_and_their_tokens_are_read() {
    let simulated = Simulated::start().await;
    let threads = ClerkProvider::Threads;
    let link = ClerkLink::new(&simulated.user, threads, "ann", "threads-token");
    let id = simulated.simulator.link_clerk_account(link).unwrap();
    let client = simulated.client();
    let user = client.user(&simulated.user).await.unwrap();
    let [account] = &user.external_accounts[..] else {
        panic!("{user:?}");
    };
    assert_eq!((&account.id, &*account.provider), (&id, "custom_threads"));
    assert_eq!(account.provider_user_id, simulated.threads.remote_user_id);
    assert!(account.verified);
    assert!(
        account
            .approved_scopes
            .contains(&"threads_basic".to_owned())
    );
    let tokens = client.oauth_tokens(&simulated.user, "custom_threads").await;
    let [token] = &tokens.unwrap()[..] else {
        panic!("not one token");
    };
    assert_eq!(token.external_account_id, id);
    assert_eq!(token.token.expose_secret(), "threads-token");
    assert_eq!(token.scopes, account.approved_scopes);
    let none = client.oauth_tokens(&simulated.user, "x").await;
    assert!(none.unwrap().is_empty());
    let call = &simulated.simulator.clerk_calls()[0];
    assert_eq!(call.api_version.as_deref(), Some("2026-05-12"));
}

#[tokio::test]
async fn every_error_by_name_is_told_apart() {
    let simulated = Simulated::start().await;
    let client = simulated.client();
    let reconnect = |reason| Meaning::Reconnect { reason };
    let config = |reason| Meaning::Config { reason };
    let transient = |reason| Meaning::Transient { reason };
    let said = |words: &str| ClerkError::TokenRetrieval(Some(words.to_owned()));
    let seven = Duration::from_secs(7);
    for (error, expected) in [
        (
            said("oauth2: \"invalid_grant\" \"x\""),
            reconnect("grant_refused"),
        ),
        (
            said("oauth2: cannot fetch token: 503"),
            transient("provider_error"),
        ),
        (ClerkError::TokenRetrieval(None), Meaning::Race),
        (
            ClerkError::MissingRefreshToken,
            reconnect("no_refresh_token"),
        ),
        (ClerkError::MissingAccessToken, reconnect("no_access_token")),
        (
            ClerkError::ProviderNotEnabled,
            config("provider_not_enabled"),
        ),
        (
            ClerkError::UnsupportedProvider,
            config("unsupported_provider"),
        ),
        (
            ClerkError::NotFound("no user".to_owned()),
            Meaning::UserGone,
        ),
        (ClerkError::KeyInvalid, Meaning::BadSecret),
        (ClerkError::AuthenticationInvalid, Meaning::BadSecret),
        (ClerkError::AuthorizationHeaderInvalid, Meaning::BadSecret),
        (ClerkError::AuthorizationInvalid, config("not_authorized")),
        (ClerkError::UserBanned, Meaning::UserBanned),
        (ClerkError::QuotaExceeded, config("quota_exceeded")),
        (ClerkError::TooManyRequests(7), Meaning::LimitedFor(seven)),
        (ClerkError::Internal, transient("clerk_error")),
        (ClerkError::Maintenance, transient("maintenance")),
        (ClerkError::BadGateway, transient("server_error")),
        (ClerkError::Unheard(409), Meaning::Race),
        (ClerkError::Unheard(500), transient("server_error")),
    ] {
        let fault = ClerkFault::error(ClerkOperation::OauthTokens, error.clone());
        simulated.simulator.add_clerk_faults(vec![fault]);
        let failure = client.oauth_tokens(&simulated.user, "x").await;
        let failure = failure.map(|tokens| tokens.len()).unwrap_err();
        assert_eq!(failure.meaning, expected, "{error:?}");
        assert!(failure.evidence.http_status.is_some());
        assert!(failure.evidence.trace_id.is_some() || error == ClerkError::BadGateway);
    }
}

fn verify(delivery: &ClerkDelivery, now_ms: i64) -> Result<webhook::Delivery, webhook::Refused> {
    let secret = SigningSecret::parse(&SecretString::from(CLERK_WEBHOOK_SECRET)).unwrap();
    let headers = SignedHeaders {
        id: &delivery.id,
        timestamp: &delivery.timestamp,
        signature: &delivery.signature,
    };
    webhook::verify(&[secret], headers, delivery.body.as_bytes(), now_ms)
}

#[tokio::test]
async fn webhooks_are_verified_and_read() {
    let simulated = Simulated::start().await;
    let user_id = || simulated.user.clone();
    for (kind, expected) in [
        ("user.deleted", Event::UserDeleted { user_id: user_id() }),
        ("user.updated", Event::UserUpdated { user_id: user_id() }),
        (
            "session.created",
            Event::SessionCreated { user_id: user_id() },
        ),
        (
            "user.created",
            Event::Other {
                kind: "user.created".to_owned(),
            },
        ),
    ] {
        let sent = simulated.simulator.clerk_webhook(kind, &simulated.user);
        let read = verify(&sent, NOW_MS).unwrap();
        assert_eq!((read.id, read.event), (sent.id.clone(), expected));
        let late = verify(&sent, NOW_MS + 301_000);
        assert_eq!(late, Err(webhook::Refused::WrongTime));
        let changed = ClerkDelivery {
            body: sent.body.replace("user_", "user_x"),
            ..sent
        };
        let forged = verify(&changed, NOW_MS);
        assert_eq!(forged, Err(webhook::Refused::BadSignature));
    }
}

#[tokio::test]
async fn its_keys_belong_together() {
    let simulated = Simulated::start().await;
    let key = simulated.simulator.clerk_publishable_key();
    let key = PublishableKey::parse(&key).unwrap();
    assert_eq!(
        key.pairs_with(&SecretString::from(CLERK_SECRET_KEY)),
        Ok(())
    );
    let address = format!("http://{}/clerk", key.frontend_host());
    assert_eq!(simulated.simulator.clerk_proxy_url(), address);
}
