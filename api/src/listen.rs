//! How connections are taken: what actix's `HttpServer` does with a listener, and a limit around each
//! connection, for which it has no place.

use std::fmt::Debug;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, Server, Service};
use actix_web::rt::net::TcpStream;

use crate::Guard;
use crate::guard::turn::Timed;

/// Serves `app` on as many threads. It ends when its handle says so.
pub fn listen<F, I, S, B>(
    listener: TcpListener,
    guard: &Guard,
    threads: usize,
    app: F,
) -> std::io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let patience = guard.patience;
    let builder = Server::build();
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder
        .workers(threads)
        .max_concurrent_connections(guard.connections.div_ceil(threads))
        .shutdown_timeout(10)
        .disable_signals();
    let builder = builder.listen("api", listener, move || {
        let stopping = stopping.clone();
        let service = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(patience.idle)
            .client_request_timeout(patience.head)
            .client_disconnect_timeout(Duration::from_secs(2))
            .on_connect_ext(
                |connection: &Timed<TcpStream>, extensions: &mut Extensions| {
                    extensions.insert(connection.turn());
                },
            );
        let app = app()
            .into_factory()
            .map_err(|error| error.into().error_response());
        let timed = fn_service(move |stream: TcpStream| async move {
            let peer = stream.peer_addr().ok();
            let connection = Timed::new(stream, patience);
            Ok::<_, DispatchError>((connection, Protocol::Http1, peer))
        });
        timed.and_then(service.finish(map_config(app, |()| AppConfig::default())))
    })?;
    Ok(builder.run())
}
