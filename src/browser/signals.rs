//! What is said to a tracker, by the application and by its page: each is a number, with up to two texts. `pkg/src/said.ts` and `page.js` have
//! the same numbers.

use crate::section::Section;
use crate::session::EndReason;
use crate::tracker::Input;

// Of the page. Those after which it matters what other tabs did meanwhile come with the records of the tabs.
const HIDDEN: u8 = 1;
const VISIBLE: u8 = 2;
const LEAVING: u8 = 3;
const RETURNED: u8 = 4;
const ONLINE: u8 = 5;
const FOCUSED: u8 = 6;
const BLURRED: u8 = 7;
const ACTIVITY: u8 = 8;
/// With what is known of the answer as JSON, and its text.
pub(super) const ANSWERED: u8 = 9;
const RECORDS_CHANGED: u8 = 10;
const LEADS: u8 = 11;
const FOLLOWS: u8 = 12;
const SOON: u8 = 13;
pub(super) const RANG: u8 = 14;
/// With whom the host's bearer is for.
const BEARER: u8 = 15;

// Of the application.
/// Begins a session, or takes up the one that an earlier page of the same visit left. With the host's name for the person, if there is one: with
/// the same one again it is idempotent; with another one the session that goes on ends as replaced, and the next one is theirs.
pub(super) const START: u8 = 20;
/// With a section's name: it counts once it has held.
pub(super) const SECTION: u8 = 21;
/// With a section's name: it counts at once.
pub(super) const SECTION_AT_ONCE: u8 = 22;
/// With an event's type and its data as JSON, which may be empty. Gives its id; nothing if it was refused.
pub(super) const LOG: u8 = 23;
/// Sends what waits.
pub(super) const FLUSH: u8 = 24;
/// With a reason, `manual` if it is none: ends the session for good, and sends what waits along with it.
pub(super) const END: u8 = 25;
/// Gives what became of every event, as JSON.
pub(super) const LEDGER: u8 = 26;
/// Gives anything if the backend did not answer when it was last asked.
pub(super) const IS_DOWN: u8 = 27;
/// Gives whose session it is, the visitor's token and the profile's name, with zero characters between them.
pub(super) const WHO: u8 = 28;
/// Forgets everything, tells nobody, and takes away every timer and listener.
pub(super) const DISCARD: u8 = 29;
/// Says goodbye as a closing page does, and takes away every timer and listener.
pub(super) const DESTROY: u8 = 30;

/// Whether the text that comes with it is the records of the tabs.
pub(super) fn brings_records(what: u8) -> bool {
    matches!(what, VISIBLE | LEAVING | RETURNED | RECORDS_CHANGED)
}

/// What has happened.
pub(super) fn meaning(what: u8, text: &str) -> Option<Input> {
    Some(match what {
        HIDDEN => Input::Visible(false),
        VISIBLE => Input::Visible(true),
        LEAVING => Input::Leaving,
        RETURNED => Input::Returned,
        ONLINE => Input::Online,
        FOCUSED => Input::Focused(true),
        BLURRED => Input::Focused(false),
        ACTIVITY => Input::Activity,
        LEADS => Input::Led(true),
        FOLLOWS => Input::Led(false),
        RECORDS_CHANGED | SOON | RANG => Input::Wake,
        BEARER if !text.is_empty() => Input::Bearer(text.into()),
        START => Input::Start,
        SECTION | SECTION_AT_ONCE => {
            Input::Section { section: Section::parse(text)?, at_once: what == SECTION_AT_ONCE }
        }
        FLUSH => Input::Flush,
        END => Input::End(EndReason::parse(text).unwrap_or(EndReason::Manual)),
        DESTROY => Input::Close,
        _ => return None,
    })
}
