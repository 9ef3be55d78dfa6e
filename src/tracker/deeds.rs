//! What the person and the application do: begin, go somewhere, be active, hide the page, end. Does not know what is sent of it, nor when.

use super::exit::Page;
use super::{Notice, Output, Phase, Tracker};
use crate::event::What;
use crate::section::Section;
use crate::session::{EndReason, Ending};
use crate::time::{Millis, Now};
use crate::timers::Timer;

impl Tracker {
    pub(super) fn start(&mut self, now: Now) {
        match self.phase {
            Phase::Idle => {}
            Phase::Ended(_) => self.retire(true),
            Phase::Starting | Phase::Live | Phase::Inert(_) => return,
        }
        self.phase = Phase::Starting;
        self.meet_profile();
        self.open(true, now);
        self.looks_around = true;
        self.meet(now);
        self.renew(now);
        self.unsettled = true;
        self.events_due = true;
        self.record_due = true;
    }

    pub(super) fn go_to(&mut self, section: Section, at_once: bool, now: Now) {
        if let Phase::Inert(_) = self.phase {
            return;
        }
        if !self.sections.propose(section) {
            self.timers.stop(Timer::Debounce);
        } else if at_once || self.page != Page::Open {
            self.settle_section(now);
        } else {
            // Not in the same task: a router that replaces the entry it has just pushed goes to one place.
            self.timers.set(Timer::Debounce, now.mono.after(Millis(self.settings.debounce.0.max(1))));
        }
    }

    pub(super) fn flush(&mut self) {
        self.flush_due = true;
        self.unsettled = true;
    }

    pub(super) fn end(&mut self, reason: EndReason, now: Now) {
        self.unsettled = true;
        if self.phase == Phase::Ended(EndReason::Timeout) {
            // Nobody shall wake it any more.
            self.phase = Phase::Ended(reason);
        }
        if !self.is_running() {
            return;
        }
        self.settle_section(now);
        if let Some(session) = self.current_mut() {
            session.ending = Ending::Owed(reason, now.wall);
        }
        self.finish(reason);
    }

    /// The session is over for the application, whatever the backend is still to be told.
    pub(super) fn finish(&mut self, reason: EndReason) {
        self.disarm();
        self.presence.end();
        self.phase = Phase::Ended(reason);
        self.beat_due = false;
        for timer in [Timer::Idle, Timer::Flush] {
            self.timers.stop(timer);
        }
        self.stop_leading();
        self.record_due = true;
        self.outputs.push(Output::Notify(Notice::Ended(reason)));
    }

    pub(super) fn show(&mut self, visible: bool, now: Now) {
        self.presence.show(visible, now.mono);
        if self.page != Page::Open {
            return;
        }
        if visible {
            self.act(now);
            self.renew(now);
        } else {
            self.disarm();
            // A hidden page may be killed without a word, and a large request with it.
            self.recall(0);
            self.settle_section(now);
            self.stop_leading();
            self.flush_due = true;
        }
        self.record_due = true;
        // Hiding says so once, for a hidden page does not beat; coming back says so at once.
        self.beat_due |= self.phase == Phase::Live;
    }

    pub(super) fn act(&mut self, now: Now) {
        self.wake(now);
        let was_idle = self.presence.act();
        if self.phase == Phase::Live {
            self.timers.set(Timer::Idle, now.mono.after(self.settings.idle));
            self.beat_due |= was_idle;
            self.record_due |= was_idle;
        }
    }

    pub(super) fn settle_section(&mut self, now: Now) {
        self.timers.stop(Timer::Debounce);
        let Some(section) = self.sections.settle() else { return };
        // Before there is a session this is merely where its start will say it began, and after it nobody asks.
        if self.current().is_some() && !matches!(self.phase, Phase::Ended(_) | Phase::Inert(_)) {
            self.presence.act();
            self.admit(What::Moved(section, self.presence.dwelt()), now);
            self.record_due = true;
        }
    }
}
