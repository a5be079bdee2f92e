//! One suite for every kind of store. `scripts/s3.sh` runs the ignored tests against a real server.

use futures::TryStreamExt;
use object_store::memory::InMemory;
use secrecy::SecretString;
use tempfile::TempDir;

use super::*;

fn write(folder: &TempDir, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join("source");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// No two bytes in a row, and no two parts, are alike.
fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| (at % 251) as u8 ^ (at >> 16) as u8)
        .collect()
}

async fn whole(store: &Store, key: &str) -> Vec<u8> {
    let download = store.get(key).await.unwrap();
    let pieces: Vec<Bytes> = download.stream.try_collect().await.unwrap();
    let bytes = pieces.concat();
    assert_eq!(bytes.len() as u64, download.size);
    bytes
}

/// What every store does.
async fn suite(store: &Store) {
    let source = tempfile::tempdir().unwrap();

    store.check().await.unwrap();

    // Nothing is there.
    assert!(!store.exists("media/a.bin").await.unwrap());
    let missing = store.get("media/a.bin").await.map(|_| ()).unwrap_err();
    assert!(
        matches!(missing, StoreError::NotFound { .. }),
        "{missing:?}"
    );
    let missing = store.get_range("media/a.bin", 0..1).await.unwrap_err();
    assert!(
        matches!(missing, StoreError::NotFound { .. }),
        "{missing:?}"
    );
    store.delete("media/a.bin").await.unwrap();

    // Files of every number of parts, among them whole parts alone.
    for length in [
        0,
        1,
        1_000,
        PART_BYTES - 1,
        PART_BYTES,
        PART_BYTES + 1,
        3 * PART_BYTES,
    ] {
        let bytes = pattern(length);
        let path = write(&source, &bytes);
        store.put_file("media/a.bin", &path).await.unwrap();
        assert!(store.exists("media/a.bin").await.unwrap());
        assert!(whole(store, "media/a.bin").await == bytes, "{length} bytes");
    }

    // Parts of a file of 3 parts.
    let bytes = pattern(3 * PART_BYTES);
    let size = bytes.len() as u64;
    let across = PART_BYTES as u64 - 10..PART_BYTES as u64 + 10;
    for range in [
        0..1,
        0..1_000,
        across,
        size - 5..size,
        size - 5..size + 5,
        7..u64::MAX,
    ] {
        let got = store.get_range("media/a.bin", range.clone()).await.unwrap();
        let end = range.end.min(size) as usize;
        assert!(got == bytes[range.start as usize..end], "{range:?}");
    }
    #[expect(clippy::reversed_empty_ranges, reason = "it is what is tried")]
    for range in [0..0, 9..5, size..size + 1, size + 5..size + 9] {
        let refused = store
            .get_range("media/a.bin", range.clone())
            .await
            .unwrap_err();
        assert!(
            matches!(refused, StoreError::Range { .. }),
            "{range:?}: {refused:?}"
        );
    }

    // A file takes the place of another, and goes.
    let path = write(&source, b"short");
    store.put_file("media/a.bin", &path).await.unwrap();
    assert_eq!(whole(store, "media/a.bin").await, b"short");
    store.delete("media/a.bin").await.unwrap();
    assert!(!store.exists("media/a.bin").await.unwrap());
    store.delete("media/a.bin").await.unwrap();

    // A file that is not there is told, and nothing is kept.
    let nowhere = source.path().join("none");
    let error = store.put_file("media/b.bin", &nowhere).await.unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error:?}");
    assert!(!store.exists("media/b.bin").await.unwrap());

    for key in ["", "/", "a/../b", "a//b", "./a"] {
        let error = store.exists(key).await.unwrap_err();
        assert!(matches!(error, StoreError::Key { .. }), "{key}: {error:?}");
    }
}

fn in_folder(folder: &TempDir) -> Store {
    Store::open(&StoreSettings::folder(folder.path())).unwrap()
}

#[tokio::test]
async fn a_folder_keeps_files() {
    let folder = tempfile::tempdir().unwrap();
    suite(&in_folder(&folder)).await;
    let files = walk(folder.path());
    assert_eq!(
        files,
        Vec::<std::path::PathBuf>::new(),
        "nothing is left behind"
    );
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[tokio::test]
async fn memory_keeps_files() {
    let store = Store::over(Arc::new(InMemory::new()), "memory".into());
    suite(&store).await;
}

#[tokio::test]
async fn a_missing_folder_is_made_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er");
    for url in [
        path.display().to_string(),
        format!("file://{}", path.display()),
    ] {
        let settings = StoreSettings {
            url,
            ..StoreSettings::default()
        };
        let store = Store::open(&settings).unwrap();
        store.check().await.unwrap();
        assert!(path.is_dir() && store.name().contains("deep/er"));
        std::fs::remove_dir_all(&path).unwrap();
    }
}

