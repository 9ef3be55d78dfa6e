//! Who is asking: by a bearer, by a session's own token, or by saying so.

use super::{Backend, Call, Problem, State};
use crate::body::Body;
use crate::fault::Fault::*;
use crate::fault::Login;
use crate::session::new_id;
use serde_json::Value;

impl Backend {
    fn bearer(&self, state: &State, call: &Call) -> Result<Option<String>, Problem> {
        let Some(bearer) = call.headers.get("authorization").filter(|_| self.login != Login::None) else {
            return Ok(None);
        };
        let known = state.bearers.get(bearer.trim_start_matches("Bearer ")).cloned();
        let known = known.or_else(|| self.has(BelievesAnyBearer).then(|| "anybody".into()));
        known.map(Some).ok_or(Problem::new(401, "token-invalid", "This is nobody's token."))
    }

    pub(super) fn reader(&self, state: &State, call: &Call) -> Result<String, Problem> {
        let asked = call.query.get("userId").cloned();
        match self.bearer(state, call)? {
            Some(user) if asked.as_ref().is_none_or(|asked| *asked == user) => Ok(user),
            Some(_) if self.has(BelievesUserIdsInQueries) => Ok(asked.unwrap_or_default()),
            Some(_) => Err(Problem::new(403, "forbidden", "Ask for yourself.")),
            None if self.login == Login::None => asked.ok_or(Problem::invalid("?userId", "is missing")),
            None => Err(Problem::new(401, "token-missing", "Who asks?")),
        }
        .or_else(|problem| if self.has(WelcomesNobody) { Ok("nobody".into()) } else { Err(problem) })
    }

    pub(super) fn subject(
        &self,
        state: &State,
        call: &Call,
        body: &Body,
        start: &Value,
    ) -> Result<(String, bool), Problem> {
        let named = |members: &Value| members["userId"].as_str().map(str::to_owned);
        if !start.is_null() {
            let known = self.bearer(state, call)?;
            let anybody = || {
                let device = start["deviceId"]
                    .as_str()
                    .filter(|_| !self.has(ForgetsDevices))
                    .or(body.members["sessionId"].as_str());
                format!("anon:{}", device.map_or_else(new_id, str::to_owned))
            };
            return match (known, self.login) {
                (Some(user), _) if self.has(ForgetsVisitors) && user.starts_with("anon:") => {
                    Ok((format!("anon:{}", new_id()), true))
                }
                (Some(user), _) => Ok((user, false)),
                (None, Login::None) => Ok((named(start).unwrap_or_else(anybody), false)),
                (None, Login::Optional) => {
                    let token = body.members["token"].as_str().and_then(|token| state.tokens.get(token));
                    Ok((token.map_or_else(|| format!("anon:{}", new_id()), |(user, _)| user.clone()), true))
                }
                (None, Login::Required) if self.has(WelcomesNobody) => Ok(("nobody".into(), false)),
                (None, Login::Required) => Err(Problem::new(401, "token-missing", "Who asks?")),
            };
        }
        let asked = body.members["sessionId"].as_str().ok_or(Problem::invalid("sessionId", "is missing"))?;
        if let Some(token) = body.members["token"].as_str() {
            let Some((user, id)) = state.tokens.get(token) else {
                let believed = self.has(BelievesAnyToken).then(|| self.whose(state, asked)).flatten();
                return believed.ok_or(Problem::new(401, "token-invalid", "Not ours.")).map(|user| (user, false));
            };
            let is_it = state.sessions.iter().any(|one| one.id == *id && (one.id == asked || one.given == asked));
            if let Some(claimed) = named(&body.members).filter(|_| self.has(BelievesUserIdsBesideTokens)) {
                return Ok((claimed, false));
            }
            if is_it || self.has(SharesTokens) {
                return Ok((user.clone(), false));
            }
            return Err(Problem::new(403, "forbidden", "The token is for another session."));
        }
        let user = match self.bearer(state, call)? {
            None if self.login == Login::None => named(&body.members),
            known => known,
        };
        user.map(|user| (user, false)).ok_or(Problem::new(401, "token-missing", "Who writes?"))
    }

    fn whose(&self, state: &State, asked: &str) -> Option<String> {
        state.sessions.iter().find(|session| session.id == asked).map(|session| session.user.clone())
    }
}
