//! The reference backend of the session API: routes in front of a bounded writer in front of a store. All routes are on this page.
//! What a request means is in [`session`], what it looks like in [`wire`], where it is kept in [`store`].

pub mod access;
pub mod auth;
pub mod client_address;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod error;
pub mod head_faults;
pub mod jobs;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod number;
pub mod origin;
pub mod platforms;
pub mod rate_limit;
pub mod room;
pub mod routes;
pub mod serve;
pub mod session;
pub mod store;
pub mod wire;
pub mod writer;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{any, delete, get, post};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower_http::catch_panic::CatchPanicLayer;

/// What every route needs.
pub struct App {
    /// What the operator has set.
    pub settings: config::Settings,
    /// The pages that may use the API.
    pub origins: origin::Origins,
    /// What sessions may run on.
    pub platforms: platforms::Platforms,
    /// Who is asking.
    pub auth: auth::Auth,
    /// How often one may.
    pub rate_limits: Arc<rate_limit::RateLimits>,
    /// What happens, in numbers.
    pub metrics: metrics::Metrics,
    /// What time it is.
    pub clock: Arc<dyn clock::Clock>,
    /// Where reads go.
    pub store: Arc<dyn store::Store>,
    /// Where writes to sessions go.
    pub writer: writer::Writer,
    /// Where presence in rooms goes.
    pub presence: writer::PresenceWriter,
    /// What it does unasked.
    pub jobs: jobs::Cleanup,
    /// Whether it is shutting down.
    pub closing: AtomicBool,
}

impl App {
    /// A server over this store: takes up its signing keys, or makes the first one.
    ///
    /// # Errors
    /// A sentence for the operator: an issuer's secret or address is at fault, or the store does not answer.
    pub async fn new(
        settings: config::Settings,
        service_token: String,
        clock: Arc<dyn clock::Clock>,
        store: Arc<dyn store::Store>,
    ) -> Result<Arc<Self>, String> {
        let issuers = auth::issuers::Issuers::open(&settings.issuers)?;
        let credentials: Arc<dyn store::credentials::Credentials> = Arc::clone(&store) as _;
        let keys = auth::keys::KeyRing::open(Arc::clone(&credentials), settings.key_signs_for(), clock.now())
            .await
            .map_err(|error| error.to_string())?;
        let platforms =
            platforms::Platforms::open(&settings.platforms, store.as_ref()).await.map_err(|error| error.to_string())?;
        let rate_limits = Arc::new(rate_limit::RateLimits::new(
            settings.subject_requests_per_minute,
            settings.network_requests_per_minute,
        ));
        let auth = auth::Auth::new(settings.auth, keys, issuers, credentials, Arc::clone(&rate_limits), service_token);
        let metrics = metrics::Metrics::default();
        let writer = writer::Writer::start(writer::Sessions(Arc::clone(&store)), metrics.groups("sessions"));
        let presence = writer::Writer::start(writer::Presences(Arc::clone(&store)), metrics.groups("presence"));
        let origins = origin::Origins::new(&settings);
        Ok(Arc::new(Self {
            settings,
            origins,
            platforms,
            auth,
            rate_limits,
            metrics,
            clock,
            store,
            writer,
            presence,
            jobs: jobs::Cleanup::default(),
            closing: AtomicBool::new(false),
        }))
    }

    /// Is no longer ready, commits what waits, and closes the store.
    pub async fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.writer.drain().await;
        self.presence.drain().await;
        self.store.close().await;
    }
}

/// All routes.
pub fn app(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/api/sessions/start", post(routes::start::start))
        .route("/api/sessions/update", post(routes::update::update))
        .route("/api/sessions/end", post(routes::end::end))
        .route("/api/sessions/log-event", post(routes::log_event::log_event))
        .route("/api/sessions/batch", post(routes::batch::batch))
        .route("/api/sessions/heartbeat", post(routes::heartbeat::heartbeat))
        .route("/api/sessions/stats", get(routes::stats::stats))
        .route("/api/sessions/active", get(routes::active::active))
        .route("/api/sessions/{id}/events", get(routes::events::events))
        .route("/api/rooms", post(routes::rooms::create))
        .route("/api/rooms/{id}/join", post(routes::rooms::join))
        .route("/api/rooms/{id}/leave", post(routes::rooms::leave))
        .route("/api/rooms/{id}/presence", post(routes::rooms::presence))
        .route("/api/rooms/{id}/participants", get(routes::rooms::participants))
        .route("/api/rooms/{id}/expiry", get(routes::rooms::expiry))
        .route("/api/ai/sessions", post(routes::ai::create))
        .route("/api/ai/interactions", post(routes::ai::log))
        .route("/session/create", post(routes::ai::create_by_its_first_name))
        .route("/api/admin/sessions", get(routes::admin::sessions))
        .route("/api/admin/events", get(routes::admin::events))
        .route("/api/admin/cleanup/run", post(routes::cleanup::run))
        .route("/api/admin/cleanup/stats", get(routes::cleanup::stats))
        .route("/api/analytics/summary", get(routes::analytics::summary))
        .route("/api/analytics/timeline", get(routes::analytics::timeline))
        .route("/api/analytics/online", get(routes::analytics::online))
        .route("/api/me/data", get(routes::own_data::export))
        .route("/api/me/data", delete(routes::own_data::erase))
        .route("/api/{*elsewhere}", any(routes::not_found))
        .route("/live/service-token", get(routes::live::service_token))
        .route("/livez", get(routes::health::live))
        .route("/readyz", get(routes::health::ready))
        .route("/openapi.yaml", get(routes::openapi::yaml))
        .route("/openapi.json", get(routes::openapi::json))
        .method_not_allowed_fallback(routes::method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), origin::refuse_foreign))
        .layer(from_fn_with_state(Arc::clone(&app), rate_limit::by_address))
        .layer(origin::cors(app.origins.clone()))
        .with_state(Arc::clone(&app));
    routes::pages::serve(api, &app.settings)
        .layer(from_fn_with_state(Arc::clone(&app), client_address::note))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| error::Problem::Internal.into_response()))
        .layer(from_fn_with_state(app, access::follow))
}