#[test]
fn a_key_does_not_lead_out_of_the_folder() {
    for key in ["../secret", "a/../../secret", ".."] {
        assert!(
            matches!(location(key), Err(StoreError::Key { .. })),
            "{key}"
        );
    }
}

fn unopened(settings: &StoreSettings) -> String {
    let error = Store::open(settings).unwrap_err();
    assert!(matches!(error, StoreError::Settings { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn settings_that_make_no_sense_are_told_with_what_to_do() {
    let at = |url: &str| StoreSettings {
        url: url.into(),
        ..StoreSettings::default()
    };
    for (settings, told) in [
        (at(""), "write a folder's path"),
        (at("gs://bucket"), "s3://bucket/prefix"),
        (at("s3://"), "names no bucket"),
        (at("s3://bucket"), "both the access key's id and its secret"),
        (at("/dev/null/folder"), "name one that can be made"),
    ] {
        let text = unopened(&settings);
        assert!(text.contains(told), "{text}");
    }
    let plain = StoreSettings {
        endpoint: Some("http://127.0.0.1:1".into()),
        access_key_id: Some("id".into()),
        secret_access_key: Some(SecretString::from("hidden")),
        ..at("s3://bucket")
    };
    assert!(unopened(&plain).contains("allow http"));
    assert!(!format!("{plain:?}").contains("hidden"));
}

/// What `scripts/s3.sh` says of its server.
fn from_environment() -> StoreSettings {
    #[expect(clippy::disallowed_methods, reason = "the test's own settings")]
    let told = |name: &str| {
        std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make s3`"))
    };
    // Another test may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    StoreSettings {
        url: told("TEST_S3_URL"),
        endpoint: Some(told("TEST_S3_ENDPOINT")),
        region: Some("us-east-1".into()),
        access_key_id: Some(told("TEST_S3_ACCESS_KEY_ID")),
        secret_access_key: Some(SecretString::from(told("TEST_S3_SECRET_ACCESS_KEY"))),
        allow_http: true,
    }
}

mod s3 {
    use url::Url;

    use super::*;

    #[tokio::test]
    #[ignore = "needs a server: run `make s3`"]
    async fn a_bucket_keeps_files() {
        let settings = from_environment();
        suite(&Store::open(&settings).unwrap()).await;
    }

    #[tokio::test]
    #[ignore = "needs a server: run `make s3`"]
    async fn a_prefix_keeps_two_stores_of_one_bucket_apart() {
        let settings = from_environment();
        let under = |prefix: &str| {
            let url = format!("{}/{prefix}", settings.url);
            Store::open(&StoreSettings {
                url,
                ..settings.clone()
            })
            .unwrap()
        };
        let (one, other) = (under("one"), under("other"));
        let source = tempfile::tempdir().unwrap();
        let path = write(&source, b"mine");
        one.put_file("a", &path).await.unwrap();
        assert!(!other.exists("a").await.unwrap());
        let all = Store::open(&settings).unwrap();
        let base = Url::parse(&settings.url).unwrap();
        assert_eq!(
            base.path().trim_matches('/'),
            "",
            "TEST_S3_URL names a bucket alone"
        );
        assert!(all.exists("one/a").await.unwrap());
        one.delete("a").await.unwrap();
    }

    #[tokio::test]
    #[ignore = "needs a server: run `make s3`"]
    async fn wrong_credentials_are_told_as_such() {
        let mut settings = from_environment();
        settings.secret_access_key = Some(SecretString::from("wrong"));
        let error = Store::open(&settings).unwrap().check().await.unwrap_err();
        assert!(matches!(error, StoreError::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("check the access key"));
    }

    #[tokio::test]
    #[ignore = "needs a server: run `make s3`"]
    async fn a_missing_bucket_is_told_as_such() {
        let mut settings = from_environment();
        settings.url = "s3://no-such-bucket".into();
        let error = Store::open(&settings).unwrap().check().await.unwrap_err();
        assert!(matches!(error, StoreError::NoBucket { .. }), "{error:?}");
        assert!(error.to_string().contains("make the bucket"));
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_told_as_such() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Bound, and let go: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let settings = StoreSettings {
        url: "s3://bucket".into(),
        endpoint: Some(format!("http://{address}")),
        region: None,
        access_key_id: Some("id".into()),
        secret_access_key: Some(SecretString::from("secret")),
        allow_http: true,
    };
    let error = Store::open(&settings).unwrap().check().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(&address.to_string()) && text.contains("check that it is running"),
        "{text}"
    );
}
