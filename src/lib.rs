//! Tells an application who is there, where, and for how long, and what became of everything it was told.
//!
//! One crate, two rooms. The core is everything in this folder: a state machine that has no clock, no network and no page, so
//! that a simulator can run it through any weather. [`tracker`] is its front door. `browser/`, which exists only on wasm32, is its driver: it
//! brings what happens in a page to the core and does what the core says, and decides nothing.
//!
//! A decision about sessions, sending or losing is in the file named after it. A field name of the API is in [`wire`]. A bound is in
//! [`limits`]. A browser fact is in `browser/`.

pub mod config;
pub mod event;
pub mod flat;
pub mod flights;
pub mod id;
pub mod ledger;
pub mod limits;
pub mod lines;
pub mod outbox;
pub mod presence;
pub mod queue;
pub mod random;
pub mod record;
pub mod retry;
pub mod section;
pub mod session;
pub mod tabs;
pub mod time;
pub mod timers;
pub mod tracker;
pub mod wire;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
pub use browser::{SessionTracker, front};
