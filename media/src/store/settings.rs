//! From settings to a store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::StoreError;

/// Where files are to be kept. Everything but `url` is for S3.
#[derive(Debug, Clone, Default)]
pub struct StoreSettings {
    /// `file:///folder`, a plain path of a folder, or `s3://bucket/prefix`.
    pub url: String,
    /// The address of an S3 server other than Amazon's, as `https://s3.example.com`.
    pub endpoint: Option<String>,
    /// Amazon's region. Most other servers take any; `us-east-1` where nothing is said.
    pub region: Option<String>,
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<SecretString>,
    /// Whether an endpoint without TLS is taken: for a server on the same machine.
    pub allow_http: bool,
}

impl StoreSettings {
    /// Files in a folder.
    pub fn folder(path: &Path) -> Self {
        Self {
            url: path.display().to_string(),
            ..Self::default()
        }
    }

    /// The store, and its name for people.
    pub(super) fn open(&self) -> Result<(Arc<dyn ObjectStore>, String), StoreError> {
        match Url::parse(self.url.trim()) {
            Ok(url) if url.scheme() == "s3" => self.s3(&url),
            Ok(url) if url.scheme() == "file" => match url.to_file_path() {
                Ok(path) => folder(&path),
                Err(()) => Err(wrong(
                    format!("{url} names no folder of this machine"),
                    "write file:/// and the whole path",
                )),
            },
            // A drive's letter reads like a scheme.
            Ok(url) if url.scheme().len() > 1 => Err(wrong(
                format!("{}: is no kind of store that is known", url.scheme()),
                "write a folder's path, file:///folder or s3://bucket/prefix",
            )),
            _ if self.url.trim().is_empty() => Err(wrong(
                "no place is given".into(),
                "write a folder's path, file:///folder or s3://bucket/prefix",
            )),
            _ => folder(&PathBuf::from(self.url.trim())),
        }
    }

    fn s3(&self, url: &Url) -> Result<(Arc<dyn ObjectStore>, String), StoreError> {
        let bucket = url.host_str().filter(|bucket| !bucket.is_empty());
        let bucket = bucket.ok_or_else(|| {
            let problem = format!("{url} names no bucket");
            wrong(problem, "write s3://bucket or s3://bucket/prefix")
        })?;
        let (Some(id), Some(secret)) = (&self.access_key_id, &self.secret_access_key) else {
            return Err(wrong(
                "S3 needs an access key".into(),
                "give both the access key's id and its secret",
            ));
        };
        let plain = self
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.starts_with("http://"));
        if plain && !self.allow_http {
            return Err(wrong(
                "the endpoint has no TLS".into(),
                "write https://, or allow http for a server on this machine",
            ));
        }
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(self.region.as_deref().unwrap_or("us-east-1"))
            .with_access_key_id(id)
            .with_secret_access_key(secret.expose_secret())
            .with_allow_http(self.allow_http)
            .with_client_options(client(self.allow_http))
            .with_retry(retry());
        let mut name = format!("the bucket {bucket}");
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
            name = format!("{name} at {endpoint}");
        }
        let store = builder.build().map_err(|error| {
            wrong(
                error.to_string(),
                "correct the bucket, the endpoint or the region",
            )
        })?;
        let prefix = url.path().trim_matches('/');
        if prefix.is_empty() {
            return Ok((Arc::new(store), name));
        }
        Ok((Arc::new(PrefixStore::new(store, prefix)), name))
    }
}

fn folder(path: &Path) -> Result<(Arc<dyn ObjectStore>, String), StoreError> {
    let unusable = |error: String| {
        let problem = format!("the folder {} cannot be used ({error})", path.display());
        wrong(problem, "name one that can be made and written to")
    };
    std::fs::create_dir_all(path).map_err(|error| unusable(error.to_string()))?;
    let store = LocalFileSystem::new_with_prefix(path)
        .map_err(|error| unusable(error.to_string()))?
        // A post that was promised may need its file after the power has failed.
        .with_fsync(true);
    Ok((Arc::new(store), format!("the folder {}", path.display())))
}

/// Slow but steady transfers are let go on; silence ends them.
fn client(allow_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(allow_http)
        .with_connect_timeout(Duration::from_secs(5))
        .with_timeout_disabled()
        .with_read_timeout(Duration::from_secs(30))
}

/// Seconds rather than the client's minutes: the callers have retries of their own.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 4,
        retry_timeout: Duration::from_secs(60),
    }
}

fn wrong(problem: String, fix: &'static str) -> StoreError {
    StoreError::Settings { problem, fix }
}
