//! Opens very many event streams at one process, publishes, and prints when all had heard of it and
//! what that took. Fails if a stream hears too little, too much or in another order.
//!
//! `make streams`, or `streams COUNT`. The product is one process, the platforms another; the
//! listeners are here.

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::client::{Client, text};
use tests::process::Process;
use tests::stack::text_after;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

const KEY: &str = "dp_benchkey_the-key-of-the-benchmark";
/// How many posts are published while all listen.
const POSTS: usize = 10;
/// How long all listen and nothing happens.
const QUIET: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let count: usize = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(10_000);
    let folder = std::env::temp_dir().join(format!("dualposts-streams-{}", std::process::id()));
    let args = ["simulator", "--listen", "127.0.0.1:0", "--no-limits"];
    let simulator = Process::start(&args, &[], Some("live posts")).await;
    let simulated = text_after(&simulator.printed, "http://");
    let env = [
        ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
        ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
        ("DUALPOSTS_SIMULATOR", "on".to_owned()),
        ("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()),
        (
            "DUALPOSTS_DATA_DIR",
            folder.join("data").display().to_string(),
        ),
        ("DUALPOSTS_THREADS_API_URL", simulated.clone()),
        ("DUALPOSTS_X_API_URL", simulated),
        ("DUALPOSTS_API_RATE", "off".to_owned()),
        ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
        ("DUALPOSTS_API_CONNECTIONS", "19000".to_owned()),
        ("DUALPOSTS_STREAMS_PER_OWNER", count.to_string()),
        ("DUALPOSTS_LOG", "json,warn".to_owned()),
    ];
    let product = Process::start(&["up"], &env, Some("curl ")).await;
    let url = text_after(&product.printed, "http://");
    let url = url.split("/#").next().expect("an address").to_owned();
    let address = url.trim_start_matches("http://").to_owned();
    let client = Client::new(&url, KEY);
    let before = product.memory();

    let begun = Instant::now();
    let (heard, mut hears) = mpsc::unbounded_channel();
    for number in 0..count {
        let stream = listen(&address).await;
        tokio::spawn(follow(stream, number, heard.clone()));
    }
    drop(heard);
    println!(
        "{count} streams opened in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    println!("  memory before              {before:>7.1} MB");
    println!("  memory with all open       {:>7.1} MB", product.memory());
    let cpu = product.cpu_time();
    tokio::time::sleep(QUIET).await;
    let share = (product.cpu_time() - cpu).as_secs_f64() / QUIET.as_secs_f64();
    println!(
        "  CPU while nothing happens  {:>7.1} % of a core",
        share * 100.0
    );

    let accounts = client.get("/v1/accounts").await.body;
    let accounts: Vec<String> = accounts["data"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|account| text(&account["id"]).to_owned())
        .collect();
    let mut worst = Vec::new();
    for number in 0..POSTS {
        let begun = Instant::now();
        client
            .submit(&format!("Heard by all {number}"), &accounts)
            .await;
        let mut delays = Vec::with_capacity(count);
        let mut heard: Vec<Vec<String>> = vec![Vec::new(); count];
        while delays.len() < count {
            let next = tokio::time::timeout(Duration::from_secs(60), hears.recv()).await;
            let Ok(Some((listener, kind, id))) = next else {
                println!(
                    "only {} of {count} streams heard of post {number}",
                    delays.len()
                );
                std::process::exit(1);
            };
            let list: &mut Vec<String> = &mut heard[listener];
            list.push(id);
            if kind == "post.published" {
                delays.push(begun.elapsed());
            }
        }
        let same = heard.first().cloned().unwrap_or_default();
        if heard.iter().any(|one| *one != same) || same.len() != 3 {
            println!("the streams did not all hear the same of post {number}");
            std::process::exit(1);
        }
        delays.sort();
        worst.push((delays[0], delays[count / 2], delays[count - 1]));
    }
    worst.sort_by_key(|(.., last)| *last);
    let (first, half, last) = worst[POSTS / 2];
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    println!("  from submit to heard, median of {POSTS} posts (3 events each):");
    println!("    the first stream         {:>7.1} ms", ms(first));
    println!("    half of all              {:>7.1} ms", ms(half));
    println!("    the last                 {:>7.1} ms", ms(last));
    println!("  memory at the end          {:>7.1} MB", product.memory());
    let ended = product.terminate().await;
    let _ = std::fs::remove_dir_all(&folder);
    if ended {
        println!("  ended by SIGTERM at once, with all streams open");
    } else {
        println!("the process did not end well");
        std::process::exit(1);
    }
}

/// Opens a stream, and returns when its head has come.
async fn listen(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "GET /v1/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {KEY}\r\n\r\n"
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a request");
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !holds(&head, b"retry:") {
        let read = stream.read(&mut piece).await.expect("an answer");
        assert!(read > 0, "{}", String::from_utf8_lossy(&head));
        head.extend_from_slice(&piece[..read]);
    }
    stream
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Tells of every event: who heard it, what it was, and its id.
async fn follow(
    mut stream: TcpStream,
    number: usize,
    heard: mpsc::UnboundedSender<(usize, String, String)>,
) {
    let mut text = String::new();
    let mut piece = [0; 2048];
    loop {
        let Ok(read @ 1..) = stream.read(&mut piece).await else {
            return;
        };
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
        // A line is only read when it is whole.
        while let Some(at) = text.find("event: ")
            && let Some(end) = text[at..].find("\ndata: ")
            && let Some(close) = text[at + end..].find("\n\n")
        {
            let kind = text[at + 7..at + end].to_owned();
            let data = &text[at + end + 7..at + end + close];
            let data: Value = serde_json::from_str(data).expect("JSON");
            let id = data["id"].as_str().unwrap_or_default().to_owned();
            let _ = heard.send((number, kind, id));
            text.drain(..at + end + close + 2);
        }
    }
}
