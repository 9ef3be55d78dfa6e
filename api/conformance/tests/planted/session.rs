//! Sessions in memory, and what a request does to one, with a hook wherever a fault can be planted.

use crate::body::{Body, Event};
use crate::fault::Fault::{self, *};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const DAY: i64 = 86_400_000;

const ONE_ID: &str = "019ca945-0a00-4000-8000-000000000001";

#[derive(Clone)]
pub(crate) struct Ended {
    pub(crate) reason: String,
    pub(crate) at: i64,
    pub(crate) epoch: u64,
}

pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) tab: Value,
    pub(crate) members: Value,
    pub(crate) data: String,
    pub(crate) at: i64,
    pub(crate) received: i64,
}

pub(crate) struct Session {
    pub(crate) user: String,
    pub(crate) id: String,
    pub(crate) given: String,
    pub(crate) start: Value,
    pub(crate) started: i64,
    pub(crate) contact: i64,
    pub(crate) epoch: u64,
    pub(crate) is_idle: bool,
    pub(crate) ended: Option<Ended>,
    pub(crate) section: Value,
    pub(crate) section_at: i64,
    pub(crate) metadata: Value,
    pub(crate) totals: [u64; 2],
    pub(crate) events: Vec<Stored>,
    /// Each tab's id, its highest `lastSeq`, and what it dropped.
    pub(crate) tabs: Vec<(Value, u64, Value)>,
}

/// What became of a request's events.
#[derive(Default)]
pub(crate) struct Fates {
    pub(crate) accepted: Vec<usize>,
    pub(crate) duplicates: Vec<usize>,
    pub(crate) mapped: Vec<Value>,
}

impl Session {
    pub(crate) fn begin(user: String, body: &Body, start: &Value, now: i64, fault: Option<Fault>) -> Self {
        let proposed = body.members["sessionId"].as_str().map(str::to_owned);
        let given = proposed
            .filter(|_| fault != Some(NamesSessionsItself))
            .unwrap_or_else(|| if fault == Some(MintsOneIdForAll) { ONE_ID.into() } else { new_id() });
        let sent = crate::backend::time(&body.members["sentAt"]);
        let said = crate::backend::time(&start["startedAt"]);
        let started = by_age(said, sent, now, fault);
        let id = mapped(&given, started, now, fault);
        Self {
            user,
            id,
            given,
            started,
            contact: now,
            epoch: body.members["epoch"].as_u64().unwrap_or(1),
            is_idle: false,
            ended: None,
            section: start["section"].clone(),
            section_at: started,
            metadata: start["metadata"].clone(),
            start: start.clone(),
            totals: [0; 2],
            events: Vec::new(),
            tabs: Vec::new(),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.reason != "app_close")
    }

    /// A start, heartbeat or update.
    pub(crate) fn contact(&mut self, body: &Body, is_idle: bool, now: i64, fault: Option<Fault>) {
        let said = body.members["epoch"].as_u64();
        if self.is_over() && fault != Some(RevivesTheEnded) {
            return;
        }
        if let Some(ended) = &self.ended {
            let later = said.is_none_or(|epoch| epoch > ended.epoch) || fault == Some(RevivesByAnyContact);
            if later && fault != Some(NeverRevives) {
                self.ended = None;
            }
        }
        if self.ended.is_none() {
            self.epoch = self.epoch.max(said.unwrap_or(self.epoch));
            self.contact = now;
            self.is_idle = is_idle && fault != Some(BeatsAreAlwaysActive);
        }
    }

    pub(crate) fn store(&mut self, body: &Body, now: i64, fault: Option<Fault>) -> Fates {
        let mut fates = Fates::default();
        for (index, event) in body.events.iter().enumerate() {
            let Ok(event) = event else { continue };
            let given = event.members["eventId"].as_str().map_or_else(new_id, str::to_owned);
            let id = mapped(&given, self.started, now, fault);
            if id != given {
                fates.mapped.push(json!({ "given": given, "stored": id }));
            }
            if self.events.iter().any(|stored| stored.id == id) && fault != Some(StoresTwice) {
                fates.duplicates.push(index);
                continue;
            }
            fates.accepted.push(index);
            if fault == Some(LosesLateEvents) && self.is_over() {
                continue;
            }
            self.keep(body, event, id, now, fault);
        }
        if fault == Some(RevivesByEvents) && !body.events.is_empty() {
            self.ended = None;
        }
        fates
    }

