//! Where a request comes from: the pages that may use the API from a browser, and the visitor's network.
//! `text/plain` needs no preflight, so a foreign page's write would arrive; it is refused here by its `Origin`.

use crate::App;
use crate::auth::AuthMode;
use crate::config::Settings;
use crate::error::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header, request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long browsers may remember a preflight: the longest that Chromium takes.
const PREFLIGHT: Duration = Duration::from_secs(7_200);

/// The pages that may use the API.
#[derive(Clone, Debug)]
pub struct Origins {
    listed: Vec<String>,
    any: bool,
    local: bool,
    local_only: bool,
}

impl Origins {
    /// As the settings say. Without login the server is for one machine, and its developer's pages come from any port of it.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            listed: settings.allow_origin.clone(),
            any: settings.allow_origin.iter().any(|origin| origin == "*"),
            local: settings.auth == AuthMode::None,
            local_only: settings.auth == AuthMode::None && settings.listen.ip().is_loopback() && !settings.insecure,
        }
    }

    /// Whether a page of this origin may use the API at this host.
    #[must_use]
    pub fn allow(&self, origin: &str, host: Option<&str>) -> bool {
        let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        self.any
            || self.listed.iter().any(|listed| listed == origin)
            || named.is_some_and(|named| Some(named) == host || (self.local && is_loopback_host(named)))
    }
}

/// The headers that let other origins' pages read the answers.
pub fn cors(origins: Origins) -> CorsLayer {
    let allowed = move |origin: &HeaderValue, parts: &request::Parts| {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        origin.to_str().is_ok_and(|origin| origins.allow(origin, host))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(PREFLIGHT)
}

/// Refuses requests of pages that may not use the API. What is no page sends no `Origin`, and passes.
pub async fn refuse_foreign(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if is_welcome(&app.origins, request.headers()) {
        next.run(request).await
    } else {
        Problem::Forbidden(
            "This server does not answer pages of this origin, or under this name. Its operator can allow an origin with --allow-origin.",
        )
        .into_response()
    }
}

fn is_welcome(origins: &Origins, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST);
    // A foreign name that resolves to this machine would make a foreign page's requests same-origin; without login nothing else stops it.
    let host_is_ours = !origins.local_only || host.is_none_or(is_loopback_host);
    host_is_ours && text(header::ORIGIN).is_none_or(|origin| origins.allow(origin, host))
}

/// Whether a `Host` (or what follows the scheme of an origin) is a name of this machine.
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The network of an address: /24 for IPv4, /48 for IPv6.
#[must_use]
pub fn masked(address: IpAddr) -> String {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, bits).map(|network| network.trunc().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_cut_to_its_network() {
        assert_eq!(masked("203.0.113.77".parse().unwrap()), "203.0.113.0/24");
        assert_eq!(masked("::ffff:203.0.113.77".parse().unwrap()), "203.0.113.0/24");
        assert_eq!(masked("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1::/48");
    }

    #[test]
    fn names_of_this_machine_are_known_and_lookalikes_are_not() {
        for host in ["localhost", "localhost:8787", "127.0.0.1:1", "[::1]:8787", "app.localhost"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["", "localhost.evil.example", "127.0.0.1.evil.example:80", "evil.example", "[::2]"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn without_settings_only_own_pages_and_those_of_this_machine_are_allowed() {
        let origins = Origins::new(&Settings::for_database("sqlite::memory:"));
        assert!(origins.allow("https://host.example", Some("host.example")));
        assert!(origins.allow("http://localhost:3000", Some("host.example")));
        assert!(!origins.allow("https://evil.example", Some("host.example")));
        assert!(!origins.allow("null", Some("host.example")));
    }
}
