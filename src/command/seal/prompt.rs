//! What is asked and told on a terminal before the signature.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::{
    command::{count, snapshot::eprint_line},
    domain::{
        campaign::Campaign,
        check::{Flag, Rule},
        earlier,
        origin::origin,
        seal::Effort,
        text::SafeText,
    },
};

/// A line from a person; an empty one means that they leave it.
pub(super) fn ask(question: &str) -> anyhow::Result<Option<String>> {
    let mut err = io::stderr().lock();
    write!(err, "{question} (an empty line goes back): ")?;
    err.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let answer = line.trim();
    Ok((!answer.is_empty()).then(|| answer.to_owned()))
}

/// Asks why each flag may stand that stops the signature and is not in `waive` yet. `false`: the person left it.
pub(super) fn ask_why(flags: &[Flag], waive: &mut Vec<(Rule, String)>) -> anyhow::Result<bool> {
    for flag in flags.iter().filter(|flag| flag.stops()) {
        if waive.iter().any(|(rule, _)| *rule == flag.rule) {
            continue;
        }
        eprint_line(&flag.words());
        eprint_line(&format!("  to settle it: {}", flag.rule.to_do()));
        match ask("Or why may it stand")? {
            Some(reason) => waive.push((flag.rule, reason)),
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// Shows what is about to be signed. It is talk, so it goes to stderr.
pub(super) fn show(campaign: &Campaign, flags: &[Flag], words: &str) {
    let effort = Effort::of(campaign);
    let provenance = &campaign.opened().provenance;
    eprint_line(&format!("completeness: {}", campaign.complete()));
    for gap in &provenance.gaps {
        eprint_line(&format!("gap: {}", gap.words()));
    }
    for (label, line) in earlier::compared(campaign)
        .into_iter()
        .chain(origin(campaign))
    {
        eprint_line(&format!("{label}: {line}"));
    }
    let median = effort.median_ms.map_or_else(String::new, |ms| {
        format!(
            ", {}.{} s between two in the median",
            ms / 1000,
            ms % 1000 / 100
        )
    });
    eprint_line(&format!(
        "effort: {}, {} decided in bulk{}{median}",
        count(effort.changes, "change that stands", "changes that stand"),
        count(effort.in_bulk, "item", "items"),
        effort.as_before_words(),
    ));
    for flag in flags {
        eprint_line(&flag.line());
    }
    eprint_line(&format!("attestation: {words}"));
}

/// Asks a person to type `wanted`; whether they did. Without a terminal nobody is asked, and it is not so.
pub(crate) fn typed(question: &str, wanted: &str) -> anyhow::Result<bool> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    let mut err = io::stderr().lock();
    write!(err, "{question} ({}): ", SafeText::of(wanted))?;
    err.flush()?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line.trim() == wanted)
}
