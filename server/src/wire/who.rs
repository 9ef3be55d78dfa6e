//! What a body says of its sender where it is not about a session: a bearer's requests need nothing of it, a beacon's need the write token
//! and the session that the token is for.

use super::fields::Fields;
use super::parts;
use crate::auth::Shown;
use crate::limits::TOKEN_CHARS;
use uuid::Uuid;

/// Who asks, before anything is verified.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// What the body shows of its sender.
    pub shown: Shown,
    /// The session that the write token is for.
    pub session_id: Option<Uuid>,
}

/// Reads it.
pub(super) fn who(fields: &mut Fields<'_>) -> Who {
    let write_token = fields.text("token", TOKEN_CHARS);
    let session_id = fields.id("sessionId");
    if write_token.is_some() && fields.raw("sessionId").is_none() {
        fields.fault("sessionId", "is missing: it says which session the token is for");
    }
    Who { shown: Shown { write_token, user_id: parts::user_id(fields), ..Shown::default() }, session_id }
}
