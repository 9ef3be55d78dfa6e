//! An identity provider on this machine that publishes its keys, and can lose its way: it counts who asks, and may be down or talk nonsense.
//! The private keys in `keys/` are the tests' own and guard nothing.

use crate::logins::{AUDIENCE, ISSUER};
use crate::support::Server;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use session_server::auth::AuthMode;
use session_server::config::issuer::Provider;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A key of the provider's.
pub(crate) struct Key {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) der: &'static [u8],
}

pub(crate) const RSA: Key = Key { id: "rsa-1", algorithm: Algorithm::RS256, der: include_bytes!("keys/rsa.der") };
pub(crate) const EC: Key = Key { id: "ec-1", algorithm: Algorithm::ES256, der: include_bytes!("keys/ec.der") };
pub(crate) const NEXT_EC: Key =
    Key { id: "ec-2", algorithm: Algorithm::ES256, der: include_bytes!("keys/ec-next.der") };

impl Key {
    fn encoding(&self) -> EncodingKey {
        match self.algorithm {
            Algorithm::ES256 => EncodingKey::from_ec_der(self.der),
            _ => EncodingKey::from_rsa_der(self.der),
        }
    }

    /// Its public half, under its name.
    pub(crate) fn public(&self) -> Value {
        let mut jwk = json!(Jwk::from_encoding_key(&self.encoding(), self.algorithm).unwrap());
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    pub(crate) fn header(&self) -> Header {
        Header { kid: Some(self.id.into()), ..Header::new(self.algorithm) }
    }

    pub(crate) fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.encoding()).unwrap()
    }

    /// A token that it signed.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }
}

/// What the provider answers, and how often it did.
#[derive(Default)]
struct Publication {
    keys: Vec<Value>,
    cache_control: Option<&'static str>,
    instead: Option<(u16, String)>,
    asked: usize,
}

#[derive(Clone)]
pub(crate) struct IdentityProvider {
    pub(crate) url: String,
    state: Arc<Mutex<Publication>>,
}

impl IdentityProvider {
    /// A provider that publishes these keys.
    pub(crate) async fn of(keys: &[Key]) -> Self {
        let state = Arc::new(Mutex::new(Publication::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router(&state)).into_future());
        let provider = Self { url, state };
        provider.publish(keys);
        provider
    }

    /// The same behind TLS, as `localhost`, with a certificate that an authority of the tests' own has signed (`keys/ca.pem`).
    pub(crate) async fn behind_tls(keys: &[Key]) -> Self {
        let state = Arc::new(Mutex::new(Publication::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/keys", listener.local_addr().unwrap().port());
        tokio::spawn(serve_tls(listener, router(&state)));
        let provider = Self { url, state };
        provider.publish(keys);
        provider
    }

    pub(crate) fn publish(&self, keys: &[Key]) {
        self.publish_raw(keys.iter().map(Key::public).collect());
    }

    pub(crate) fn publish_raw(&self, keys: Vec<Value>) {
        self.state.lock().unwrap().keys = keys;
    }

    /// Asks to be asked again after so long.
    pub(crate) fn cache_control(&self, value: &'static str) {
        self.state.lock().unwrap().cache_control = Some(value);
    }

    /// Answers this instead of its keys; `None` for its keys again.
    pub(crate) fn answer_instead(&self, answer: Option<(u16, String)>) {
        self.state.lock().unwrap().instead = answer;
    }

    pub(crate) fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    /// A server that requires this provider's tokens.
    pub(crate) async fn server(&self) -> Server {
        let jwks_url = self.url.clone();
        Server::with(|settings| {
            settings.auth = AuthMode::Required;
            settings.issuers = vec![Provider::Jwks {
                issuer: ISSUER.into(),
                audience: AUDIENCE.into(),
                jwks_url,
                algorithms: vec![Algorithm::RS256, Algorithm::ES256],
            }];
        })
        .await
    }
}

/// Where each kind of provider publishes its keys.
fn router(state: &Arc<Mutex<Publication>>) -> Router {
    let paths = ["/keys", "/auth/v1/.well-known/jwks.json"];
    paths.into_iter().fold(Router::new(), |router, path| router.route(path, get(answer))).with_state(Arc::clone(state))
}

async fn serve_tls(listener: TcpListener, router: Router) {
    let certificate = CertificateDer::from(include_bytes!("keys/tls.der").to_vec());
    let key = PrivateKeyDer::try_from(include_bytes!("keys/tls.key.der").to_vec()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        // Whoever does not trust the certificate hangs up in the middle of the greeting.
        let Ok(stream) = acceptor.accept(stream).await else { continue };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(State(state): State<Arc<Mutex<Publication>>>) -> Response {
    let mut state = state.lock().unwrap();
    state.asked += 1;
    if let Some((status, body)) = &state.instead {
        return (StatusCode::from_u16(*status).unwrap(), [("location", "/keys")], body.clone()).into_response();
    }
    let cache_control = state.cache_control.unwrap_or("no-cache");
    ([("cache-control", cache_control)], axum::Json(json!({ "keys": state.keys }))).into_response()
}