    fn keep(&mut self, body: &Body, event: &Event, id: String, now: i64, fault: Option<Fault>) {
        let sent = crate::backend::time(&body.members["sentAt"]);
        let said = crate::backend::time(&event.members["occurredAt"]);
        let skew = now - sent.unwrap_or(now);
        let is_believed = skew.abs() <= 150_000 || fault == Some(BelievesEventTimes);
        let at = if is_believed { said.unwrap_or(now) } else { by_age(said, sent, now, None) };
        let is_deaf = fault == Some(BatchesChangeNoSection) && body.lists_events;
        if event.members["eventType"] == "section_change" && !is_deaf {
            self.enter(&event.members["section"], at, fault);
        }
        let tab = body.members["tabId"].clone();
        self.events.push(Stored {
            id,
            tab,
            members: event.members.clone(),
            data: event.data.clone(),
            at,
            received: now,
        });
    }

    pub(crate) fn enter(&mut self, section: &Value, at: i64, fault: Option<Fault>) {
        if !section.is_null() && (at > self.section_at || fault == Some(LastArrivalWins)) {
            self.section = section.clone();
            self.section_at = at;
        }
    }

    pub(crate) fn hear(&mut self, beat: &Value, fault: Option<Fault>) {
        for (total, name) in self.totals.iter_mut().zip(["activityCount", "activeSeconds"]) {
            let said = beat[name].as_f64().unwrap_or(0.0) as u64;
            *total = if fault == Some(KeepsTheLastTotal) { said } else { said.max(*total) };
        }
    }

    pub(crate) fn leave(&mut self, body: &Body, end: &Value, now: i64, fault: Option<Fault>) {
        let epoch = body.members["epoch"].as_u64().unwrap_or(self.epoch);
        let reason = end["reason"].as_str().unwrap_or("manual");
        let is_late = reason == "app_close" && epoch < self.epoch && fault != Some(EndsByOldGoodbyes);
        let stands = match &self.ended {
            None => is_late,
            Some(_) => (self.is_over() && fault != Some(EndsAgain)) || (reason == "app_close" && epoch <= self.epoch),
        };
        if stands || (fault == Some(ProvisionalEndsStand) && self.ended.is_some()) {
            return;
        }
        let said = crate::backend::time(&end["endedAt"]);
        let sent = crate::backend::time(&body.members["sentAt"]);
        let at = if said.is_some() { by_age(said, sent, now, fault) } else { self.contact }.max(self.started);
        self.epoch = self.epoch.max(epoch);
        self.ended = Some(Ended { reason: reason.into(), at, epoch: self.epoch });
    }

    pub(crate) fn account(&mut self, body: &Body) {
        let tab = &body.members["tabId"];
        if tab.is_null() {
            return;
        }
        let last = body.members["lastSeq"].as_u64().unwrap_or(0);
        match self.tabs.iter_mut().find(|(id, _, _)| id == tab) {
            Some((_, seq, dropped)) => {
                *seq = last.max(*seq);
                if !body.members["dropped"].is_null() {
                    *dropped = body.members["dropped"].clone();
                }
            }
            None => self.tabs.push((tab.clone(), last, body.members["dropped"].clone())),
        }
    }
}

fn by_age(said: Option<i64>, sent: Option<i64>, now: i64, fault: Option<Fault>) -> i64 {
    let (Some(said), Some(sent)) = (said, sent) else { return now };
    let age = sent - said;
    if fault == Some(BelievesTheDevicesClock) {
        said
    } else if (0..=7 * DAY).contains(&age) || (fault == Some(BelievesAnyAge) && age > 0) {
        now - age
    } else {
        now
    }
}

/// The id to store under: the given one, or one made of it and of the session's start.
fn mapped(given: &str, started: i64, now: i64, fault: Option<Fault>) -> String {
    let id = Uuid::parse_str(given).unwrap_or_default();
    let millis = (id.as_u128() >> 80) as i64;
    let is_timely = (now - 7 * DAY..=now + DAY).contains(&millis) && fault != Some(MapsEveryId);
    if fault == Some(KeepsOldIds)
        || (fault == Some(MintsOneIdForAll) && given == ONE_ID)
        || (id.get_version_num() == 7 && is_timely)
    {
        return id.to_string();
    }
    let random = id.as_u128() & ((1 << 62) - 1);
    Uuid::from_u128(((started as u128) << 80) | (7 << 76) | (0b10 << 62) | random).to_string()
}

pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}
