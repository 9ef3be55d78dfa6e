//! A person's own data as they get it: one JSON object of lists, a row at a time, with everything that is stored of each.

use super::views::{self, EventView};
use crate::room::{Participant, Room};
use crate::session::Session;
use crate::store::FedEvent;
use crate::store::ai::{AiSession, Interaction};
use crate::store::own_data::OwnTab;
use serde_json::{Value, json};
use uuid::Uuid;

/// A session: what its owner reads elsewhere too, and what only this shows.
#[must_use]
pub fn session(session: &Session) -> Value {
    let mut row = views::session(session);
    row["givenId"] = json!(session.given_id);
    row["deviceId"] = json!(session.device_id);
    row["previousId"] = json!(session.previous_id);
    row["lastActivityAt"] = json!(session.last_activity_at);
    row["metadata"] = json!(views::stored(session.metadata.as_deref()));
    row["userAgent"] = json!(session.user_agent);
    row["ipAddress"] = json!(session.ip_address);
    row
}

/// An event.
#[must_use]
pub fn event(fed: FedEvent) -> EventView {
    EventView::new(fed.event, fed.session_id, &fed.user_id)
}

/// A tab's account.
#[must_use]
pub fn tab(tab: &OwnTab) -> Value {
    json!({ "sessionId": tab.session_id, "tabId": tab.tab_id, "lastSeq": tab.last_seq, "dropped": tab.dropped })
}

/// A room that they made.
#[must_use]
pub fn room(room: &Room) -> Value {
    json!({
        "roomId": room.id,
        "isActive": room.is_active,
        "maxParticipants": room.max_participants,
        "createdAt": room.created_at,
        "updatedAt": room.updated_at,
    })
}

/// Their place in a room.
#[must_use]
pub fn participation(room_id: Uuid, place: &Participant) -> Value {
    json!({
        "roomId": room_id,
        "deviceId": (!place.device_id.is_nil()).then_some(place.device_id),
        "isActive": place.is_active,
        "accessMethod": place.access_method.name(),
        "joinedAt": place.joined_at,
        "lastSeenAt": place.last_seen_at,
    })
}

/// A conversation.
#[must_use]
pub fn ai_session(session: &AiSession) -> Value {
    json!({
        "aiSessionId": session.id,
        "sessionId": session.session_id,
        "createdAt": session.created_at,
        "updatedAt": session.updated_at,
    })
}

/// What was said in one.
#[must_use]
pub fn ai_interaction(ai_session_id: Uuid, said: &Interaction) -> Value {
    json!({
        "aiSessionId": ai_session_id,
        "eventId": said.id,
        "prompt": said.prompt,
        "response": said.response,
        "modelUsed": said.model_used,
        "tokensUsed": said.tokens_used,
        "createdAt": said.created_at,
    })
}
