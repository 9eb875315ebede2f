//! [`Blocks`]: the lines of a file, many at a time, so that several hands can work on them.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, Read},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Error, Problem, crew::Crew};

/// How large a block is, roughly: large enough to be worth handing over, small enough to stay in the cache.
const BLOCK: usize = 256 << 10;

/// Whole lines that stand together in a file.
#[derive(Debug, Clone)]
pub struct Block {
    file: &'static str,
    limit: u64,
    first: u64,
    bytes: Vec<u8>,
}

impl Block {
    /// The number of its first line, from 1.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Its lines with their line feeds, each with its number from 1. Only the last of a file can lack the line feed.
    ///
    /// A line that is too long comes as an error.
    pub fn lines(&self) -> impl Iterator<Item = (u64, Result<&[u8], Error>)> {
        let mut rest = &self.bytes[..];
        let lines = std::iter::from_fn(move || {
            // Far faster than to look at one byte after the other.
            let mut after = rest;
            let length = after.skip_until(b'\n').unwrap_or(0);
            let line = rest.get(..length).filter(|line| !line.is_empty())?;
            rest = after;
            Some(line)
        });
        (self.first..).zip(lines).map(|(number, line)| {
            let long = line.len() as u64 > self.limit;
            let line = if long {
                Err(Problem::TooLong(self.limit).at(self.file, number))
            } else {
                Ok(line)
            };
            (number, line)
        })
    }

    /// All of it as text, when it is.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// An error in the line with this number.
    pub fn error(&self, number: u64, problem: Problem) -> Error {
        problem.at(self.file, number)
    }
}

/// Reads a file as blocks of whole lines.
#[derive(Debug)]
pub struct Blocks<R> {
    file: &'static str,
    input: R,
    limit: u64,
    next: u64,
    /// The start of a line that the block before did not hold the end of.
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// The blocks of `input`, called `file` in errors, with lines of at most `limit` bytes.
    pub fn new(file: &'static str, input: R, limit: u64) -> Self {
        Self {
            file,
            input,
            limit,
            next: 1,
            rest: Vec::new(),
            ended: false,
        }
    }

    /// The next block in the memory of `spare`; `None` after the last.
    ///
    /// # Errors
    /// When the file cannot be read, or a line is so long that it will not be read to its end.
    pub fn next(&mut self, spare: Vec<u8>) -> Result<Option<Block>, Error> {
        let mut bytes = spare;
        bytes.clear();
        bytes.append(&mut self.rest);
        let (mut looked, mut whole) = (0, 0usize);
        loop {
            let new = bytes.get(looked..).unwrap_or_default();
            if let Some(at) = new.iter().rposition(|byte| *byte == b'\n') {
                whole = looked.saturating_add(at).saturating_add(1);
            }
            if self.ended || (whole > 0 && bytes.len() >= BLOCK) {
                let cut = if self.ended { bytes.len() } else { whole };
                self.rest
                    .extend_from_slice(bytes.get(cut..).unwrap_or_default());
                bytes.truncate(cut);
                break;
            }
            if whole == 0 && bytes.len() as u64 > self.limit {
                return Err(Problem::TooLong(self.limit).at(self.file, self.next));
            }
            looked = bytes.len();
            let room = BLOCK.saturating_sub(looked).max(BLOCK / 4) as u64;
            let read = (&mut self.input).take(room).read_to_end(&mut bytes);
            let read = read.map_err(|source| Error::Read {
                file: self.file,
                source,
            })?;
            self.ended = read == 0;
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let lines = line_feeds(&bytes);
        let first = self.next;
        self.next = self.next.saturating_add(lines);
        Ok(Some(Block {
            file: self.file,
            limit: self.limit,
            first,
            bytes,
        }))
    }
}

/// How many lines end in `bytes`. So few are counted at a time that a byte holds the count, which is several times as fast.
fn line_feeds(bytes: &[u8]) -> u64 {
    let few = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| u8::from(*byte == b'\n'))
            .sum::<u8>()
    };
    bytes.chunks(192).map(|bytes| u64::from(few(bytes))).sum()
}

