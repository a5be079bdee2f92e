//! A real browser, driven over the WebDriver protocol: headless Chromium, as a person would use it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
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
/// Windows are never narrower than this; a phone's width is imitated.
const NARROWEST_WINDOW: u32 = 500;
/// The key under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One browser with a profile of its own. Ends with its driver when it is dropped.
pub struct Browser {
    http: reqwest::Client,
    port: u16,
    /// The path of its session at the driver.
    session: String,
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
        let mut options = json!({ "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", folder.display()),
        ] });
        if width < NARROWEST_WINDOW {
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 1.0 });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let http = reqwest::Client::new();
        let sessions = format!("http://127.0.0.1:{port}/session");
        let made = answer(&http, Method::POST, &sessions, Some(wanted)).await;
        let id = made["sessionId"].as_str();
        let id = id.unwrap_or_else(|| panic!("no browser: {made}"));
        Browser {
            http,
            port,
            session: format!("/session/{id}"),
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

    /// Chooses an entry of a list by its value.
    pub async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value={value:?}]")).await;
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

    /// Waits until a script returns true. While a page gives way to another, it can not be asked.
    pub async fn until(&self, what: &str, script: &str) {
        let deadline = Instant::now() + PATIENCE;
        let body = json!({ "script": script, "args": [] });
        loop {
            let said = self.try_call(Method::POST, "execute/sync", Some(body.clone()));
            if said.await.is_ok_and(|said| said == true) {
                return;
            }
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

    /// The page fits the window: nothing has to be scrolled sideways.
    pub async fn fits(&self) -> bool {
        let script = "return document.documentElement.scrollWidth <= window.innerWidth;";
        self.script(script, json!([])).await == true
    }

    /// Saves what is seen as a PNG file.
    pub async fn screenshot(&self, path: &Path) {
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
        let url = format!("http://127.0.0.1:{}{}/{path}", self.port, self.session);
        let value = answer(&self.http, method, &url, body).await;
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }
}

impl Drop for Browser {
    /// A driver that is killed leaves its browser running, so the session is ended first.
    fn drop(&mut self) {
        if let Err(error) = end(self.port, &self.session) {
            eprintln!("a browser may be left over: {error}");
        }
        // What is still being written there is in a temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn end(port: u16, session: &str) -> std::io::Result<()> {
    let mut driver = TcpStream::connect(("127.0.0.1", port))?;
    driver.set_read_timeout(Some(PATIENCE))?;
    write!(
        driver,
        "DELETE {session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    )?;
    // It answers when the browser has gone.
    driver.read_exact(&mut [0])
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
