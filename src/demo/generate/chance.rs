//! What stands in for chance: [`Chance`] and [`Walk`], the same each time.

/// Numbers that look like chance and are the same each time: `SplitMix64`.
pub(super) struct Chance(u64);

impl Chance {
    /// The sequence that begins with `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        // The bias of a remainder does not matter with limits this small.
        self.next() % limit
    }

    pub(super) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below((to - from).max(1))
    }

    pub(super) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(all.len() as u64);
        &all[usize::try_from(at).expect("an index")]
    }

    /// A place below `limit`, low ones more often than high ones.
    pub(super) fn skewed(&mut self, limit: usize) -> usize {
        let limit = limit as u64;
        let place = self.below(limit).min(self.below(limit));
        usize::try_from(place).expect("an index")
    }
}

/// A walk that comes by each of so many once, in an order that looks like none.
pub(super) struct Walk {
    at: u64,
    stride: u64,
    length: u64,
}

impl Walk {
    pub(super) fn through(length: u32, chance: &mut Chance) -> Self {
        let length = u64::from(length);
        let mut stride = chance.below(length) | 1;
        while common(stride, length) > 1 {
            stride += 2;
        }
        Self {
            at: chance.below(length),
            stride,
            length,
        }
    }

    pub(super) fn step(&mut self) -> u32 {
        self.at = (self.at + self.stride) % self.length;
        u32::try_from(self.at).expect("below a length of 32 bits")
    }
}

/// The greatest common divisor.
fn common(mut one: u64, mut other: u64) -> u64 {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_comes_by_everybody_once() {
        let mut chance = Chance::new(1);
        for length in [1, 2, 60, 1_000, 2_500] {
            let mut walk = Walk::through(length, &mut chance);
            let mut seen: Vec<u32> = (0..length).map(|_| walk.step()).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..length).collect::<Vec<_>>());
        }
    }
}
