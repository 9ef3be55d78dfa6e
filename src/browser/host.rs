//! The application: whom to tell, whom to ask. Whatever its callbacks throw stays with them.

use super::net;
use crate::tracker::Notice;
use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// The callbacks, the subscribers, and the promises that wait.
pub(crate) struct Host {
    callbacks: Callbacks,
    subscribers: RefCell<Vec<(u32, Function)>>,
    last_subscriber: RefCell<u32>,
    starting: RefCell<Waiting>,
    settling: RefCell<Waiting>,
}

/// What the host gave at creation.
pub(crate) struct Callbacks {
    pub(crate) get_token: Option<Function>,
    pub(crate) logger: Option<JsValue>,
    pub(crate) on_error: Option<Function>,
}

/// A promise that many may hold, until it is resolved.
#[derive(Default)]
struct Waiting(Option<(Promise, Function)>);

impl Waiting {
    fn promise(&mut self) -> Promise {
        if let Some((promise, _)) = &self.0 {
            return promise.clone();
        }
        let mut resolver = None;
        let promise = Promise::new(&mut |resolve, _reject| resolver = Some(resolve));
        self.0 = resolver.map(|resolve| (promise.clone(), resolve));
        promise
    }
}

fn resolve(waiting: &RefCell<Waiting>, value: &JsValue) {
    let resolver = waiting.borrow_mut().0.take();
    if let Some((_, resolve)) = resolver {
        let _ = resolve.call1(&JsValue::UNDEFINED, value);
    }
}

impl Host {
    pub(crate) fn new(callbacks: Callbacks) -> Self {
        Self {
            callbacks,
            subscribers: RefCell::default(),
            last_subscriber: RefCell::default(),
            starting: RefCell::default(),
            settling: RefCell::default(),
        }
    }

    pub(crate) fn has_no_bearer(&self) -> bool {
        self.callbacks.get_token.is_none()
    }

    /// Asks the host for a bearer.
    pub(crate) async fn bearer(&self) -> Option<String> {
        let given = self.callbacks.get_token.as_ref()?.call0(&JsValue::UNDEFINED).ok()?;
        JsFuture::from(Promise::resolve(&given)).await.ok()?.as_string().filter(|token| !token.is_empty())
    }

    /// Adds a subscriber; the number takes it away again.
    pub(crate) fn subscribe(&self, listener: Function) -> u32 {
        let mut last = self.last_subscriber.borrow_mut();
        *last = last.wrapping_add(1);
        self.subscribers.borrow_mut().push((*last, listener));
        *last
    }

    pub(crate) fn unsubscribe(&self, subscriber: u32) {
        self.subscribers.borrow_mut().retain(|(number, _)| *number != subscriber);
    }

    /// The state is another one.
    pub(crate) fn changed(&self) {
        // A copy: a subscriber may subscribe, unsubscribe, or call the tracker.
        let subscribers = self.subscribers.borrow().clone();
        for (_, subscriber) in subscribers {
            if subscriber.call0(&JsValue::UNDEFINED).is_err() {
                self.debug("a subscriber threw an exception");
            }
        }
    }

    /// A promise of the session's id.
    pub(crate) fn started(&self) -> Promise {
        self.starting.borrow_mut().promise()
    }

    /// A promise that all was tried that could be.
    pub(crate) fn settled(&self) -> Promise {
        self.settling.borrow_mut().promise()
    }

    pub(crate) fn hear(&self, notice: Notice, session: Option<Uuid>) {
        match notice {
            Notice::Started => {
                self.debug("[InteractionTracker] Session started successfully");
                resolve(&self.starting, &session.map(|id| id.to_string()).into());
            }
            Notice::Settled => {
                resolve(&self.starting, &JsValue::UNDEFINED);
                resolve(&self.settling, &JsValue::UNDEFINED);
            }
            Notice::Ended(reason) => self.debug(&["session ended: ", reason.name()].concat()),
            Notice::Refused(why) => self.error(&["the backend refused a request: ", &why].concat()),
            Notice::StartFailed(why) => self.error(&["[SessionTracking] Failed to start session: ", &why].concat()),
            Notice::Unreachable => self.debug("the backend does not answer as the session API says; trying again"),
        }
    }

    /// Nothing will happen any more.
    pub(crate) fn forget(&self) {
        resolve(&self.starting, &JsValue::UNDEFINED);
        resolve(&self.settling, &JsValue::UNDEFINED);
        self.subscribers.borrow_mut().clear();
    }

    /// Says something to whom it may interest: to the logger that the host gave, and nobody else.
    pub(crate) fn debug(&self, message: &str) {
        let Some(logger) = &self.callbacks.logger else { return };
        let debug = Reflect::get(logger, &"debug".into()).ok().and_then(|debug| debug.dyn_into::<Function>().ok());
        if let Some(debug) = debug {
            let _its_own_business = debug.call1(logger, &message.into());
        }
    }

    fn error(&self, message: &str) {
        self.debug(message);
        if let Some(on_error) = &self.callbacks.on_error {
            let error = net::object();
            let _ = Reflect::set(&error, &"message".into(), &message.into());
            let _its_own_business = on_error.call1(&JsValue::UNDEFINED, &error);
        }
    }
}
