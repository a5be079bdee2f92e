//! The load: one customer who submits posts, each with an Idempotency-Key, to one account on each
//! platform.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use entities::Timestamp;

use super::connection::Connection;

/// Servers close what has been idle for some seconds.
const KEPT: Duration = Duration::from_secs(2);

/// Who submits, and to what. Cheap to clone.
#[derive(Clone)]
pub struct Customer(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    key: String,
    /// The accounts of a post, as JSON; posts take turns.
    targets: Vec<String>,
    /// When posts are to go out; at once if not set.
    publish_at: Option<String>,
    idle: Mutex<Vec<(Instant, Connection)>>,
    bytes: AtomicU64,
}

/// A post that was accepted.
#[derive(Clone, Copy, Debug)]
pub struct Submitted {
    pub number: usize,
    /// Unix microseconds at which its request began.
    pub began_us: i64,
    /// How long the answer took.
    pub took: Duration,
}

impl Customer {
    /// A customer of the API at `address`, whose posts go to these accounts by turns.
    pub fn new(address: SocketAddr, key: &str, targets: &[Vec<String>]) -> Self {
        let json = |accounts: &Vec<String>| format!("[\"{}\"]", accounts.join("\",\""));
        Customer(Arc::new(Inner {
            address,
            key: key.to_owned(),
            targets: targets.iter().map(json).collect(),
            publish_at: None,
            idle: Mutex::default(),
            bytes: AtomicU64::new(0),
        }))
    }

    /// The same customer, whose posts are for a year later.
    pub fn for_later(&self) -> Self {
        let now = Timestamp::from_ms(unix_us() / 1000);
        let publish_at = now + Duration::from_secs(365 * 86_400);
        Customer(Arc::new(Inner {
            address: self.0.address,
            key: self.0.key.clone(),
            targets: self.0.targets.clone(),
            publish_at: Some(publish_at.to_string()),
            idle: Mutex::default(),
            bytes: AtomicU64::new(0),
        }))
    }

    /// How many accounts a post goes to.
    pub fn accounts_each(&self) -> usize {
        self.0.targets[0].split(',').count()
    }

    /// Bytes of requests and answers so far.
    pub fn bytes(&self) -> f64 {
        self.0.bytes.load(Ordering::Relaxed) as f64
    }

    /// Submits at a steady rate, whether or not earlier requests were answered.
    pub async fn steadily(&self, name: &str, rate: usize, seconds: usize) -> Vec<Submitted> {
        let begin = tokio::time::Instant::now();
        let mut running = Vec::with_capacity(rate * seconds);
        for number in 0..rate * seconds {
            let at = begin + Duration::from_secs_f64(number as f64 / rate as f64);
            tokio::time::sleep_until(at).await;
            let (customer, name) = (self.clone(), name.to_owned());
            running.push(tokio::spawn(async move {
                let mut connection = customer.connection().await;
                let submitted = customer.submit(&mut connection, &name, number).await;
                customer.give_back(connection);
                submitted
            }));
        }
        let mut all = Vec::with_capacity(running.len());
        for one in running {
            all.push(one.await.expect("a request"));
        }
        all
    }

    /// Submits so many, as fast as so many connections will, each waiting for its answers.
    pub async fn at_once(&self, name: &str, count: usize, connections: usize) -> Vec<Submitted> {
        let next = AtomicU64::new(0);
        self.together(name, connections, |_| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            usize::try_from(number)
                .ok()
                .filter(|number| *number < count)
        })
        .await
    }

    /// The same for so long.
    pub async fn for_a_while(
        &self,
        name: &str,
        span: Duration,
        connections: usize,
    ) -> Vec<Submitted> {
        let next = AtomicU64::new(0);
        self.together(name, connections, |started| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            usize::try_from(number)
                .ok()
                .filter(|_| started.elapsed() < span)
        })
        .await
    }

    async fn together(
        &self,
        name: &str,
        connections: usize,
        next: impl Fn(Instant) -> Option<usize>,
    ) -> Vec<Submitted> {
        let started = Instant::now();
        let one = || async {
            let mut connection = self.connection().await;
            let mut submitted = Vec::new();
            while let Some(number) = next(started) {
                submitted.push(self.submit(&mut connection, name, number).await);
            }
            self.give_back(connection);
            submitted
        };
        let all = futures::future::join_all((0..connections).map(|_| one())).await;
        all.into_iter().flatten().collect()
    }

    async fn submit(&self, connection: &mut Connection, name: &str, number: usize) -> Submitted {
        let request = self.request(name, number);
        let (began_us, started) = (unix_us(), Instant::now());
        let answer = connection.exchange(&request).await.expect("an answer");
        assert_eq!(
            answer.status,
            202,
            "{}",
            String::from_utf8_lossy(answer.body)
        );
        let bytes = (request.len() + answer.bytes) as u64;
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
        Submitted {
            number,
            began_us,
            took: started.elapsed(),
        }
    }

    fn request(&self, name: &str, number: usize) -> Vec<u8> {
        let Inner {
            address,
            key,
            targets,
            publish_at,
            ..
        } = &*self.0;
        let accounts = &targets[number % targets.len()];
        let at = match publish_at {
            Some(at) => format!(",\"publish_at\":\"{at}\""),
            None => String::new(),
        };
        let body = format!("{{\"text\":\"{name} {number}\",\"accounts\":{accounts}{at}}}");
        let length = body.len();
        format!(
            "POST /v1/posts HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nIdempotency-Key: {name}-{number}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    async fn connection(&self) -> Connection {
        let idle = self.idle().pop();
        match idle {
            Some((since, connection)) if since.elapsed() < KEPT => connection,
            _ => Connection::open(self.0.address).await.expect("the API"),
        }
    }

    fn give_back(&self, connection: Connection) {
        self.idle().push((Instant::now(), connection));
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, Connection)>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Unix microseconds, by this machine's clock, which the simulator measures by as well.
#[expect(
    clippy::disallowed_methods,
    reason = "it measures, and nothing is decided by it"
)]
pub fn unix_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |elapsed| i64::try_from(elapsed.as_micros()).unwrap_or(0))
}
