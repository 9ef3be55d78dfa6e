//! Rooms and their rules, as values: who may come in, who may stay, and when a room is over. All times are the server's; what a
//! visitor's clock shows decides nothing here. Nothing here knows HTTP or SQL.

mod timing;

pub use timing::{RoomTiming, spoken};

use crate::clock::Timestamp;
use crate::limits::PRESENT_BEATS;
use std::time::Duration;
use uuid::Uuid;

/// A room as it is stored, with what its participants make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id, which is also the invitation: whoever knows it may join while it is alive.
    pub id: Uuid,
    /// Who made it.
    pub owner_id: String,
    /// Whether its owner has not closed it.
    pub is_active: bool,
    /// How many different users may be in it at once.
    pub max_participants: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last joined or left it, or it was closed.
    pub updated_at: Timestamp,
    /// When anybody in it was last seen, those who have left included; `None` if nobody ever joined.
    pub last_seen_at: Option<Timestamp>,
    /// How many different users are in it.
    pub participant_count: u32,
}

/// Somebody in a room, on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub user_id: String,
    /// On which device; nil where the client names none.
    pub device_id: Uuid,
    /// Whether they have not left.
    pub is_active: bool,
    /// How they came in.
    pub access_method: AccessMethod,
    /// When they first came in.
    pub joined_at: Timestamp,
    /// When they were last seen.
    pub last_seen_at: Timestamp,
}

/// How somebody comes into a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessMethod {
    /// By its link, which dies with the room's activity.
    #[default]
    Invite,
    /// As its owner, or as somebody who was in it before: no link is needed, so none can have expired.
    Direct,
}

impl AccessMethod {
    /// Its name in the API and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Direct => "direct",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Invite, Self::Direct].into_iter().find(|method| method.name() == name)
    }
}

/// Why something was not done in a room. Nothing of it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomRefusal {
    /// There is no such room, it is closed, or the caller is not in it: none of which a stranger can tell apart.
    NotFound,
    /// Nothing happened in it for too long.
    Expired,
    /// As many users as it takes are in it.
    Full,
    /// Only its owner may do this.
    NotOwner,
    /// Somebody else made a room of this id.
    Taken,
}

/// What a store must know to let somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The caller was in the room before, on any device.
    pub was_in: bool,
    /// The caller has a seat: is in it on some device and was seen within the timeout.
    pub seated: bool,
    /// How many different users have a seat.
    pub seats_taken: u32,
}

impl Room {
    /// When it is over if nobody is seen in it any more. Being made counts as being seen, so a new room has as long to be joined; and the
    /// last person's leaving counts too, so a room that everybody has left does expire.
    #[must_use]
    pub fn expires_at(&self, timing: &RoomTiming) -> Timestamp {
        let silent = self.last_seen_at.unwrap_or(self.created_at).max(self.created_at).plus(timing.timeout);
        timing.max_age.map_or(silent, |age| silent.min(self.created_at.plus(age)))
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp, timing: &RoomTiming) -> bool {
        now >= self.expires_at(timing)
    }

    /// Whether the caller may come in. Whoever has a seat keeps it, so a repeated join is never turned away.
    ///
    /// # Errors
    /// [`RoomRefusal`].
    pub fn admit(
        &self,
        user_id: &str,
        access: AccessMethod,
        standing: Standing,
        now: Timestamp,
        timing: &RoomTiming,
    ) -> Result<(), RoomRefusal> {
        let too_old = timing.max_age.is_some_and(|age| now >= self.created_at.plus(age));
        match access {
            _ if !self.is_active => Err(RoomRefusal::NotFound),
            AccessMethod::Direct if self.owner_id != user_id && !standing.was_in => Err(RoomRefusal::NotFound),
            AccessMethod::Direct if too_old => Err(RoomRefusal::Expired),
            AccessMethod::Invite if self.is_expired(now, timing) => Err(RoomRefusal::Expired),
            _ if !standing.seated && standing.seats_taken >= self.max_participants => Err(RoomRefusal::Full),
            _ => Ok(()),
        }
    }
}

impl Participant {
    /// Whether they are there at this moment: in the room, and heard of within three beats.
    #[must_use]
    pub fn is_present(&self, now: Timestamp, beat: Duration) -> bool {
        self.is_active && now < self.last_seen_at.plus(beat * PRESENT_BEATS)
    }
}

#[cfg(test)]
mod tests;
