//! Clerk, asked as a product and as a browser would ask.

mod backend;
mod connect;
mod keys;
mod sign_in;
mod tokens;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::Running;
use crate::{AutoConsent, CLERK_SECRET_KEY, NewClerkUser, Settings};

/// The page that the browser shows.
const APP: &str = "http://127.0.0.1:3000";

/// Consents at once, and one user.
async fn start() -> (Running, String) {
    let running = Running::start_with(Settings {
        auto_consent: AutoConsent::Allow,
        ..Settings::default()
    })
    .await;
    let user = running.simulator.add_clerk_user(NewClerkUser::new("ada"));
    (running, user)
}

impl Running {
    /// Asks the Backend API.
    async fn backend(&self, method: Method, path: &str) -> (u16, Value) {
        self.backend_as(CLERK_SECRET_KEY, method, path).await
    }

    async fn backend_as(&self, key: &str, method: Method, path: &str) -> (u16, Value) {
        let url = format!("{}/clerk-api/v1/{path}", self.base);
        let request = self.http.request(method, url).bearer_auth(key);
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    /// The provider's tokens of a user.
    async fn held(&self, user: &str, provider: &str) -> (u16, Value) {
        let path = format!("users/{user}/oauth_access_tokens/{provider}?paginated=true");
        self.backend(Method::GET, &path).await
    }

    async fn control(&self, call: &str, body: Value) -> Value {
        let url = format!("{}/_sim/clerk/{call}", self.base);
        let response = self.http.post(url).json(&body).send().await;
        let response = response.expect("an answer");
        assert_eq!(response.status(), 200, "{call}");
        response.json().await.expect("JSON")
    }
}

/// A browser with its cookie.
struct Browser<'a> {
    running: &'a Running,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn open(running: &'a Running) -> Self {
        let mut browser = Self {
            running,
            cookie: String::new(),
        };
        let response = browser.send(Method::GET, "client", &[]).await;
        let cookies = response.headers().get_all("set-cookie").into_iter();
        let mut cookies = cookies.map(|cookie| cookie.to_str().expect("text"));
        let client = cookies.find(|cookie| cookie.starts_with("__client="));
        let client = client.and_then(|cookie| cookie.split(';').next());
        browser.cookie = client.expect("a cookie").to_owned();
        browser
    }

    /// As this user, by way of the sign-in page.
    async fn signed_in(running: &'a Running, user: &str) -> Self {
        let browser = Self::open(running).await;
        let id = browser.begin_sign_in().await;
        let back = browser.submit(&[("sign_in", &*id), ("user", user)]).await;
        assert_eq!(back, format!("{APP}/sso-callback"));
        browser
    }

    async fn begin_sign_in(&self) -> String {
        let form = [
            ("strategy", "oauth_x"),
            ("redirect_url", "/sso-callback"),
            ("action_complete_redirect_url", "/"),
        ];
        let begun = self.post("client/sign_ins", &form).await;
        assert_eq!(begun.0, 200);
        let id = begun.1["response"]["id"].as_str();
        id.expect("an id").to_owned()
    }

    /// Presses the button of the sign-in page; where that leads.
    async fn submit(&self, form: &[(&str, &str)]) -> String {
        let url = format!("{}/clerk/sign-in", self.running.base);
        let request = self.running.http.post(url).form(form);
        let response = request.header("cookie", &self.cookie).send().await;
        location(&response.expect("an answer"))
    }

    async fn send(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/clerk/v1/{path}", self.running.base);
        let mut request = self.running.http.request(method, url).header("origin", APP);
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        if !form.is_empty() {
            request = request.form(form);
        }
        request.send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.send(Method::GET, path, &[]).await).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.send(Method::POST, path, form).await).await
    }

    /// The id of the session that is active here.
    async fn session(&self) -> Option<String> {
        let client = self.get("client").await.1;
        let session = client["response"]["last_active_session_id"].as_str();
        session.map(str::to_owned)
    }

    /// Asks to connect an account; the consent page's address.
    async fn consent_page(&self, strategy: &str) -> String {
        let form = [("strategy", strategy), ("redirect_url", "/accounts")];
        let (status, body) = self.post("me/external_accounts", &form).await;
        assert_eq!(status, 200, "{body}");
        let verification = &body["response"]["verification"];
        assert_eq!(verification["status"], "unverified");
        let address = verification["external_verification_redirect_url"].as_str();
        address.expect("an address").to_owned()
    }

    /// Connects an account by the consent of whoever is signed in with the platform.
    async fn connect(&self, strategy: &str) {
        let page = self.consent_page(strategy).await;
        let callback = self.visit(&page).await;
        let back = self.visit(&callback).await;
        assert_eq!(back, format!("{APP}/accounts"));
    }

    /// Opens an address; where it leads.
    async fn visit(&self, address: &str) -> String {
        let response = self.running.http.get(address).send().await;
        location(&response.expect("an answer"))
    }

    /// The user's connected accounts.
    async fn accounts(&self) -> Value {
        self.get("me").await.1["response"]["external_accounts"].clone()
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

fn location(response: &Response) -> String {
    let location = response.headers().get("location");
    let location = location.unwrap_or_else(|| panic!("no redirect but {}", response.status()));
    location.to_str().expect("text").to_owned()
}

/// The code of an error.
fn code(body: &Value) -> &str {
    body["errors"][0]["code"].as_str().unwrap_or_default()
}

/// The claims of a token, unverified.
fn claims(jwt: &str) -> Value {
    part(jwt, 1)
}

fn header(jwt: &str) -> Value {
    part(jwt, 0)
}

fn part(jwt: &str, number: usize) -> Value {
    use base64::Engine as _;
    let part = jwt.split('.').nth(number).expect("a part");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
    serde_json::from_slice(&json.expect("base64")).expect("JSON")
}

/// The body of `/_sim/clerk/faults`.
fn fault(on: &str, trouble: Value) -> Value {
    json!({"on": on, "trouble": trouble})
}
