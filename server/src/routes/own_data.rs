//! `/api/me/data`: everything that is stored of the caller, to take along or to erase.

use super::query::Query;
use crate::App;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{EXPORT_ROWS, JOB_ROWS};
use crate::store::{Store, StoreError};
use crate::wire::own_data as wire;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// One JSON object of lists, read and sent page by page, so that it takes no memory to speak of however much there is. Should the store
/// fail in the middle, the connection is broken off: what was received is then no JSON, and nobody takes it for the whole.
///
/// # Errors
/// 401 without a bearer where login is asked; 422 if the query is at fault.
pub async fn export(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let now = app.clock.now();
    let user_id = app.auth.reading(&headers, Query::parse(&uri)?.user_id()?, now).await?;
    app.store.check().await?;
    let (sender, body) = Channel::new(1);
    let store = Arc::clone(&app.store);
    tokio::spawn(async move {
        let mut export = Export { sender, text: String::new() };
        if let Err(stop) = export.send(store.as_ref(), &user_id, now).await {
            tracing::error!(%stop, "an export of a person's own data was broken off");
            export.sender.abort(std::io::Error::other("the store failed"));
        }
    });
    let named = "attachment; filename=\"session-data.json\"";
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, named)];
    Ok((headers, Body::new(body)).into_response())
}

/// Erases it, and says how much it was.
///
/// # Errors
/// 401 without a bearer where login is asked; 422 if the query is at fault.
pub async fn erase(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let user_id = app.auth.reading(&headers, Query::parse(&uri)?.user_id()?, now).await?;
    let mut rows = 0;
    loop {
        let erased = app.store.erase(&user_id, JOB_ROWS).await?;
        rows += erased;
        if erased == 0 {
            return Ok(Json(json!({ "userId": user_id, "erasedRows": rows, "serverTime": now })));
        }
    }
}

/// Why an export ends early.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("its reader has hung up")]
    Gone,
}

struct Export {
    sender: Sender<Bytes, std::io::Error>,
    text: String,
}

impl Export {
    async fn send(&mut self, store: &dyn Store, user: &str, now: Timestamp) -> Result<(), Stop> {
        self.text = format!("{{\"userId\":{},\"exportedAt\":\"{now}\"", json!(user));
        let most = EXPORT_ROWS;
        let sessions = |after| store.own_sessions(user, after, most);
        self.list("sessions", sessions, |row| row.id, |row| wire::session(&row)).await?;
        let events = |after| store.own_events(user, after, most);
        self.list("events", events, |row| (row.session_id, row.event.event_id), wire::event).await?;
        let tabs = |after| store.own_tabs(user, after, most);
        self.list("tabs", tabs, |row| (row.session_id, row.tab_id), |row| wire::tab(&row)).await?;
        let rooms = |after| store.own_rooms(user, after, most);
        self.list("rooms", rooms, |row| row.id, |row| wire::room(&row)).await?;
        let places = |after| store.own_participations(user, after, most);
        self.list("participations", places, |row| (row.0, row.1.device_id), |row| wire::participation(row.0, &row.1))
            .await?;
        let conversations = |after| store.own_ai_sessions(user, after, most);
        self.list("aiSessions", conversations, |row| row.id, |row| wire::ai_session(&row)).await?;
        let said = |after| store.own_ai_interactions(user, after, most);
        self.list("aiInteractions", said, |row| (row.0, row.1.id), |row| wire::ai_interaction(row.0, &row.1)).await?;
        self.text.push('}');
        self.flush().await
    }

    /// Sends all pages of one list.
    async fn list<Row, Key, Json: Serialize, Page: Future<Output = Result<Vec<Row>, StoreError>>>(
        &mut self,
        name: &str,
        page_after: impl Fn(Option<Key>) -> Page,
        key: impl Fn(&Row) -> Key,
        json: impl Fn(Row) -> Json,
    ) -> Result<(), Stop> {
        self.text.push_str(&format!(",\"{name}\":["));
        let (mut after, mut is_first) = (None, true);
        loop {
            let page = page_after(after).await?;
            let is_last = page.len() < EXPORT_ROWS as usize;
            after = page.last().map(&key);
            for row in page {
                let text = serde_json::to_string(&json(row)).map_err(|error| StoreError::Broken(error.to_string()))?;
                self.text.push_str(if is_first { "" } else { "," });
                self.text.push_str(&text);
                is_first = false;
            }
            if is_last {
                self.text.push(']');
                return Ok(());
            }
            self.flush().await?;
        }
    }

    async fn flush(&mut self) -> Result<(), Stop> {
        let text = std::mem::take(&mut self.text);
        self.sender.send_data(Bytes::from(text)).await.map_err(|_| Stop::Gone)
    }
}
