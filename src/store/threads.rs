//! [`Threads`]: a crew of as many hands as this machine has.

use std::thread;

use crate::format::crew::Crew;

/// How many hands are of use: reading and hashing end where the memory does.
const MOST: usize = 8;

/// A crew of as many hands as this machine has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Threads;

impl Crew for Threads {
    fn work(&self, work: &(dyn Fn() + Sync)) {
        let hands = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(MOST);
        thread::scope(|scope| {
            for _ in 1..hands {
                scope.spawn(work);
            }
            work();
        });
    }
}
