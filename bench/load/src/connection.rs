//! One kept-alive connection: a request at a time, made anew when it breaks.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// As long as the tracker waits for an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// A connection to the server.
pub(crate) struct Connection {
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// One that is made when it is first needed.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, sender: None }
    }

    /// Makes the connection, so that the first request need not.
    pub(crate) async fn warm(&mut self) -> bool {
        if self.sender.as_ref().is_none_or(SendRequest::is_closed) {
            self.sender = self.connect().await;
        }
        self.sender.is_some()
    }

    async fn connect(&self) -> Option<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        Some(sender)
    }

    /// A `POST` on the beacon lane: its status and body, or nothing if no answer came.
    pub(crate) async fn post(&mut self, route: &str, body: String) -> Option<(u16, Bytes)> {
        self.send(Method::POST, &format!("/api/sessions/{route}"), body).await
    }

    /// A `GET`.
    pub(crate) async fn get(&mut self, path: &str) -> Option<(u16, Bytes)> {
        self.send(Method::GET, path, String::new()).await
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Option<(u16, Bytes)> {
        if !self.warm().await {
            return None;
        }
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .header("content-type", "text/plain;charset=UTF-8")
            .body(Full::new(Bytes::from(body)))
            .ok()?;
        let sender = self.sender.as_mut()?;
        let answer = async {
            let response = sender.send_request(request).await.ok()?;
            let status = response.status().as_u16();
            Some((status, response.into_body().collect().await.ok()?.to_bytes()))
        };
        let answer = timeout(ANSWER, answer).await.ok().flatten();
        if answer.is_none() {
            self.sender = None;
        }
        answer
    }
}
