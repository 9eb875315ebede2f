//! What people read when something went wrong.

use std::io::{self, Write};

use crate::{
    command::{Hinted, sentences},
    domain::text::SafeText,
};

/// Writes `error:` with the whole chain of causes, the place in what was typed, if it is one, then `hint:` lines with
/// the next step.
pub(super) fn error(out: &mut dyn Write, error: &anyhow::Error) -> io::Result<()> {
    writeln!(out, "error: {}", SafeText::of(&sentences(error)))?;
    let hints = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<Hinted>());
    for hint in hints {
        for line in hint.pointed.iter().flatten() {
            writeln!(out, "  {line}")?;
        }
        writeln!(out, "hint: {}", SafeText::of(&hint.hint))?;
    }
    Ok(())
}
