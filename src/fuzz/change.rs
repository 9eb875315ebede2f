//! Changes of good input that a careless parser would stumble over, the same for the same seed.

/// What is put in between: ends and beginnings, limits, text that is not.
const TOKENS: &[&[u8]] = &[
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b",",
    b":",
    b"-",
    b"(",
    b")",
    b" or ",
    b"..",
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1e999",
    b"4294967295",
    b"4294967296",
    b"18446744073709551616",
    b"9999-12-31T23:59:59.999Z",
    b"0000-00-00",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x91\xa9",
    b"\x1b[2J",
    b"==",
];

/// The longest input that is made.
const LIMIT: usize = 1 << 16;

/// Endless changes of some seeds.
pub(super) struct Changes {
    seeds: Vec<Vec<u8>>,
    state: u64,
    made: Vec<u8>,
}

impl Changes {
    /// Of `seeds`, of which there must be some.
    pub(super) fn new(seeds: Vec<Vec<u8>>, seed: u32) -> Self {
        assert!(!seeds.is_empty(), "nothing to change");
        Self {
            seeds,
            state: u64::from(seed) << 1 | 1,
            made: Vec::new(),
        }
    }

    /// `SplitMix64`: public domain, and every seed gives a sequence of its own.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).expect("64 bits");
        usize::try_from(self.random() % end).expect("it is below `end`")
    }

    /// The next input: a seed with a few changes.
    pub(super) fn next(&mut self) -> &[u8] {
        let seed = self.below(self.seeds.len());
        self.made.clone_from(&self.seeds[seed]);
        for _ in 0..=self.below(4) {
            self.change();
        }
        self.made.truncate(LIMIT);
        &self.made
    }

    fn change(&mut self) {
        let from = self.below(self.made.len() + 1);
        let length = 1 << self.below(7);
        let upto = self.made.len().min(from + length);
        match self.below(8) {
            0 if from < self.made.len() => self.made[from] ^= 1 << self.below(8),
            1 => {
                let token = TOKENS[self.below(TOKENS.len())];
                self.made.splice(from..from, token.iter().copied());
            }
            2 => {
                let token = TOKENS[self.below(TOKENS.len())];
                self.made.splice(from..upto, token.iter().copied());
            }
            3 => drop(self.made.drain(from..upto)),
            4 => self.made.truncate(from),
            5 => {
                // The same again, as a careless merge would have it.
                let again = self.made[from..upto].to_vec();
                self.made.splice(from..from, again);
            }
            6 => {
                // What begins like one seed and ends like another.
                let other = self.below(self.seeds.len());
                let tail = self.below(self.seeds[other].len() + 1);
                self.made.truncate(from);
                self.made.extend_from_slice(&self.seeds[other][tail..]);
            }
            _ => self.exchange_lines(),
        }
    }

    fn exchange_lines(&mut self) {
        let lines: Vec<&[u8]> = self.made.split_inclusive(|byte| *byte == b'\n').collect();
        let mut lines: Vec<Vec<u8>> = lines.into_iter().map(<[u8]>::to_vec).collect();
        if lines.is_empty() {
            return;
        }
        let (one, other) = (self.below(lines.len()), self.below(lines.len()));
        lines.swap(one, other);
        self.made = lines.concat();
    }
}
