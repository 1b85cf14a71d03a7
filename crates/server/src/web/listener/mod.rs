//! The door: accepts connections, speaks TLS and HTTP, and keeps those out who only want to hold seats.
//!
//! Every wait has an end: the handshake, the head of a request, its body, and any standstill at all. There
//! are so many seats and no more, and one address gets a part of them only.

mod patient;
mod seats;
#[cfg(test)]
mod tests;
mod tls;

pub use tls::{Tls, certificate_end};

use super::client::OverTls;
use crate::config::WebConfig;
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use patient::Patient;
use seats::{Seat, Seats};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};
use tower::Service;

/// A connection on which nothing moves for so long is closed, whatever it is waiting for.
const STANDSTILL: Duration = Duration::from_secs(60);
/// When stopping, requests that are under way may take so long.
const LAST_ORDERS: Duration = Duration::from_secs(10);
/// Requests that may be under way on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// How often changed certificate files are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Serves `router` on `listener` until `stopping` says so; gives back when all connections are closed or
/// their time is up.
pub async fn serve_connections(
    listener: TcpListener,
    router: Router,
    config: &WebConfig,
    tls: Option<Tls>,
    mut stopping: watch::Receiver<bool>,
) {
    let seats = Seats::new(config);
    let door = Arc::new(Door { router, config: config.clone(), tls });
    let graceful = GracefulShutdown::new();
    let mut look_again = time::interval(LOOK_AGAIN);
    loop {
        tokio::select! {
            _ = stopping.changed() => break,
            _ = look_again.tick() => door.refresh_certificate(),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let Some(seat) = seats.take(peer.ip()) else { continue };
                    tokio::spawn(door.clone().greet(stream, peer, seat, graceful.watcher()));
                }
                // Out of file handles, or the peer was gone at once: the next one may fare better.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    if time::timeout(LAST_ORDERS, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

struct Door {
    router: Router,
    config: WebConfig,
    tls: Option<Tls>,
}

impl Door {
    fn refresh_certificate(&self) {
        if let Some(tls) = &self.tls {
            tls.refresh();
        }
    }

    async fn greet(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, seat: Seat, watcher: Watcher) {
        // A failure here is the peer's own: there is nobody to tell.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, STANDSTILL);
        match &self.tls {
            None => self.serve_http1(stream, peer, false, watcher).await,
            Some(tls) => {
                let handshake = tls.acceptor().accept(stream);
                let Ok(Ok(stream)) = time::timeout(self.config.limits.header_timeout, handshake).await else {
                    metrics::counter!("pendopo_tls_handshakes_failed_total").increment(1);
                    return;
                };
                if stream.get_ref().1.alpn_protocol() == Some(tls::HTTP2) {
                    self.serve_http2(stream, peer, watcher).await;
                } else {
                    self.serve_http1(stream, peer, true, watcher).await;
                }
            }
        }
        drop(seat);
    }

    async fn serve_http1(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        over_tls: bool,
        watcher: Watcher,
    ) {
        let limits = &self.config.limits;
        let mut http = conn::http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_headers(limits.max_headers)
            .max_buf_size(limits.max_header_bytes);
        let connection = http.serve_connection(TokioIo::new(stream), self.service(peer, over_tls));
        // What goes wrong on a connection is told to its peer by HTTP itself.
        let _ = watcher.watch(connection).await;
    }

    async fn serve_http2(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        watcher: Watcher,
    ) {
        let limits = &self.config.limits;
        let mut http = conn::http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10));
        let connection = http.serve_connection(TokioIo::new(stream), self.service(peer, true));
        let _ = watcher.watch(connection).await;
    }

    fn service(
        &self,
        peer: SocketAddr,
        over_tls: bool,
    ) -> impl hyper::service::Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    > + use<> {
        let router = self.router.clone();
        hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            if over_tls {
                request.extensions_mut().insert(OverTls);
            }
            router.clone().call(request)
        })
    }
}
