//! Fetches a small document of an identity provider's: over HTTPS, with the machine's own trusted roots, within a time and a size, and
//! without following anybody elsewhere. What the document says is not known here.

use crate::limits::{JWKS_BYTES, JWKS_TIMEOUT};
use crate::origin::is_loopback_host;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use tokio::time::timeout;

/// A document at one address.
pub(super) struct Remote {
    address: Uri,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Remote {
    /// The document at this address.
    ///
    /// # Errors
    /// If it is not HTTPS: what somebody on the way can change proves nothing. On this machine HTTP will do.
    pub(super) fn new(address: &str) -> Result<Self, String> {
        let parsed: Uri = address.parse().map_err(|error| format!("the address {address} cannot be read: {error}"))?;
        let is_local =
            parsed.scheme_str() == Some("http") && parsed.authority().is_some_and(|at| is_loopback_host(at.as_str()));
        if parsed.scheme_str() != Some("https") && !is_local {
            return Err(format!("the address {address} must be https://…; http:// will do on this machine alone"));
        }
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())
            .map_err(|error| format!("the machine's trusted certificates cannot be used: {error}"))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { address: parsed, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Where it is.
    #[must_use]
    pub(super) fn address(&self) -> &Uri {
        &self.address
    }

    /// Its headers and its body.
    ///
    /// # Errors
    /// Why it could not be had, for the log.
    pub(super) async fn get(&self) -> Result<(HeaderMap, Bytes), String> {
        timeout(JWKS_TIMEOUT, self.ask()).await.map_err(|_| format!("no answer within {} s", JWKS_TIMEOUT.as_secs()))?
    }

    async fn ask(&self) -> Result<(HeaderMap, Bytes), String> {
        let request = Request::get(&self.address)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("session-server/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| innermost(&error))?;
        if !response.status().is_success() {
            return Err(format!("the answer was {}", response.status()));
        }
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, JWKS_BYTES).collect().await.map_err(|error| innermost(error.as_ref()))?;
        Ok((parts.headers, body.to_bytes()))
    }
}

/// The outer errors only say that there is an inner one.
fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
