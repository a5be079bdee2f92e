//! A stand-in for both platforms that shares nothing with the simulator: plain sockets, one
//! thread for each connection, just what `threads.md` 10d and `x.md` 2 show.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// Runs until the test ends.
pub struct StandIn {
    pub url: String,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
struct World {
    containers: Vec<String>,
    live: Vec<String>,
}

impl StandIn {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let world = Arc::new(Mutex::new(World::default()));
        let shared = world.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let world = shared.clone();
                std::thread::spawn(move || serve(stream, &world));
            }
        });
        StandIn { url, world }
    }

    /// What is live, sorted.
    pub fn live(&self) -> Vec<String> {
        let mut live = self.world.lock().expect("the world").live.clone();
        live.sort();
        live
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, world: &Mutex<World>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let path = target.split('?').next()?.trim_start_matches("/v1.0");
        let (status, answer) = answer(&method, path, &String::from_utf8_lossy(&body), world);
        let answer = answer.to_string();
        write!(
            stream,
            "HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        )
        .ok()?;
    }
}

fn answer(method: &str, path: &str, body: &str, world: &Mutex<World>) -> (u16, Value) {
    let mut world = world.lock().expect("the world");
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, segments.as_slice()) {
        ("GET", ["2", "users", "me"]) => (
            200,
            json!({ "data": { "id": "42", "name": "Stand In", "username": "standin" } }),
        ),
        ("POST", ["2", "tweets"]) => {
            let sent: Value = serde_json::from_str(body).expect("JSON");
            let text = sent["text"].as_str().expect("a text");
            world.live.push(format!("x {text}"));
            (
                201,
                json!({ "data": { "id": "2101712260468977783", "text": text, "edit_history_tweet_ids": [""] } }),
            )
        }
        ("GET", ["me"]) => (
            200,
            json!({ "id": "27173231028946699", "username": "standin" }),
        ),
        ("POST", [_, "threads"]) => {
            let text = form_value(body, "text");
            world.containers.push(text);
            (
                200,
                json!({ "id": format!("1807909853930449{}", world.containers.len() - 1) }),
            )
        }
        ("POST", [_, "threads_publish"]) => {
            let number: usize = form_value(body, "creation_id")
                .split_at(16)
                .1
                .parse()
                .expect("our own id");
            let text = format!("threads {}", world.containers[number]);
            world.live.push(text);
            (200, json!({ "id": format!("1802161585465050{number}") }))
        }
        ("GET", [id]) if id.starts_with("18079") => {
            (200, json!({ "status": "FINISHED", "id": id }))
        }
        ("GET", [id]) if id.starts_with("18021") => (
            200,
            json!({ "id": id, "permalink": "https://www.threads.com/@standin/post/DXYOXEPk5SM" }),
        ),
        _ => (
            404,
            json!({ "error": { "message": "not here", "type": "OAuthException", "code": 100 } }),
        ),
    }
}

/// A value of a form body.
fn form_value(body: &str, name: &str) -> String {
    let url = reqwest::Url::parse(&format!("http://form/?{body}")).expect("a form");
    let found = url.query_pairs().find(|(key, _)| key == name);
    found
        .unwrap_or_else(|| panic!("{name} is not in {body}"))
        .1
        .into_owned()
}
