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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Xlsx,
    Html,
    Json,
}
