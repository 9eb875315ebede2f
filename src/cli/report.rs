//! What people read when something went wrong.

use std::io::{self, Write};

use crate::{
    command::{Hinted, sentences},
    domain::text::SafeText,
};

/// Writes `error:` with the whole chain of causes, then `hint:` lines with the next step.
pub(super) fn error(out: &mut dyn Write, error: &anyhow::Error) -> io::Result<()> {
    writeln!(out, "error: {}", SafeText::of(&sentences(error)))?;
    let mut hints = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<Hinted>());
    hints.try_for_each(|hint| writeln!(out, "hint: {}", SafeText::of(&hint.hint)))
}
