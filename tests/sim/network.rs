//! The way between a page and the backend: what may befall a request, and when it and its answer arrive. It reads neither.

use crate::dice::Dice;
use serde::{Deserialize, Serialize};

/// What befalls a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// It does not arrive, and the page hears that it failed.
    LostRequest,
    /// It arrives; the page hears that it failed.
    LostReply,
    /// It arrives, and the page hears nothing, ever.
    Silence,
    /// It arrives so much later; later requests pass it.
    Late { seconds: u8 },
    /// Its answer comes so much later.
    ReplyLate { seconds: u8 },
    /// It arrives, and again so much later.
    Twice { seconds: u8 },
    /// It does not arrive; the API's own door answers with this status.
    Turned { status: u16, retry_after: Option<u16> },
    /// It does not arrive; a portal or proxy answers with a page of its own.
    Page { status: u16 },
    /// It arrives, but a proxy puts a page of its own in the answer's place.
    PageAfter { status: u16 },
    /// It arrives, and the answer breaks off.
    Cut,
}

impl Fault {
    pub(crate) fn any(dice: &mut Dice) -> Self {
        let seconds = dice.one_of(&[1, 5, 28, 33, 70]);
        match dice.below(16) {
            0..=1 => Self::LostRequest,
            2..=4 => Self::LostReply,
            5 => Self::Silence,
            6 => Self::Late { seconds },
            7 => Self::ReplyLate { seconds },
            8..=9 => Self::Twice { seconds },
            10 => Self::Turned { status: 429, retry_after: dice.one_of(&[None, Some(3), Some(50), Some(5_000)]) },
            11 => Self::Turned { status: dice.one_of(&[500, 503]), retry_after: dice.one_of(&[None, None, Some(8)]) },
            12 => Self::Turned { status: dice.one_of(&[401, 404, 404, 413, 413]), retry_after: None },
            13 if dice.is_one_in(8) => Self::Turned { status: dice.one_of(&[403, 422]), retry_after: None },
            13 => Self::Page { status: dice.one_of(&[200, 404, 502]) },
            14 => Self::PageAfter { status: dice.one_of(&[200, 502]) },
            _ => Self::Cut,
        }
    }

    /// Whether the page is told that its session or its request is no good.
    pub(crate) fn refuses(self) -> bool {
        matches!(self, Self::Turned { status: 403 | 404 | 422, .. })
    }

    /// Its name in the histogram.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LostRequest => "request lost",
            Self::LostReply => "reply lost",
            Self::Silence => "never answered",
            Self::Late { .. } => "request late",
            Self::ReplyLate { .. } => "reply late",
            Self::Twice { .. } => "request twice",
            Self::Turned { status: 429, retry_after: Some(_) } => "429 with Retry-After",
            Self::Turned { status: 429, .. } => "429",
            Self::Turned { status: 500.., .. } => "5xx",
            Self::Turned { status: 401, .. } => "401",
            Self::Turned { status: 404, .. } => "404 session-not-found",
            Self::Turned { status: 413, .. } => "413",
            Self::Turned { .. } => "403 or 422",
            Self::Page { .. } => "a proxy's page instead",
            Self::PageAfter { .. } => "a proxy's page as the reply",
            Self::Cut => "reply cut",
        }
    }
}

/// What the page will hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hears {
    /// The backend's answer.
    Answer,
    /// Half of it.
    Half,
    /// That the request failed.
    Failure,
    /// Nothing.
    Nothing,
    /// A page of somebody else's.
    Page(u16),
    /// A problem from the API's door.
    Problem(u16, Option<u16>),
}

/// A request's way, decided when it sets out. Delays are in milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// When it arrives, each time that it does.
    pub(crate) arrives: Vec<u64>,
    /// How long the answer takes, from the first arrival (or from the setting out, if there is none).
    pub(crate) back: u64,
    /// What the page hears.
    pub(crate) hears: Hears,
}

/// Decides a request's way.
pub(crate) fn way(fault: Option<Fault>, dice: &mut Dice) -> Way {
    let (there, back) = (5 + dice.below(70), 5 + dice.below(70));
    let late = |seconds: u8| u64::from(seconds) * 1_000;
    let arriving = |hears| Way { arrives: vec![there], back, hears };
    let lost = |hears| Way { arrives: vec![], back: there + back, hears };
    match fault {
        None => arriving(Hears::Answer),
        Some(Fault::LostRequest) => lost(Hears::Failure),
        Some(Fault::LostReply) => arriving(Hears::Failure),
        Some(Fault::Silence) => arriving(Hears::Nothing),
        Some(Fault::Late { seconds }) => Way { arrives: vec![there + late(seconds)], back, hears: Hears::Answer },
        Some(Fault::ReplyLate { seconds }) => Way { back: back + late(seconds), ..arriving(Hears::Answer) },
        Some(Fault::Twice { seconds }) => {
            Way { arrives: vec![there, there + late(seconds)], back, hears: Hears::Answer }
        }
        Some(Fault::Turned { status, retry_after }) => lost(Hears::Problem(status, retry_after)),
        Some(Fault::Page { status }) => lost(Hears::Page(status)),
        Some(Fault::PageAfter { status }) => arriving(Hears::Page(status)),
        Some(Fault::Cut) => arriving(Hears::Half),
    }
}

/// What a problem of this status says.
pub(crate) fn problem(status: u16) -> String {
    let kind = match status {
        401 => "token-invalid",
        403 => "forbidden",
        404 => "session-not-found",
        413 => "payload-too-large",
        422 => "invalid-request",
        429 => "rate-limited",
        503 => "unavailable",
        _ => "internal-error",
    };
    format!(r#"{{"type":"urn:session-tracker:problem:{kind}","title":"{kind}","status":{status},"detail":"so it is"}}"#)
}
