//! `muster diff`: what differs between two moments of one organization, and what became of the revokes of the older one.

mod forms;

use std::path::PathBuf;

use super::{
    Answer, Context, failure, live, out, progress::ProgressLine, record::Subject,
    snapshot::eprint_line, thousands,
};
use crate::domain::{
    campaign::Campaign,
    compared::{Change, Compared, Rows, Said},
    filter::Filter,
    text::SafeText,
    words::count,
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
    pub(crate) form: Form,
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
    let rows = chosen(&compared, filter.as_ref());
    let told = Told {
        compared: &compared,
        rows: &rows,
        subjects: [&old, &new],
        filter: options.filter.as_deref(),
    };
    let written = out::write(options.out.as_deref(), |out| told.write(options.form, out))?;
    if let (Some(out), Some(rows)) = (&options.out, written) {
        eprint_line(&format!(
            "wrote {} to {}",
            count(rows, "row", "rows"),
            out.display()
        ));
    }
    if options.form == Form::Csv {
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

fn chosen(compared: &Compared<'_>, filter: Option<&Filter>) -> Rows {
    match filter {
        None => compared.rows().clone(),
        Some(filter) => compared.chosen(filter),
    }
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
