//! What sessions may run on: any platform, unless the operator lists them; then those, and the ones that the store's table of platforms has.

use crate::error::Problem;
use crate::session::write::Start;
use crate::store::{Store, StoreError};
use std::collections::BTreeSet;

/// The platforms that a start may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platforms {
    /// Any.
    Any,
    /// One of these.
    Listed(BTreeSet<String>),
}

impl Platforms {
    /// What the settings list (`*`: any), beside the store's own.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn open(listed: &[String], store: &dyn Store) -> Result<Self, StoreError> {
        if listed.iter().any(|name| name == "*") {
            return Ok(Self::Any);
        }
        Ok(Self::Listed(store.platforms().await?.into_iter().chain(listed.iter().cloned()).collect()))
    }

    /// Refuses a start on another platform.
    ///
    /// # Errors
    /// `invalid-request` that lists the platforms there are; `pointer` says where the start is in the body.
    pub fn check(&self, start: &Start, pointer: &str) -> Result<(), Problem> {
        match self {
            Self::Listed(names) if !names.contains(&start.platform) => {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                Err(Problem::field(
                    &format!("{pointer}/platform"),
                    format!("must be one of {}; the server's operator may allow others", names.join(", ")),
                ))
            }
            _ => Ok(()),
        }
    }
}
