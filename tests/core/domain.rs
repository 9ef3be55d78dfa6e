//! The cookies of a domain, as `pkg/src/site.ts` does with them: an origin tells the others what they may hear of its tab's record, and they
//! hear a record of one more tab. Here everybody is the same person, and an origin has one tab.

use session_tracker::id::Id;
use session_tracker::record::Record;
use session_tracker::section::Section;
use session_tracker::session::{Key, Session, Standing};
use session_tracker::time::{Millis, Wall};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One origin of a domain.
#[derive(Clone, Default)]
pub(crate) struct Domain {
    origin: &'static str,
    cookies: Rc<RefCell<BTreeMap<&'static str, Record>>>,
}

impl Domain {
    /// The same domain, for another of its origins.
    pub(crate) fn at(&self, origin: &'static str) -> Self {
        Self { origin, cookies: self.cookies.clone() }
    }

    /// No two origins' pages have the same ids.
    pub(crate) fn seed(&self) -> u64 {
        self.origin.bytes().map(u64::from).sum::<u64>() * 100
    }

    /// The origin's cookie says this from here on.
    pub(crate) fn forge(&self, alter: impl FnOnce(&mut Record)) {
        alter(self.cookies.borrow_mut().get_mut(self.origin).expect("it has told something"));
    }

    pub(crate) fn tell(&self, name: &str, text: &str) {
        let Some(record) = Record::read(name, text) else { return };
        let Some(session) = record.current().filter(|session| session.standing == Standing::Announced) else { return };
        let mut told = Session::new(Key(0), session.id.clone(), session.id.clone(), session.started, Section::home());
        (told.name, told.user, told.epoch) = (session.name.clone(), session.user.clone(), session.epoch);
        let place = Id::parse(&format!("at-{}", self.origin)).expect("a place");
        let (claims, over, section, sessions) = (Vec::new(), Vec::new(), String::new(), vec![told]);
        let record = Record { place, claims, over, section, sessions, beaten: Wall(0), dwelt: Millis(0), ..record };
        self.cookies.borrow_mut().insert(self.origin, record);
    }

    pub(crate) fn hear(&self) -> Vec<(String, String)> {
        let cookies = self.cookies.borrow();
        let others = cookies.iter().filter(|(origin, _)| **origin != self.origin);
        let text = |record: &Record| record.clone().write(record.sessions.clone().iter_mut());
        others.map(|(_, record)| (format!("tab:{}", record.place.as_str()), text(record))).collect()
    }
}
