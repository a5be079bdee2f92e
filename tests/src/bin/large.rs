//! Sends one large video through the product, and prints how much memory that took. Asserts
//! nothing about it.
//!
//! `make large`, or `large MEGABYTES`. API and worker are one process; the platforms are another.

use std::time::{Duration, Instant};

use media::testing::{Mp4Spec, write_mp4};
use serde_json::{Value, json};
use tests::client::{Client, text};
use tests::process::Process;
use tests::stack::text_after;

const KEY: &str = "dp_benchkey_the-key-of-the-benchmark";

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let megabytes: u64 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(500);
    let folder = std::env::temp_dir().join(format!("dualposts-large-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let film = folder.join("film.mp4");
    let spec = Mp4Spec {
        padding_bytes: megabytes * 1_000_000,
        ..Mp4Spec::default()
    };
    write_mp4(&film, &spec).expect("a film");

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
        ("DUALPOSTS_LOG", "json,warn".to_owned()),
    ];
    let product = Process::start(&["up"], &env, Some("curl ")).await;
    let url = text_after(&product.printed, "http://");
    let url = url.split("/#").next().expect("an address").to_owned();
    let client = Client::new(&url, KEY);
    let idle = product.peak_memory();

    let begun = Instant::now();
    let file = client.upload_file("/v1/media", &film).await;
    assert_eq!(file.status, 201, "{:#}", file.body);
    let uploaded = begun.elapsed();
    let after_upload = product.peak_memory();
    let accounts = client.get("/v1/accounts").await.body;
    let accounts: Vec<&Value> = accounts["data"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|account| &account["id"])
        .collect();
    let post = client
        .submit_raw(json!({
            "text": "A large film", "media": [{ "id": file.body["id"] }], "accounts": accounts,
        }))
        .await;
    assert_eq!(post.status, 202, "{:#}", post.body);
    let begun = Instant::now();
    let post = loop {
        let post = client.show(&post.body).await;
        if !["publishing", "scheduled"].contains(&text(&post["status"])) {
            break post;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    println!("{megabytes} MB to X and Threads: {}", text(&post["status"]));
    println!(
        "  taken in within            {:>7.1} s",
        uploaded.as_secs_f64()
    );
    println!(
        "  published within           {:>7.1} s",
        begun.elapsed().as_secs_f64()
    );
    println!("  most memory, before        {idle:>7.1} MB");
    println!("  most memory, taken in      {after_upload:>7.1} MB");
    println!(
        "  most memory, published     {:>7.1} MB",
        product.peak_memory()
    );
    let _ = std::fs::remove_dir_all(&folder);
    if post["status"] != "published" {
        println!("{post:#}");
        std::process::exit(1);
    }
}
