//! The arguments of what an auditor does with a record.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is exported is derived: it names the record and the digest of its SHA256SUMS, and no signature covers it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The record is verified first; one that is not good is not exported.

  csv    RFC 4180, fixed columns; text that a spreadsheet would calculate gets
         an apostrophe in front
  xlsx   a workbook with summary, completeness, decisions, revokes, journal and
         controls, a sheet each
  html   one page without scripts that prints well
  json   one document, a row a line

Without --out it goes to stdout. A file that is there is never overwritten.

Examples:
  muster export RECORD --format csv --out decisions.csv
  muster export RECORD --format csv --revokes      what to do in Space, a row
                                                   an operation, with its link
  muster export RECORD --format json --where 'is:revoked team:payments'
  muster export RECORD --format html --out q4.html")]
pub(crate) struct Export {
    /// The record's folder
    pub(crate) record: PathBuf,
    /// The form of the output
    #[arg(long, value_enum)]
    pub(crate) format: ExportFormat,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Only the items that this filter chooses; `muster decide --help` explains filters
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// Only the revokes, as operations to carry out in Space
    #[arg(long, group = "rows")]
    pub(crate) revokes: bool,
    /// The entries of the journal instead of items
    #[arg(long, group = "rows")]
    pub(crate) events: bool,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
}

/// Each item is given the SHA-256 of three lines: muster-sample/1, the seed, and the item's id. Those with the smallest
/// digests are the sample, so everybody can draw it again, with this program or without.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The record is verified first. A larger sample from the same seed holds the
smaller one. The same without muster:

  jq -r .id grants.jsonl | while read -r id; do
    printf '%s %s\\n' \"$(printf 'muster-sample/1\\n%s\\n%s\\n' SEED \"$id\" |
      sha256sum | cut -d' ' -f1)\" \"$id\"
  done | sort | head -n SIZE

Examples:
  muster sample RECORD --seed 2026-11-21 --size 25
  muster sample RECORD --seed 7 --size 10 --where 'is:kept is:privileged'")]
pub(crate) struct Sample {
    /// The record's folder
    pub(crate) record: PathBuf,
    /// Any text; who draws again needs the same
    #[arg(long)]
    pub(crate) seed: String,
    /// How many items
    #[arg(long, value_name = "N")]
    pub(crate) size: usize,
    /// Draw only from the items that this filter chooses; `muster decide --help` explains filters
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Print the sample as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is known about the holder and the grant, what was decided and when, and the part of the server's answer it was
/// read from.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The record's folder
    pub(crate) record: PathBuf,
    /// The item, by its number or its id
    pub(crate) item: String,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Accounts, roles and grants that were added, removed or changed, and what became of the older one's revokes.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Each is a record's folder, which is verified first, or the name of a review,
which holds a snapshot: `muster snapshot now --org acme` takes one of today.

What became of a revoke:
  gone           it is not there any more
  holder-gone    its holder is not there any more
  still-there    nobody took it away
  another-path   it is gone, and its holder reaches the same another way
  came-back      it was taken away and given again
  not-seen       it is not there, and the newer snapshot is partial

Exit code 0 when nothing differs and there were no revokes, else 1.

Examples:
  muster diff records/2026-q3 records/2026-q4
  muster diff records/2026-q3 now --csv > changes.csv")]
pub(crate) struct Diff {
    /// The older record or review
    pub(crate) old: PathBuf,
    /// The newer record or review
    pub(crate) new: PathBuf,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Print a line of JSON for each difference
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print a row of CSV for each difference
    #[arg(long)]
    pub(crate) csv: bool,
}

/// What happened, entry by entry, and where the review stood after the last that is shown.
#[derive(Debug, Args)]
#[command(after_long_help = super::super::filters::events_explained("\
A record is verified first. A moment is the number of an entry, a day, or a time
in UTC: 41, 2026-08-11, \"2026-08-11 14:00\", 2026-08-11T14:00:58Z.
`muster replay` shows the same on screens.

Examples:
  muster log RECORD
  muster log RECORD --at 2026-08-11 --item 17      what was known of item 17 then
  muster log RECORD --where 'event:revoke account:ada'
  muster log RECORD --diff 40 90                   decisions that differ; exit
                                                   code 1 when some do
  muster log 2026-q4                               a review in progress"))]
pub(crate) struct Log {
    /// The record's folder, or the name of a review in progress
    pub(crate) record: PathBuf,
    /// Only up to this moment
    #[arg(long, value_name = "ENTRY|TIME")]
    pub(crate) at: Option<String>,
    /// Only what is about this item, by number or id
    #[arg(long, value_name = "ITEM")]
    pub(crate) item: Option<String>,
    /// Only the entries that this filter chooses; --help explains it
    #[arg(
        long = "where",
        visible_alias = "events",
        value_name = "FILTER",
        conflicts_with = "diff"
    )]
    pub(crate) events: Option<String>,
    /// The decisions that differ between two moments
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with = "at")]
    pub(crate) diff: Option<Vec<String>>,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Print a line of JSON for each
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Xlsx,
    Html,
    Json,
}
