//! People without a login: what their subjects look like, and how a start that shows no token at all finds its session again.

use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::START_REPEATS;
use crate::store::credentials::{Credentials, SessionOrigin};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the subject of a visitor begins with. No identity provider's subject may.
pub const ANONYMOUS: &str = "anon:";

/// Which session a start names, and what only its client knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// The session.
    pub session_id: Uuid,
    /// The device.
    pub device_id: Option<Uuid>,
    /// The page.
    pub tab_id: Option<Uuid>,
}

/// The subject of this visitor.
pub(super) fn anonymous(id: Uuid) -> String {
    format!("{ANONYMOUS}{id}")
}

/// The subject of a visitor who shows nothing. It follows from the session's id, so that a start whose reply was lost finds its
/// session again; for that session the start must also show what the first one said of its client.
///
/// # Errors
/// `session-not-found` if the session is there and the start cannot be its repetition; `unavailable` if the store does not answer.
pub(super) async fn recognise(store: &dyn Credentials, named: Named, now: Timestamp) -> Result<String, Problem> {
    let digest = Sha256::digest([b"visitor".as_slice(), named.session_id.as_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let subject = anonymous(uuid::Builder::from_random_bytes(bytes).into_uuid());
    let origin = store.session_origin(&subject, named.session_id).await?;
    match origin {
        Some(origin) if !repeats(&origin, named, now) => Err(Problem::SessionNotFound),
        _ => Ok(subject),
    }
}

/// Whether a start without any token can be the repetition of the one that made the session.
fn repeats(origin: &SessionOrigin, named: Named, now: Timestamp) -> bool {
    let same_device = named.device_id.is_some() && named.device_id == origin.device_id;
    let same_tab = named.tab_id.is_some_and(|tab| origin.tab_ids.contains(&tab));
    (same_device || same_tab) && now < origin.created_at.plus(START_REPEATS)
}