/// Has the crew do `work` on every block, and takes the results in the order of the blocks. The first error in that order
/// is the answer, whoever met it.
///
/// # Errors
/// Those of reading, as `wrong` puts them, of `work` and of `take`.
pub fn in_order<R: Read + Send, T: Send, E: Send>(
    crew: &dyn Crew,
    blocks: Blocks<R>,
    wrong: impl Fn(Error) -> E + Sync,
    work: impl Fn(&Block) -> Result<T, E> + Sync,
    take: impl FnMut(T) -> Result<(), E> + Send,
) -> Result<(), E> {
    let source = Mutex::new(Source {
        blocks,
        place: 0,
        spare: Vec::new(),
    });
    let sink = Mutex::new(Sink {
        take,
        place: 0,
        waiting: BTreeMap::new(),
        failed: None,
    });
    let stop = AtomicBool::new(false);
    crew.work(&|| {
        while !stop.load(Ordering::Relaxed) {
            let (place, block) = locked(&source).next();
            let (result, memory) = match block {
                Ok(None) => return,
                Ok(Some(block)) => (work(&block), Some(block.bytes)),
                Err(error) => (Err(wrong(error)), None),
            };
            if result.is_err() {
                // What stands before it is in somebody's hands and still counts.
                stop.store(true, Ordering::Relaxed);
            }
            if !locked(&sink).put(place, result) {
                stop.store(true, Ordering::Relaxed);
            }
            locked(&source).spare.extend(memory);
        }
    });
    let sink = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    sink.failed.map_or(Ok(()), Err)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where blocks come from.
struct Source<R> {
    blocks: Blocks<R>,
    place: usize,
    spare: Vec<Vec<u8>>,
}

impl<R: Read> Source<R> {
    fn next(&mut self) -> (usize, Result<Option<Block>, Error>) {
        let place = self.place;
        self.place = place.saturating_add(1);
        let spare = self.spare.pop().unwrap_or_default();
        (place, self.blocks.next(spare))
    }
}

/// Where results go, in the order of the blocks.
struct Sink<T, E, F> {
    take: F,
    place: usize,
    waiting: BTreeMap<usize, Result<T, E>>,
    failed: Option<E>,
}

impl<T, E, F: FnMut(T) -> Result<(), E>> Sink<T, E, F> {
    /// Takes the result of the block at `place`, and those that waited for it; whether all is well so far.
    fn put(&mut self, place: usize, result: Result<T, E>) -> bool {
        self.waiting.insert(place, result);
        while self.failed.is_none()
            && let Some(result) = self.waiting.remove(&self.place)
        {
            self.place = self.place.saturating_add(1);
            self.failed = result.and_then(&mut self.take).err();
        }
        self.failed.is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use proptest::prelude::*;

    use super::*;
    use crate::format::{canonical::Lines, crew::Alone};

    /// As many hands as a machine may have, whichever comes first.
    struct Many;

    impl Crew for Many {
        fn work(&self, work: &(dyn Fn() + Sync)) {
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(work);
                }
                work();
            });
        }
    }

    /// Gives what it has in pieces of odd sizes.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 * 7 % 1009 + 1;
            let length = self.1.min(buffer.len()).min(self.0.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn read(crew: &dyn Crew, bytes: &[u8], limit: u64) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let mut lines = Vec::new();
        in_order(
            crew,
            Blocks::new("grants.jsonl", Pieces(bytes, 5), limit),
            |error| error,
            |block| {
                let lines = block.lines();
                lines
                    .map(|(number, line)| Ok((number, line?.to_vec())))
                    .collect::<Result<Vec<_>, Error>>()
            },
            |more| {
                lines.extend(more);
                Ok(())
            },
        )?;
        Ok(lines)
    }

    fn one_by_one(bytes: &[u8], limit: u64) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let mut lines = Lines::new("grants.jsonl", bytes, limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next()?.map(<[u8]>::to_vec) {
            all.push((lines.number(), line));
        }
        Ok(all)
    }

    fn same(bytes: &[u8], limit: u64) {
        let expected = one_by_one(bytes, limit).map_err(|error| error.to_string());
        for crew in [&Alone as &dyn Crew, &Many] {
            let found = read(crew, bytes, limit).map_err(|error| error.to_string());
            assert!(
                found == expected,
                "{:?} {:?}",
                found.err(),
                expected.as_ref().err()
            );
        }
    }

    proptest! {
        #[test]
        fn blocks_have_the_lines_of_the_file(lengths in prop::collection::vec(0usize..20_000, 0..120), cut in 0usize..3) {
            let mut bytes: Vec<u8> = lengths.iter().flat_map(|length| [vec![b'x'; *length], vec![b'\n']].concat()).collect();
            bytes.truncate(bytes.len().saturating_sub(cut));
            same(&bytes, 1 << 20);
            same(&bytes, 15_000);
        }
    }

    #[test]
    fn a_line_longer_than_a_block_is_read_up_to_its_limit() {
        for length in [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let line = [vec![b'x'; length], vec![b'\n']].concat();
            for limit in [length, length + 1, length + 2] {
                same(&[&line[..], b"short\n", &line[..]].concat(), limit as u64);
                same(&line[..length], limit as u64);
            }
        }
    }

    #[test]
    fn the_first_error_in_the_file_counts() {
        let bytes: Vec<u8> = (0..200_000)
            .flat_map(|n: u32| format!("{n}\n").into_bytes())
            .collect();
        for _ in 0..20 {
            let found = in_order(
                &Many,
                Blocks::new("grants.jsonl", &bytes[..], 100),
                |error| error,
                |block| {
                    let odd = block.lines().find(|(number, _)| number % 70_000 == 0);
                    odd.map_or(Ok(()), |(number, _)| {
                        Err(block.error(number, Problem::Damaged))
                    })
                },
                |()| Ok(()),
            );
            let error = found.expect_err("there are two").to_string();
            assert!(error.starts_with("grants.jsonl, line 70000:"), "{error}");
        }
    }
}
