//! A TCP proxy before a server, to cut, stall or shut its connections.
//!
//! A connection that begins as PostgreSQL's do is read message by message: what is counted there
//! are the client's `Query` and `Sync` messages, so one for each round trip, the preparing of a
//! statement included. On any other connection the chunks are counted in which its bytes come.

mod postgres;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running proxy. Its connections are closed when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    controls: Arc<Controls>,
    accepting: JoinHandle<()>,
}

/// On which side of a message's effect its connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The server never sees the message.
    Before,
    /// The server has done what the message asked for; the client never learns of it.
    After,
}

struct Controls {
    state: watch::Sender<State>,
    counted: AtomicU64,
    planned: Mutex<Option<(u64, Side)>>,
}

#[derive(Clone, Copy, Default)]
struct State {
    /// How often all connections were cut.
    cuts: u64,
    refuses: bool,
    /// How many connections were refused.
    refused: u64,
    stalls: bool,
}

/// Why a connection ends.
enum End {
    /// One of the two closed it.
    Closed,
    Cut,
}

impl Proxy {
    /// Listens on a free port, in front of `target`.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let controls = Arc::new(Controls {
            state: watch::Sender::new(State::default()),
            counted: AtomicU64::new(0),
            planned: Mutex::new(None),
        });
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&controls)));
        Proxy {
            address,
            controls,
            accepting,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resets every open connection.
    pub fn cut(&self) {
        self.controls.cut();
    }

    /// From now on every connection is reset as soon as it is made, and those that are open are
    /// cut; `false` ends it.
    pub fn refuse(&self, refuses: bool) {
        self.controls
            .state
            .send_modify(|state| state.refuses = refuses);
        if refuses {
            self.cut();
        }
    }

    /// Waits until so many connections have been refused, counted from its start.
    pub async fn until_refused(&self, count: u64) {
        let mut state = self.controls.state.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = state.wait_for(|state| state.refused >= count).await;
    }

    /// From now on no byte goes either way, and nothing is closed; with `false` they flow again.
    pub fn stall(&self, stalls: bool) {
        self.controls
            .state
            .send_modify(|state| state.stalls = stalls);
    }

    /// Cuts one connection at the `n`-th message from now on, which is counted over all of them.
    pub fn cut_after(&self, n: u64, side: Side) {
        *self.controls.planned() = Some((self.count() + n, side));
    }

    /// Takes the plan to cut back; returns whether it was still to come.
    pub fn disarm(&self) -> bool {
        self.controls.planned().take().is_some()
    }

    /// How many messages clients have sent.
    pub fn count(&self) -> u64 {
        self.controls.counted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.controls.cut();
    }
}

impl Controls {
    fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    fn planned(&self) -> std::sync::MutexGuard<'_, Option<(u64, Side)>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message; says on which side of it the connection is to be cut, if it is.
    fn counted(&self) -> Option<Side> {
        let number = self.counted.fetch_add(1, Ordering::SeqCst) + 1;
        let mut planned = self.planned();
        let (_, side) = planned.filter(|(at, _)| *at == number)?;
        *planned = None;
        Some(side)
    }

    /// Waits while bytes do not flow.
    async fn flowing(&self) {
        let mut state = self.state.subscribe();
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = state.wait_for(|state| !state.stalls).await;
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, controls: Arc<Controls>) {
    while let Ok((client, _)) = listener.accept().await {
        let controls = Arc::clone(&controls);
        tokio::spawn(async move {
            let mut client = client;
            if let End::Cut = connection(&mut client, target, &controls).await {
                // Nothing more can be said to whoever is gone already.
                let _ = client.set_zero_linger();
            }
        });
    }
}

/// Passes bytes on until one side closes, or the connection is cut.
async fn connection(client: &mut TcpStream, target: SocketAddr, controls: &Controls) -> End {
    let mut state = controls.state.subscribe();
    let now = *state.borrow_and_update();
    if now.refuses {
        controls.state.send_modify(|state| state.refused += 1);
        return End::Cut;
    }
    let cut = async {
        let _ = state.wait_for(|state| state.cuts != now.cuts).await;
        End::Cut
    };
    let passed = async { pass(client, target, controls).await.unwrap_or(End::Closed) };
    tokio::select! {
        end = cut => end,
        end = passed => end,
    }
}

async fn pass(
    client: &mut TcpStream,
    target: SocketAddr,
    controls: &Controls,
) -> std::io::Result<End> {
    client.set_nodelay(true)?;
    let mut first = vec![0; 16 * 1024];
    controls.flowing().await;
    let mut read = client.read(&mut first).await?;
    if postgres::asks_for_encryption(&first[..read]) {
        // "No": what is encrypted can not be read.
        controls.flowing().await;
        client.write_all(b"N").await?;
        read = client.read(&mut first).await?;
    }
    first.truncate(read);
    controls.flowing().await;
    let mut server = TcpStream::connect(target).await?;
    server.set_nodelay(true)?;
    let (client_in, client_out) = client.split();
    let (server_in, server_out) = server.split();
    if postgres::is_start_up(&first) {
        return postgres::pass(
            controls,
            first,
            (client_in, server_out),
            (server_in, client_out),
        )
        .await;
    }
    chunks(
        controls,
        first,
        (client_in, server_out),
        (server_in, client_out),
    )
    .await
}

/// One direction: where bytes come from and where they go.
type Way<'a> = (ReadHalf<'a>, WriteHalf<'a>);

/// Passes chunks as they come; each from the client counts.
async fn chunks(
    controls: &Controls,
    first: Vec<u8>,
    (mut client_in, mut server_out): Way<'_>,
    (mut server_in, mut client_out): Way<'_>,
) -> std::io::Result<End> {
    let last = CancellationToken::new();
    let up = async {
        let mut chunk = first;
        while !chunk.is_empty() {
            controls.flowing().await;
            let cut = controls.counted();
            if cut == Some(Side::Before) {
                return Ok(End::Cut);
            }
            if cut == Some(Side::After) {
                last.cancel();
            }
            server_out.write_all(&chunk).await?;
            chunk.resize(16 * 1024, 0);
            let read = client_in.read(&mut chunk).await?;
            chunk.truncate(read);
        }
        Ok(End::Closed)
    };
    let down = async {
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let read = server_in.read(&mut chunk).await?;
            controls.flowing().await;
            if last.is_cancelled() {
                return Ok(End::Cut);
            }
            if read == 0 {
                return Ok(End::Closed);
            }
            client_out.write_all(&chunk[..read]).await?;
        }
    };
    tokio::select! { end = up => end, end = down => end }
}
