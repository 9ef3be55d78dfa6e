//! What only a browser can show of the tracker, told as stories: a real document, real timers and events, and a backend that answers as it
//! is told. What the tracker decides is told in `tests/core`, in simulated time.

#![cfg(target_arch = "wasm32")]
#![allow(unreachable_pub, reason = "nothing outside reaches a test's items")]

mod page;

mod creation;
mod delivery;
mod destruction;
mod faults;
mod front;
mod leaving;
mod parsing;
mod requests;
mod storage;
mod values;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
