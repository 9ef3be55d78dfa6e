//! The time, on both clocks, and a seed for everything that shall look random.

use crate::time::{Mono, Now, Wall};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]);
}

/// The present moment.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds of a page and of the calendar"
)]
pub(super) fn now() -> Now {
    Now { mono: Mono(performance_now() as u64), wall: Wall(js_sys::Date::now() as u64) }
}

/// 256 bits from the browser's generator.
pub(super) fn seed() -> [u64; 4] {
    let mut bytes = [0_u8; 32];
    get_random_values(&mut bytes);
    let mut seed = [0_u64; 4];
    for (word, bytes) in seed.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    seed
}
