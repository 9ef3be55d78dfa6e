//! Connections: takes them, gives each a time to say what it wants, and when told to stop lets those finish that have a request open.
//! What a request means is not known here.

use crate::head_faults::WrittenOut;
use crate::limits::SHUTDOWN;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

/// How long to wait when the system has no more connections to give.
const OUT_OF_FILES: Duration = Duration::from_secs(1);

/// Serves until `stop`, then finishes the requests that are open; connections that take longer are dropped. A connection that does not
/// say within `head_time` what it wants next is closed.
pub async fn serve(listener: TcpListener, router: Router, head_time: Duration, stop: impl Future<Output = ()>) {
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => converse(stream, peer, router.clone(), head_time, open.watcher()),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    // A visitor who hung up while waiting costs nothing; anything else would fail again at once.
                    if error.kind() != std::io::ErrorKind::ConnectionAborted {
                        sleep(OUT_OF_FILES).await;
                    }
                }
            },
        }
    }
    drop(listener);
    if timeout(SHUTDOWN / 2, open.shutdown()).await.is_err() {
        tracing::warn!("some connections did not finish in time and are dropped");
    }
}

fn converse(stream: TcpStream, peer: SocketAddr, router: Router, head_time: Duration, watcher: Watcher) {
    // Replies are small and whole: waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut connection = http1::Builder::new();
    connection.timer(TokioTimer::new()).header_read_timeout(head_time);
    let stream = WrittenOut::new(TokioIo::new(stream));
    let connection = watcher.watch(connection.serve_connection(stream, service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke");
        }
    });
}
