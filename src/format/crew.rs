//! [`Crew`]: who does work that can be done in pieces at the same time.
//!
//! What is stored is read, hashed and checked in pieces whose results do not depend on who did which. The pure modules
//! have no threads of their own: whoever calls them lends some, or is the only hand.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// Hands that work at the same time.
pub trait Crew: Sync {
    /// Calls `work` once with every hand at the same time, and returns when every call has returned.
    fn work(&self, work: &(dyn Fn() + Sync));
}

/// One hand: the caller's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Crew for Alone {
    fn work(&self, work: &(dyn Fn() + Sync)) {
        work();
    }
}

/// Has the crew do `work` on each number below `count`, lowest first; the answers stand in that order.
pub fn each<T: Send>(crew: &dyn Crew, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    crew.work(&|| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            let answer = work(number);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((number, answer));
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, answer)| answer).collect()
}
