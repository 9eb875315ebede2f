//! The arguments of what an approver and an auditor do with a record.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Token, With};

/// The record is verified first, and what it says is shown: counts, completeness, red flags, waivers, revokes. You then type
/// the review's name, and your key signs SHA256SUMS, and with it the whole record. Nothing that the reviewer signed
/// changes. The reviewer's own key or name is refused.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Three files come beside the record: SHA256SUMS.approver.sig signs what the
reviewer signed; approval.json says who approved, when and what was found, and
names the record by its digest; approval.json.sig signs that. Both signatures
are for muster-approve. A line of the list of signers for it:

  boss@example.com namespaces=\"muster-approve\" ssh-ed25519 AAAA…

--refetch reads the organization again, with your own token, and compares: which
accounts, roles and grants were added, removed or changed since the snapshot,
and which revokes are carried out. It tells whether the reviewer saw what there
was. What you could not read is named and counts as neither there nor gone.

Without --allowed-signers nobody says who signed the record; you are asked to
accept that, or give --unknown-signer. In scripts --sums takes the place of the
typed name: the digest that `sha256sum SHA256SUMS` prints in the record.

Examples:
  muster approve RECORD --principal boss@example.com --allowed-signers signers
  muster approve RECORD --principal boss@example.com --refetch --org acme
  muster approve RECORD --principal boss@example.com --agent --unknown-signer \\
      --sums $(sha256sum < RECORD/SHA256SUMS | cut -d' ' -f1)

Exit codes: 0 approved, 2 not approved; the record is as it was.")]
pub(crate) struct Approve {
    /// The record's folder
    pub(crate) record: PathBuf,
    /// Who approves, as the auditor's list of signers names you: usually an e-mail address
    #[arg(long, value_name = "WHO", visible_alias = "as")]
    pub(crate) principal: String,
    #[command(flatten)]
    pub(crate) with: With,
    /// The list of signers that tells whether the record's signer is known, and that lets you approve
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Approve although nobody says whose key the reviewer's is
    #[arg(long)]
    pub(crate) unknown_signer: bool,
    /// What you approve, in your own words
    #[arg(long, value_name = "TEXT")]
    pub(crate) statement: Option<String>,
    /// Confirm without being asked, for scripts: the SHA-256 of the record's SHA256SUMS
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sums: Option<String>,
    /// Read the organization again with your own token, and sign what changed since the snapshot
    #[arg(long)]
    pub(crate) refetch: bool,
    /// With --refetch: where to read; without it, your connection to the address in the record
    #[arg(long, requires = "refetch")]
    pub(crate) org: Option<String>,
    #[command(flatten)]
    pub(crate) token: Token,
    /// Trust the authorities in this PEM file too, besides those of the system
    #[arg(long, value_name = "FILE", env = "MUSTER_CA_FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Requests at the same time
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) concurrency: u8,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

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
    /// Only the items of this view; `muster views` lists them
    #[arg(long, value_name = "NAME", conflicts_with = "filter")]
    pub(crate) view: Option<String>,
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

/// The folder has the lines of these items as they stand in the record, the hashes that lead from them to the roots in
/// roots.json, and the signature over SHA256SUMS, which lists roots.json. Whoever has it can tell that the items belong to
/// the record that was signed, and learns nothing of any other item.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The record is verified first. For each item its grant and its decision are
disclosed: reason, note, signals, and the ways that stay open after a revoke.
For names come the line of its account (with e-mail address and sign-in facts)
and the lines of its team and project; a team names the team above it by its
id. --without-names leaves them out: the item then has ids alone. All that can
be read is printed, so look at it before you give the folder away.

What stays at home: review.json, the journal, the raw answers and all other
lines. Every leaf has a salt of its own, so the hashes of other items cannot be
tried out. The record's README.txt is in the folder and tells how to check it
without muster, with ssh-keygen, sha256sum, jq and python3.

Examples:
  muster disclose RECORD 17 --out ben-payments
  muster disclose RECORD 17 18 41 --out three --allowed-signers signers
  muster verify ben-payments --allowed-signers signers")]
pub(crate) struct Disclose {
    /// The record's folder
    pub(crate) record: PathBuf,
    /// The items, each by its number or its id
    #[arg(required = true)]
    pub(crate) item: Vec<String>,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Leave out the lines of accounts, teams and projects
    #[arg(long)]
    pub(crate) without_names: bool,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Each item is given the SHA-256 of three lines: muster-sample/1, the seed, and the item's id. Those with the smallest
/// digests are the sample, so everybody can draw it again, with this program or without.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The record is verified first. A larger sample from the same seed holds the
smaller one. The same without muster:

  jq -r 'select(.decision != \"out-of-scope\").id' decisions.jsonl |
  while read -r id; do
    printf '%s %s\\n' \"$(printf 'muster-sample/1\\n%s\\n%s\\n' SEED \"$id\" |
      sha256sum | cut -d' ' -f1)\" \"$id\"
  done | sort | head -n SIZE

With --stratify risk each item is in one of four strata, by its signals in
decisions.jsonl:

  high      one of own, still-here, privileged, private-admin, left, suspended
            says yes
  medium    another signal says yes
  unknown   none says yes, and one cannot tell because something was not read
  low       all say no

