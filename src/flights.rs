//! The requests that travel, and how many bytes of the browser's keepalive quota they hold. It knows neither events nor sessions beyond
//! their names.

use crate::limits::KEEPALIVE_BYTES;
use crate::queue::RequestId;
use crate::session::Key;
use crate::wire::Route;

/// One request that travels.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Which.
    pub id: RequestId,
    /// Where to.
    pub route: Route,
    /// About which session.
    pub session: Key,
    /// How many events it carries.
    pub events: usize,
    /// Whether it carries a heartbeat.
    pub beat: bool,
    /// Whether it carries an end.
    pub end: bool,
    /// Whether it was handed to the browser as the page left: nobody will hear the answer.
    pub parting: bool,
    /// The bytes it holds of the quota; zero if it may die with the page.
    pub kept: usize,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Flights {
    aloft: Vec<Flight>,
    last: u32,
}

impl Flights {
    /// A name for a request that is about to go.
    pub fn name(&mut self) -> RequestId {
        self.last = self.last.wrapping_add(1);
        RequestId(self.last)
    }

    /// The bytes that a request of this size may hold of the quota: all, or none if they do not fit.
    #[must_use]
    pub fn keep(&self, bytes: usize) -> usize {
        let held: usize = self.aloft.iter().map(|flight| flight.kept).sum();
        if held + bytes <= KEEPALIVE_BYTES { bytes } else { 0 }
    }

    /// A request goes.
    pub fn add(&mut self, flight: Flight) {
        self.aloft.push(flight);
    }

    /// A request that travels.
    #[must_use]
    pub fn find(&self, id: RequestId) -> Option<&Flight> {
        self.aloft.iter().find(|flight| flight.id == id)
    }

    /// A request is over.
    pub fn take(&mut self, id: RequestId) -> Option<Flight> {
        let index = self.aloft.iter().position(|flight| flight.id == id)?;
        Some(self.aloft.swap_remove(index))
    }

    /// The awaited request is over, if it holds at most so many bytes of the quota.
    pub fn take_awaited(&mut self, most: usize) -> Option<Flight> {
        let index = self.aloft.iter().position(|flight| !flight.parting && flight.kept <= most)?;
        Some(self.aloft.swap_remove(index))
    }

    /// The request whose answer is awaited; there is at most one.
    #[must_use]
    pub fn awaited(&self) -> Option<RequestId> {
        self.aloft.iter().find(|flight| !flight.parting).map(|flight| flight.id)
    }
}
