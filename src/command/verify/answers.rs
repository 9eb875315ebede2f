//! The raw answers of a record, read again by the code that read the server.

use crate::{
    format::{evidence::Answer, record::Review},
    space::{self, Address, Kept, Progress},
    verify::{Population, Reread},
};

use super::super::snapshot;

/// Begins to read the answers of the server that `review` names; `tell` hears how far it is.
pub(super) fn begin<'a>(
    review: &Review,
    tell: &'a (dyn Fn(&Progress) + Sync),
) -> Result<Box<dyn Reread + 'a>, String> {
    let address: Address = review.organization.url.parse().map_err(|error| {
        format!("the record names no address that answers can come from: {error}")
    })?;
    let kept = Kept::of(&address, review.provenance.resumed.last().copied());
    Ok(Box::new(Answers { kept, tell }))
}

struct Answers<'a> {
    kept: Kept,
    tell: &'a (dyn Fn(&Progress) + Sync),
}

impl Reread for Answers<'_> {
    fn take(&mut self, answer: &Answer) -> Result<(), String> {
        self.kept.take(answer).map_err(|error| error.to_string())
    }

    fn finish(self: Box<Self>) -> Result<Population, String> {
        let tell = |progress: Progress| (self.tell)(&progress);
        let read = space::again(&self.kept, &tell).map_err(|error| error.to_string())?;
        Ok(Population {
            reader: snapshot::reader(read.reader.as_ref()),
            server: (read.server_began, read.server_ended),
            snapshot: read.snapshot,
            rights: read.rights,
            endpoints: read.endpoints,
            gaps: read.gaps,
        })
    }
}
