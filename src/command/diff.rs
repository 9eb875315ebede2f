//! `muster diff`: what differs between two moments of one organization, and what became of the revokes of the older one.

mod forms;

use std::{borrow::Cow, path::PathBuf};

use super::{
    Answer, Context, failure, live, out, progress::ProgressLine, record::Subject,
    review::plain_wanted, snapshot::eprint_line, thousands,
};
use crate::{
    config,
    domain::{
        campaign::Campaign,
        compared::{Change, Compared, Rows, Said},
        text::SafeText,
        words::count,
    },
    tui::{self, compare::Start, runtime::Exit},
};

pub(super) use forms::Line;

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) old: PathBuf,
    pub(crate) newer: Newer,
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Only what this filter chooses.
    pub(crate) filter: Option<String>,
    /// `None`: screens where there is a terminal, else text.
    pub(crate) form: Option<Form>,
    pub(crate) out: Option<PathBuf>,
}

/// What the older one is compared with.
#[derive(Debug)]
pub(crate) enum Newer {
    /// A record or a review.
    Kept(PathBuf),
    /// The organization as it is now.
    Live(live::Options),
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
    Csv,
}

/// Compares two moments of one organization.
pub(crate) fn diff(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    out::free(options.out.as_deref())?;
    let filter = options
        .filter
        .as_deref()
        .map(super::decide::parse)
        .transpose()?;
    let signers = options.allowed_signers.as_deref();
    let old = Subject::open(context, &options.old, signers)?;
    let new = match &options.newer {
        Newer::Kept(path) => Subject::open(context, path, signers)?,
        Newer::Live(options) => {
            let organization = old.campaign().snapshot().organization();
            Subject::Live(Box::new(live::read(context, organization, options)?))
        }
    };
    fits(old.campaign(), new.campaign())?;
    let mut line = ProgressLine::new();
    let compared = line.during("comparing", String::new, || {
        Compared::of(old.campaign(), new.campaign())
    });
    let rows = match &filter {
        None => Cow::Borrowed(compared.rows()),
        Some(filter) => Cow::Owned(compared.chosen(filter)),
    };
    let told = Told {
        compared: &compared,
        rows: &rows,
        subjects: [&old, &new],
        filter: options.filter.as_deref(),
    };
    let form = match options.form {
        None if options.out.is_none() && !plain_wanted(false) => return told.on_screens(),
        form => form.unwrap_or(Form::Text),
    };
    let written = out::write(options.out.as_deref(), |out| told.write(form, out))?;
    if let (Some(out), Some(rows)) = (&options.out, written) {
        eprint_line(&format!(
            "wrote {} to {}",
            count(rows, "row", "rows"),
            out.display()
        ));
    }
    if form == Form::Csv {
        // The rows have no room for it.
        for line in told.sides() {
            eprint_line(&line);
        }
    }
    Ok(Answer {
        code: told.code(),
        ..Answer::silent()
    })
}

/// Refuses two that do not belong together.
fn fits(old: &Campaign, new: &Campaign) -> anyhow::Result<()> {
    let [one, other] = [old, new].map(|campaign| campaign.snapshot().organization());
    if one.id != other.id {
        let name = |organization: &crate::domain::resource::Organization| {
            format!(
                "{} at {} ({})",
                organization.name.safe(),
                SafeText::of(&organization.url),
                SafeText::of(&organization.id)
            )
        };
        return Err(failure(
            format!(
                "they are of different organizations: {} and {}",
                name(one),
                name(other)
            ),
            "compare two records or reviews of the same organization",
        ));
    }
    if old.as_of() > new.as_of() {
        return Err(failure(
            format!(
                "the second is older: {} UTC, the first {} UTC",
                new.as_of().minute(),
                old.as_of().minute()
            ),
            "give the older one first",
        ));
    }
    Ok(())
}

/// All that is told.
struct Told<'a> {
    compared: &'a Compared<'a>,
    rows: &'a Rows,
    /// The older one and the newer one.
    subjects: [&'a Subject; 2],
    filter: Option<&'a str>,
}

impl Told<'_> {
    /// Shows it until a person leaves.
    fn on_screens(&self) -> anyhow::Result<Answer> {
        let start = Start {
            compared: self.compared,
            filter: self.filter.map(str::to_owned),
            sides: self.sides(),
            warning: self.warning(),
        };
        let exit = tui::compare(config::variable, start)?;
        Ok(Answer {
            code: match exit {
                // As a shell tells of a program that a signal ended.
                Exit::Signal(signal) => u8::try_from(128 + signal).unwrap_or(2),
                Exit::Quit => self.code(),
            },
            ..Answer::silent()
        })
    }

    /// What must stand beside everything that is shown, in few words.
    fn warning(&self) -> String {
        let mut parts = Vec::new();
        for (name, subject) in ["older", "newer"].into_iter().zip(self.subjects) {
            let gaps = subject.campaign().opened().provenance.gaps.len() as u64;
            if gaps > 0 {
                parts.push(format!(
                    "PARTIAL: the {name} has {}",
                    count(gaps, "gap", "gaps")
                ));
            }
            match subject {
                Subject::Record(good) if !good.signer_known => {
                    parts.push(format!(
                        "UNPROVEN: nobody vouches for the key of the {name}"
                    ));
                }
                Subject::Review(_) => parts.push(format!("NOT SIGNED: the {name} is a review")),
                Subject::Record(_) | Subject::Live(_) => {}
            }
        }
        parts.join("; ")
    }

    /// 0 the same, 1 something differs, 2 nobody can tell.
    fn code(&self) -> u8 {
        let mut rows = self.rows.iter().flatten();
        if rows.any(|row| row.said != Said::Change(Change::Unknown)) {
            return 1;
        }
        let whole = |subject: &&Subject| subject.campaign().opened().provenance.gaps.is_empty();
        if self.subjects.iter().all(whole) {
            0
        } else {
            2
        }
    }

    /// What is compared, a line or more each.
    fn sides(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, subject) in ["old", "new"].into_iter().zip(self.subjects) {
            let campaign = subject.campaign();
            lines.push(format!(
                "{name}  {}, as of {} UTC; {}",
                SafeText::of(&campaign.opened().review),
                campaign.as_of().minute(),
                subject.standing()
            ));
            let gaps = &campaign.opened().provenance.gaps;
            if !gaps.is_empty() {
                let things = gaps.len() as u64;
                let could = if things == 1 { "thing" } else { "things" };
                lines.push(format!(
                    "     PARTIAL: {} {could} could not be read, and may be there all the same:",
                    thousands(things)
                ));
            }
            lines.extend(gaps.iter().map(|gap| format!("     - {}", gap.words())));
        }
        if let Some(filter) = self.filter {
            lines.push(format!("only  {}", SafeText::of(filter)));
        }
        lines
    }
}
