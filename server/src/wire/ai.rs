//! Conversations with a model on the wire: what is asked, and what is answered.

use super::fields::Fields;
use super::parts::{self, minted};
use super::who::{Who, who};
use crate::auth::Shown;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{AI_TEXT_BYTES, NAME_CHARS};
use crate::store::ai::{AiRefusal, AiSession, Interaction};
use serde_json::{Value, json};
use uuid::Uuid;

/// A conversation that is named, or to be made.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks, and in which session.
    pub who: Who,
    /// The conversation; made here if the body names none.
    pub ai_session_id: Uuid,
}

/// Parses the body of `POST /api/ai/sessions`.
///
/// # Errors
/// `invalid-json`, or `invalid-request` with every field that is at fault.
pub fn session(text: &str, now: Timestamp) -> Result<Asked, Problem> {
    let mut fields = Fields::parse(text)?;
    let asked = asked(&mut fields, now);
    fields.finish()?;
    Ok(asked)
}

/// Parses the body of `POST /session/create`, which names everything as its source does.
///
/// # Errors
/// `invalid-json`, or `invalid-request` with every field that is at fault.
pub fn session_by_its_first_name(text: &str, now: Timestamp) -> Result<Asked, Problem> {
    let mut fields = Fields::parse(text)?;
    let ai_session_id = fields.id("session_id").unwrap_or_else(|| minted(now));
    let user_id = parts::user_named(&mut fields, "user_id");
    fields.finish()?;
    Ok(Asked { who: Who { shown: Shown { user_id, ..Shown::default() }, session_id: None }, ai_session_id })
}

/// Parses the body of `POST /api/ai/interactions`.
///
/// # Errors
/// `invalid-json`, or `invalid-request` with every field that is at fault.
pub fn interaction(text: &str, now: Timestamp) -> Result<(Asked, Interaction), Problem> {
    let mut fields = Fields::parse(text)?;
    let asked = asked(&mut fields, now);
    if fields.raw("prompt").is_none() {
        fields.fault("prompt", "is missing");
    }
    let interaction = Interaction {
        id: fields.id("eventId").unwrap_or_else(|| minted(now)),
        prompt: fields.bytes("prompt", AI_TEXT_BYTES).unwrap_or_default(),
        response: fields.bytes("response", AI_TEXT_BYTES),
        model_used: fields.text("modelUsed", NAME_CHARS),
        tokens_used: fields.total("tokensUsed"),
        created_at: now,
    };
    fields.finish()?;
    Ok((asked, interaction))
}

fn asked(fields: &mut Fields<'_>, now: Timestamp) -> Asked {
    Asked { who: who(fields), ai_session_id: fields.id("aiSessionId").unwrap_or_else(|| minted(now)) }
}

/// Why nothing was stored, as a problem.
#[must_use]
pub fn problem(refusal: AiRefusal) -> Problem {
    match refusal {
        AiRefusal::NoSuchSession => {
            Problem::Conflict("sessionId names no session of the caller's to link to. Start it first, or leave it out.")
        }
    }
}

/// A conversation.
#[must_use]
pub fn reply(session: &AiSession, now: Timestamp) -> Value {
    json!({
        "aiSessionId": session.id,
        "userId": session.user_id,
        "sessionId": session.session_id,
        "createdAt": session.created_at,
        "updatedAt": session.updated_at,
        "serverTime": now,
    })
}
