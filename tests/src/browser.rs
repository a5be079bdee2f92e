//! A real browser, driven over the WebDriver protocol: headless Chromium, as a person would use it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a person would wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether what is waited for has come.
const GLANCE: Duration = Duration::from_millis(50);
/// The key under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One browser with a profile of its own. Ends with its driver when it is dropped.
pub struct Browser {
    http: reqwest::Client,
    session_url: String,
    _driver: Child,
    folder: PathBuf,
}

impl Browser {
    /// Starts a driver on a free port, and a browser whose window is so large.
    pub async fn start(width: u32, height: u32) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver; scripts/with-services.sh installs it");
        let port = port_of(&mut driver).await;
        let folder =
            std::env::temp_dir().join(format!("dualposts-browser-{}", uuid::Uuid::now_v7()));
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", folder.display()),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let http = reqwest::Client::new();
        let driver_url = format!("http://127.0.0.1:{port}/session");
        let made: Value = answer(&http, Method::POST, &driver_url, Some(wanted)).await;
        let id = made["sessionId"].as_str().expect("a session").to_owned();
        Browser {
            http,
            session_url: format!("{driver_url}/{id}"),
            _driver: driver,
            folder,
        }
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.call(Method::POST, "url", Some(json!({ "url": url })))
            .await;
    }

    /// Where it is.
    pub async fn url(&self) -> String {
        let url = self.call(Method::GET, "url", None).await;
        url.as_str().expect("an address").to_owned()
    }

    /// Clicks what is found by a CSS selector, once it is there to be clicked.
    pub async fn click(&self, css: &str) {
        self.act(css, "click", json!({})).await;
    }

    /// Types into a field.
    pub async fn type_into(&self, css: &str, text: &str) {
        self.act(css, "value", json!({ "text": text })).await;
    }

    /// The text that a person sees of it; empty when it is not there.
    pub async fn text(&self, css: &str) -> String {
        let script = "const found = document.querySelector(arguments[0]); return found ? found.innerText : '';";
        let text = self.script(script, json!([css])).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn script(&self, script: &str, arguments: Value) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.call(Method::POST, "execute/sync", Some(body)).await
    }

    /// Waits until a script returns something true.
    pub async fn until(&self, what: &str, script: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.script(script, json!([])).await != true {
            if Instant::now() > deadline {
                self.give_up(what).await;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until an element shows a text.
    pub async fn until_shows(&self, css: &str, text: &str) {
        let (css, quoted) = (json!(css), json!(text));
        let script = format!(
            "const found = document.querySelector({css}); return Boolean(found) && found.innerText.includes({quoted});"
        );
        self.until(&format!("{css} to show {quoted}"), &script)
            .await;
    }

    /// Saves what is seen as a PNG file.
    pub async fn screenshot(&self, path: &std::path::Path) {
        use base64::Engine;
        let picture = self.call(Method::GET, "screenshot", None).await;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(picture.as_str().expect("a picture"))
            .expect("base64");
        std::fs::write(path, bytes).expect("a file");
    }

    /// What the page has complained of: errors of scripts, refused by its own policy or not found.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self
            .call(Method::POST, "se/log", Some(json!({ "type": "browser" })))
            .await;
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    async fn act(&self, css: &str, verb: &str, body: Value) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.try_act(css, verb, &body).await {
                Ok(()) => return,
                Err(_) if Instant::now() <= deadline => tokio::time::sleep(GLANCE).await,
                Err(why) => self.give_up(&format!("{verb} on {css}: {why}")).await,
            }
        }
    }

    async fn try_act(&self, css: &str, verb: &str, body: &Value) -> Result<(), String> {
        let wanted = json!({ "using": "css selector", "value": css });
        let found = self.try_call(Method::POST, "element", Some(wanted)).await?;
        let id = found[ELEMENT].as_str().ok_or("no element")?;
        let path = format!("element/{id}/{verb}");
        self.try_call(Method::POST, &path, Some(body.clone()))
            .await
            .map(|_| ())
    }

    /// Fails the test, with what was seen.
    async fn give_up(&self, what: &str) -> ! {
        let picture =
            std::env::temp_dir().join(format!("dualposts-browser-{}.png", uuid::Uuid::now_v7()));
        self.screenshot(&picture).await;
        panic!(
            "waited in vain for {what} at {}; the page shows:\n{}\nit complains of {:?}; a picture is in {}",
            self.url().await,
            self.text("body").await,
            self.complaints().await,
            picture.display()
        );
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        self.try_call(method, path, body)
            .await
            .unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, String> {
        let url = format!("{}/{path}", self.session_url);
        let value = answer(&self.http, method, &url, body).await;
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser holds its profile until its driver is gone; what is left is in a temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn answer(http: &reqwest::Client, method: Method, url: &str, body: Option<Value>) -> Value {
    let mut request = http.request(method, url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let reply: Value = request
        .send()
        .await
        .expect("the driver")
        .json()
        .await
        .expect("JSON from the driver");
    reply["value"].clone()
}

/// The driver says which port it took.
async fn port_of(driver: &mut Child) -> u16 {
    let output = driver.stdout.take().expect("its output");
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await.expect("a line") {
        if let Some((_, port)) = line.rsplit_once("started successfully on port ") {
            let port = port.trim_end_matches('.').parse().expect("a port");
            // It goes on to write, and must not be stopped by a pipe that nobody reads.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return port;
        }
    }
    panic!("chromedriver ended without a word");
}
