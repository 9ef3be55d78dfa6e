//! How often one subject and one network may ask. Both limits are far above what trackers do, so whoever meets one is no tracker, or
//! not one person. A network is a masked address: what is counted is forgotten within a minute and never stored.

use crate::App;
use crate::client_address::ClientAddress;
use crate::error::Problem;
use crate::origin::masked;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often buckets that are full again are forgotten. One is full a minute after its last request at the latest.
const SWEEP: Duration = Duration::from_secs(10);

/// The limits.
pub struct RateLimits {
    subjects: Option<Buckets<DefaultClock>>,
    networks: Option<Buckets<DefaultClock>>,
}

impl RateLimits {
    /// So many requests a minute for each; 0 for as many as they like.
    #[must_use]
    pub fn new(by_subject: u32, by_network: u32) -> Self {
        let buckets = |per_minute| NonZeroU32::new(per_minute).map(|most| Buckets::new(most, DefaultClock::default()));
        Self { subjects: buckets(by_subject), networks: buckets(by_network) }
    }

    /// Counts a request of this subject.
    ///
    /// # Errors
    /// `rate-limited`.
    pub fn count_subject(&self, subject: &str) -> Result<(), Problem> {
        self.subjects.as_ref().map_or(Ok(()), |buckets| buckets.take(subject)).map_err(Problem::RateLimited)
    }

    /// Counts a request from this address. This machine's own are not counted: behind a proxy on it that the operator has not
    /// declared, they are everybody's.
    ///
    /// # Errors
    /// `rate-limited`.
    pub fn count_address(&self, ClientAddress(address): ClientAddress) -> Result<(), Problem> {
        match &self.networks {
            Some(buckets) if !address.to_canonical().is_loopback() => {
                buckets.take(&masked(address)).map_err(Problem::RateLimited)
            }
            _ => Ok(()),
        }
    }

    fn sweep(&self) {
        for buckets in [&self.subjects, &self.networks].into_iter().flatten() {
            buckets.sweep();
        }
    }
}

/// Turns requests away from networks that ask too often, before anything of them is read.
pub async fn by_address(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let counted = request.extensions().get().map_or(Ok(()), |address| app.rate_limits.count_address(*address));
    match counted {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Keeps the memory of past requests small, until it is dropped.
pub async fn keep_small(app: Arc<App>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.rate_limits.sweep();
    }
}

/// A bucket for each key, which holds a minute's requests and fills evenly. Keys are hashed with a secret of the process, so that a
/// bucket takes a few bytes however long the key is.
struct Buckets<C: Clock> {
    limiter: RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    hash: RandomState,
}

impl<C: Clock + Clone> Buckets<C> {
    fn new(per_minute: NonZeroU32, clock: C) -> Self {
        let limiter = RateLimiter::dashmap_with_clock(Quota::per_minute(per_minute), clock.clone());
        Self { limiter, clock, hash: RandomState::new() }
    }

    /// Takes one request, or says after how long there will be one.
    fn take(&self, key: &str) -> Result<(), Duration> {
        self.limiter.check_key(&self.hash.hash_one(key)).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use governor::clock::FakeRelativeClock;

    fn buckets(per_minute: u32) -> (Buckets<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Buckets::new(NonZeroU32::new(per_minute).unwrap(), clock.clone()), clock)
    }

    #[test]
    fn a_minutes_requests_may_come_at_once_and_the_next_waits_for_its_turn() {
        let (buckets, clock) = buckets(60);
        for _ in 0..60 {
            assert_eq!(buckets.take("ada"), Ok(()));
        }
        assert_eq!(buckets.take("ada"), Err(Duration::from_secs(1)));
        assert_eq!(buckets.take("eve"), Ok(()), "each has a bucket of their own");
        clock.advance(Duration::from_secs(1));
        assert_eq!(buckets.take("ada"), Ok(()));
        assert!(buckets.take("ada").is_err());
    }

    #[test]
    fn who_has_waited_is_forgotten() {
        let (buckets, clock) = buckets(60);
        for key in 0..1_000 {
            assert_eq!(buckets.take(&key.to_string()), Ok(()));
        }
        assert_eq!(buckets.limiter.len(), 1_000);
        clock.advance(Duration::from_secs(61));
        buckets.sweep();
        assert_eq!(buckets.limiter.len(), 0);
    }

    /// A tracker flushes at most once a second, beats every 30 s, and asks for its figures now and then.
    #[test]
    fn ten_busy_tabs_of_one_person_never_meet_the_default() {
        let most = Settings::for_database("sqlite::memory:").subject_requests_per_minute;
        let (buckets, clock) = buckets(most);
        for second in 0..3_600 {
            for _tab in 0..10 {
                assert_eq!(buckets.take("ada"), Ok(()), "second {second}");
                if second % 30 == 0 {
                    assert_eq!(buckets.take("ada"), Ok(()));
                    assert_eq!(buckets.take("ada"), Ok(()));
                }
            }
            clock.advance(Duration::from_secs(1));
        }
    }

    #[test]
    fn this_machine_is_not_counted_and_a_network_is_counted_as_one() {
        let limits = RateLimits::new(0, 1);
        let count = |address: &str| limits.count_address(ClientAddress(address.parse().unwrap()));
        for address in ["127.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:127.0.0.1"] {
            assert_eq!(count(address), Ok(()));
        }
        assert_eq!(count("203.0.113.7"), Ok(()));
        assert!(matches!(count("203.0.113.200"), Err(Problem::RateLimited(wait)) if wait > Duration::from_secs(50)));
        assert_eq!(count("203.0.114.7"), Ok(()));
        assert_eq!(count("2001:db8:1::1"), Ok(()));
        assert!(count("2001:db8:1:ffff::2").is_err());
    }
}
