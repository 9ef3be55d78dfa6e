//! `/api/me/data`: everything that is stored of the caller, to take along or to erase.

use super::query::Query;
use crate::App;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{EXPORT_ROWS, JOB_ROWS};
use crate::room::Participant;
use crate::store::ai::Interaction;
use crate::store::own_data::{Key, OwnTab, Page};
use crate::store::{FedEvent, Store, StoreError};
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
use uuid::Uuid;

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
        self.list("sessions", user, |page| store.own_sessions(page), |row| row.id, |row| wire::session(&row)).await?;
        let key = |row: &FedEvent| (row.session_id, row.event.event_id);
        self.list("events", user, |page| store.own_events(page), key, wire::event).await?;
        let key = |row: &OwnTab| (row.session_id, row.tab_id);
        self.list("tabs", user, |page| store.own_tabs(page), key, |row| wire::tab(&row)).await?;
        self.list("rooms", user, |page| store.own_rooms(page), |row| row.id, |row| wire::room(&row)).await?;
        let key = |(room_id, place): &(Uuid, Participant)| (*room_id, place.device_id);
        let json = |(room_id, place): (Uuid, Participant)| wire::participation(room_id, &place);
        self.list("participations", user, |page| store.own_participations(page), key, json).await?;
        let json = |row| wire::ai_session(&row);
        self.list("aiSessions", user, |page| store.own_ai_sessions(page), |row| row.id, json).await?;
        let key = |(conversation_id, said): &(Uuid, Interaction)| (*conversation_id, said.id);
        let json = |(conversation_id, said): (Uuid, Interaction)| wire::ai_interaction(conversation_id, &said);
        self.list("aiInteractions", user, |page| store.own_ai_interactions(page), key, json).await?;
        self.text.push('}');
        self.flush().await
    }

    /// Sends all pages of one list.
    async fn list<'a, Row, K: Key, Json: Serialize, Rows: Future<Output = Result<Vec<Row>, StoreError>>>(
        &mut self,
        name: &str,
        user_id: &'a str,
        rows: impl Fn(Page<'a, K>) -> Rows,
        key: impl Fn(&Row) -> K,
        json: impl Fn(Row) -> Json,
    ) -> Result<(), Stop> {
        self.text.push_str(&format!(",\"{name}\":["));
        let (mut after, mut is_first) = (None, true);
        loop {
            let page = rows(Page { user_id, after, limit: EXPORT_ROWS }).await?;
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
