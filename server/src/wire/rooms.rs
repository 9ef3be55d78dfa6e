//! Rooms on the wire: what is asked of them, and what is answered.

use super::fields::Fields;
use super::parts::minted;
use super::who::{Who, who};
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::error::Problem;
use crate::limits::{ROOM_PARTICIPANTS, ROOM_PARTICIPANTS_DEFAULT};
use crate::room::{AccessMethod, Participant, Room, RoomRefusal, RoomTiming, spoken};
use serde_json::{Value, json};
use uuid::Uuid;

/// `POST /api/rooms`.
#[derive(Clone, Debug)]
pub struct Creation {
    /// Who asks.
    pub who: Who,
    /// The room's id; made here if the body has none.
    pub room_id: Uuid,
    /// How many users may be in it at once.
    pub max_participants: u32,
}

/// `POST /api/rooms/{id}/join`, `leave` and `presence`.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Who asks.
    pub who: Who,
    /// On which device; nil if the body names none.
    pub device_id: Uuid,
    /// How they come in.
    pub access: AccessMethod,
    /// Whether the room is to be closed behind them.
    pub close: bool,
}

/// Parses the body of a creation.
///
/// # Errors
/// `invalid-json`, or `invalid-request` with every field that is at fault.
pub fn creation(text: &str, now: Timestamp) -> Result<Creation, Problem> {
    let mut fields = Fields::parse(text)?;
    let who = who(&mut fields);
    let room_id = fields.id("roomId");
    let most = fields.number("maxParticipants");
    if most.is_some_and(|most| !ROOM_PARTICIPANTS.contains(&most)) {
        let (least, most) = (ROOM_PARTICIPANTS.start(), ROOM_PARTICIPANTS.end());
        fields.fault("maxParticipants", format!("must be a whole number from {least} to {most}"));
    }
    fields.finish()?;
    let max_participants = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(ROOM_PARTICIPANTS_DEFAULT);
    Ok(Creation { who, room_id: room_id.unwrap_or_else(|| minted(now)), max_participants })
}

/// Parses the body of a visit.
///
/// # Errors
/// `invalid-json`, or `invalid-request` with every field that is at fault.
pub fn visit(text: &str) -> Result<Visit, Problem> {
    let mut fields = Fields::parse(text)?;
    let who = who(&mut fields);
    let device_id = fields.id("deviceId").unwrap_or_default();
    let access = fields.one_of("accessMethod", AccessMethod::parse, "invite, direct").unwrap_or_default();
    let close = fields.truth("close").unwrap_or_default();
    fields.finish()?;
    Ok(Visit { who, device_id, access, close })
}

/// Why nothing was done, as a problem.
#[must_use]
pub fn problem(refusal: RoomRefusal, timing: &RoomTiming) -> Problem {
    match refusal {
        RoomRefusal::NotFound => Problem::SessionNotFound,
        RoomRefusal::Expired => Problem::InviteExpired { timeout: spoken(timing.timeout) },
        RoomRefusal::Full => Problem::RoomFull,
        RoomRefusal::NotOwner => Problem::Forbidden("Only the owner of a room can close it. Leave it without close."),
        RoomRefusal::Taken => Problem::Conflict("There is a room of this id already. Make one with another id."),
    }
}

/// A room as its participants see it.
#[must_use]
pub fn room(room: &Room, now: Timestamp, timing: &RoomTiming) -> Value {
    json!({
        "roomId": room.id,
        "ownerId": room.owner_id,
        "isActive": room.is_active,
        "participantCount": room.participant_count,
        "maxParticipants": room.max_participants,
        "createdAt": room.created_at,
        "updatedAt": room.updated_at,
        "expiresAt": room.expires_at(timing),
        "serverTime": now,
    })
}

/// Whether a room is alive, for anybody who has its link.
#[must_use]
pub fn expiry(room: &Room, now: Timestamp, timing: &RoomTiming) -> Value {
    json!({
        "roomId": room.id,
        "expired": room.is_expired(now, timing),
        "expiresAt": room.expires_at(timing),
        "timeoutSeconds": timing.timeout.as_secs(),
        "serverTime": now,
    })
}

/// Who is in a room.
#[must_use]
pub fn participants(room_id: Uuid, participants: &[Participant], now: Timestamp, timing: &Timing) -> Value {
    let participants: Vec<_> = participants
        .iter()
        .map(|participant| {
            json!({
                "userId": participant.user_id,
                "deviceId": (!participant.device_id.is_nil()).then_some(participant.device_id),
                "isActive": participant.is_active,
                "isPresent": participant.is_present(now, timing.heartbeat),
                "accessMethod": participant.access_method.name(),
                "joinedAt": participant.joined_at,
                "lastSeenAt": participant.last_seen_at,
            })
        })
        .collect();
    json!({ "roomId": room_id, "participants": participants, "serverTime": now })
}

/// What became of a presence in one room.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The room.
    pub room_id: Uuid,
    /// When it expires, or why the presence does not count.
    pub outcome: Result<Timestamp, RoomRefusal>,
}

impl Seen {
    /// As the reply to a heartbeat lists it.
    #[must_use]
    pub fn json(&self, timing: &RoomTiming) -> Value {
        match self.outcome {
            Ok(expires_at) => json!({ "roomId": self.room_id, "expiresAt": expires_at }),
            Err(refusal) => {
                let problem = problem(refusal, timing);
                json!({ "roomId": self.room_id, "type": problem.urn(), "detail": problem.detail() })
            }
        }
    }
}