The strata take turns in this order. Each gives its item with the next smallest
digest; one that has none left is passed over; until the sample is full. So each
gives as many as the others, as long as it has them: weigh what you find by the
sizes that are printed. The same without muster:

  jq -r 'select(.decision != \"out-of-scope\") | (.signals // []) as $s |
    if any($s[]; IN(\"own\", \"still-here\", \"privileged\", \"private-admin\",
      \"left\", \"suspended\")) then \"1 high\" elif $s != [] then \"2 medium\"
    elif .unknown then \"3 unknown\" else \"4 low\" end + \" \" + .id' decisions.jsonl |
  while read -r turn stratum id; do
    printf '%s %s %s %s\\n' \"$turn\" \"$(printf 'muster-sample/1\\n%s\\n%s\\n' \\
      SEED \"$id\" | sha256sum | cut -d' ' -f1)\" \"$stratum\" \"$id\"
  done | sort | awk '{ print ++drawn[$1], $1, $3, $4 }' |
  sort -n -k1,1 -k2,2 | head -n SIZE

Examples:
  muster sample RECORD --seed 2026-11-21 --size 25
  muster sample RECORD --seed 2026-11-21 --size 40 --stratify risk
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
    /// Draw from each stratum in turn; --help states the strata and the rule
    #[arg(long, value_enum)]
    pub(crate) stratify: Option<Strata>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strata {
    /// By the signals of each item
    Risk,
}

/// What is known about the holder and the grant, its signals, who signed the record, what was decided and when, and the part of the server's answer it was
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

/// Accounts, teams, projects, roles and grants that were added, removed or changed, each value before and after, and
/// what became of the older one's revokes.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Each is a record's folder, which is verified first, or the name of a review,
which holds a snapshot. --live reads the organization as it is now, with the
token of its connection, compares, and keeps nothing of it.

On a terminal it is shown on screens, to look at: a part each for accounts,
teams, projects, roles, grants and revokes, a filter, and Enter for particulars.
With --text, another form, --out, or without a terminal it is text.

What became of a revoke:
  gone           it is not there any more
  holder-gone    its holder is not there any more
  still-there    nobody took it away
  another-path   it is gone, and its holder reaches the same another way: by a
                 role of its own, or through a team
  came-back      it was taken away and given again
  not-seen       it is not there, and the newer snapshot is partial

What differs:
  added, removed, changed
  unknown        one side could not read it or did not tell it, so nobody knows
                 whether it differs; it never counts as added or removed

The last sign-in of accounts is not compared, nor are the rights of roles, which
are not read. A grant changes with what a decision on it rests on: its dates and
its role, the state of its holder, the names of its team or project.

  text   up to 40 rows of a kind, and the totals
  csv    RFC 4180, a row for each value that differs; columns kind, change, id,
         what, field, from, to, detail, old_item, new_item, and what old and
         new are: the SHA-256 of a record's SHA256SUMS, or the review's name
  json   a line for each difference between a first line of what is compared
         and a last line of totals

With --where only the grants and revokes that the filter chooses in the older or
in the newer one, and the accounts, teams, projects and roles that they name.

Exit code 0 when nothing differs and there were no revokes, 1 when something
does, 2 when nobody can tell because something could not be read, or when it
failed.

Examples:
  muster diff records/2026-q3 records/2026-q4
  muster diff records/2026-q3 --live               what became of it since
  muster diff records/2026-q3 2026-q4 --where 'team:payments'
  muster diff records/2026-q3 --live --format csv --out changes.csv")]
pub(crate) struct Diff {
    /// The older record or review
    pub(crate) old: PathBuf,
    /// The newer record or review
    #[arg(required_unless_present = "live", conflicts_with = "live")]
    pub(crate) new: Option<PathBuf>,
    /// Compare with the organization as it is now, instead
    #[arg(long)]
    pub(crate) live: bool,
    /// With --live: where to read it; without it, your connection to the address in the older one
    #[arg(long, requires = "live")]
    pub(crate) org: Option<String>,
    #[command(flatten)]
    pub(crate) token: Token,
    /// Trust the authorities in this PEM file too, besides those of the system
    #[arg(long, value_name = "FILE", env = "MUSTER_CA_FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// With --live: how many requests run at the same time
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) concurrency: u8,
    /// Only what this filter chooses; `muster decide --help` explains filters
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
    /// The form of the output, instead of screens
    #[arg(long, value_enum, group = "form")]
    pub(crate) format: Option<DiffFormat>,
    /// The same as --format text
    #[arg(long, group = "form")]
    pub(crate) text: bool,
    /// The same as --format json
    #[arg(long, group = "form")]
    pub(crate) json: bool,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
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

/// The journal on the screen: step, play, filter, compare two moments, open a bulk as its reviewer saw it, and look at the
/// review as it was. Nothing can be changed.
#[derive(Debug, Args)]
#[command(after_long_help = "\
A record is verified first, and what was found stands on every screen. Without
--allowed-signers nobody vouches for the signer. A record that is not good is
shown under a warning as far as its journal holds together.

A moment is the number of an entry, a day, or a time in UTC: 41, 2026-08-11,
\"2026-08-11 14:00\", 2026-08-11T14:00:58Z. In the screens ? lists all keys.
`muster log` tells the same as text; its --help explains filters of entries.

Examples:
  muster replay RECORD --allowed-signers signers
  muster replay RECORD --at 2026-08-11
  muster replay RECORD --where 'event:revoke account:ada'
  muster replay 2026-q4                            a review in progress")]
pub(crate) struct Replay {
    /// The record's folder, or the name or folder of a review in progress
    pub(crate) record: PathBuf,
    /// Begin at this moment instead of the last
    #[arg(long, value_name = "ENTRY|TIME")]
    pub(crate) at: Option<String>,
    /// Show only the entries that this filter chooses
    #[arg(long = "where", visible_alias = "events", value_name = "FILTER")]
    pub(crate) events: Option<String>,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    Text,
    Csv,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Xlsx,
    Html,
    Json,
}
