//! A front end in Rust, with the tracker as a crate: no npm package and no TypeScript, the same machine. Leptos, Yew and Dioxus keep the
//! `Visit` where they keep what lives as long as the page, in a context; dropping it says goodbye.
//!
//! `cargo build --target wasm32-unknown-unknown --example rust-front-end`, then `wasm-bindgen --target web` on what that made.

#[cfg(target_arch = "wasm32")]
mod page {
    use serde::Serialize;
    use session_tracker::front::Visit;
    use std::rc::Rc;
    use wasm_bindgen::prelude::*;
    use wasm_bindgen_futures::spawn_local;

    /// The options of the npm package, as many as the page has.
    #[derive(Serialize)]
    struct Options {
        endpoint: &'static str,
        section: &'static str,
    }

    #[derive(Serialize)]
    struct Purchase {
        plan: &'static str,
        price: f64,
    }

    #[wasm_bindgen(start)]
    fn main() {
        let visit = Rc::new(Visit::open(&Options { endpoint: "/api/sessions", section: "home" }, None));
        // What is logged before the session has begun waits for it.
        buy(&visit, "M", 7.0);
        spawn_local(stay(visit));
    }

    /// Holds the visit for as long as the page lives.
    async fn stay(visit: Rc<Visit>) {
        if visit.start().await.is_some() {
            visit.change_section("pricing");
        }
        std::future::pending().await
    }

    fn buy(visit: &Visit, plan: &'static str, price: f64) -> Option<String> {
        visit.log_event("purchase", &Purchase { plan, price })
    }
}
