//! The arguments, and the help that teaches them.
#![expect(clippy::doc_markdown, reason = "these comments are printed as help")]

pub(super) mod auditor;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Review who can reach what in a JetBrains Space organization, and sign what you decided.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100, after_long_help = TOUR)]
pub(super) struct Arguments {
    /// Keep reviews and records in this folder instead of the usual one
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "MUSTER_DATA_DIR",
        hide_env_values = true
    )]
    pub(super) data_dir: Option<PathBuf>,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

const TOUR: &str = "\
A review, from start to end:

  muster                        what is here, and the next step of each review
  muster demo                   try everything on an embedded organization
  muster connect acme           try a token, see what it may read, keep it
  muster snapshot q4 --org acme read who has what, once: the review q4
  muster review q4              step through it: a keep, d revoke, ? help
  muster status q4              how far it is, and what could not be read
  muster check q4               the red flags an auditor looks for, before signing
  muster seal q4 --principal you@example.com
                                sign it; the result is a folder, the record
  muster approve RECORD --principal boss@example.com
                                a second person signs it, with another key
  muster verify RECORD          judge a record, years later, offline

The token is kept in the system keyring, or given with --token-stdin,
--token-command or SPACE_TOKEN; never in the arguments.
Exit codes: 0 done or yes, 1 no, 2 could not tell or wrong usage.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Try everything on an embedded organization
    Demo(Demo),
    /// Connect an organization: try a token, explain what it may read, keep it in the system keyring
    Connect(Connect),
    /// List the connected organizations
    Connections(Connections),
    /// Remove an organization's token from the system keyring
    Disconnect(Disconnect),
    /// Read an organization once and make a review that is ready to decide, or refresh an open one
    Snapshot(Snapshot),
    /// Decide on the items of a review, on the screen or as plain lines
    Review(Review),
    /// Tell how far a review is, and how complete its snapshot is
    Status(Status),
    /// Decide on all items that a filter chooses, as one event
    Decide(Decide),
    /// List the ways to look at a review: filter, grouping and order by a name
    Views(Views),
    /// Look for the red flags of auditors before signing, or waive one with a reason
    Check(Check),
    /// Close a review: attest, sign, and write the record
    Seal(Seal),
    /// Sign somebody else's record as a second person, after looking at it
    Approve(Box<auditor::Approve>),
    /// Print the rules that reviews are opened under, or check a file of them
    Policy(Policy),
    /// Judge a record from its bytes alone
    Verify(Verify),
    /// Prove that a few items belong to a record, and show nothing else of it
    Disclose(auditor::Disclose),
    /// Turn a record into a spreadsheet, a page or JSON
    Export(auditor::Export),
    /// Draw items from a record for an auditor to look at, reproducibly
    Sample(auditor::Sample),
    /// Tell everything that a record has about one item
    Show(auditor::Show),
    /// Compare two records or reviews, and tell what became of the revokes
    Diff(Box<auditor::Diff>),
    /// Tell what happened in a review, at any moment
    Log(auditor::Log),
    /// Show any moment of a record or a review on the screen
    Replay(auditor::Replay),
}

/// The review is kept like any other and opened again where you left it. Without a terminal the same story
/// runs by itself: snapshot, decisions from a script, seal with a throw-away key, verify.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How large: s tells a story (60 accounts), m has 10,000 grants, l has 1,000,000
    #[arg(long, value_enum, default_value_t = Size::S)]
    pub(super) size: Size,
    /// Begin a new review, even when one is open
    #[arg(long)]
    pub(super) fresh: bool,
    /// Lines and prompts instead of screens
    #[arg(long)]
    pub(super) plain: bool,
    /// Begin a new review under the rules in this file; see `muster policy`
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// The next quarter: some things changed since, and the review is compared with this record of an earlier demo
    #[arg(long, value_name = "RECORD")]
    pub(super) previous: Option<PathBuf>,
    /// With --previous: the list of signers that tells whether its signer is known
    #[arg(long, value_name = "FILE", requires = "previous")]
    pub(super) allowed_signers: Option<PathBuf>,
    /// Only serve the organization over HTTP on this machine, until interrupted; prints one line of JSON with url, token and the client credentials of an application
    #[arg(long, conflicts_with_all = ["fresh", "plain", "previous", "policy"])]
    pub(super) serve: bool,
    /// With --serve: the port; 0 takes a free one
    #[arg(long, requires = "serve", default_value_t = 0, value_name = "N")]
    pub(super) port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Size {
    S,
    M,
    L,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  muster snapshot 2026-q4 --org acme                  after muster connect acme
  muster snapshot 2026-q4 --org https://space.example.com --token-stdin < token

On an open review it shows what changed since. With your consent, or --refresh,
the review goes on over the new snapshot, with the scope it has; without it
nothing changes and the exit code is 1.

Interrupted, the same command goes on from there within a day: what was read
whole is not read again.

The token comes from the first of these that is there, and which one is said:
--token-stdin, --token-command, SPACE_TOKEN, the system keyring.
What could not be read is named, never left out: see `muster status`.
Reading changes nothing in Space.

A scope chooses what is put up for decision, so that you review only your own
people. Everything is read all the same: what somebody reaches through a team
outside the scope is shown, and not decided. It is a line of terms. Several of
one field are alternatives, different fields must all hold, and names, keys and
ids match whole, without case and accents:

  team:NAME        what members of the team and of the teams below it hold,
                   and what these teams hold
  project:NAME     roles on the project, of accounts and of teams
  role:NAME        grants of the role, or of \"Team Lead\", \"Team Member\",
                   \"Can sign in\"
  state:WORD       what accounts in this state hold:
                   active suspended left future unknown

  muster snapshot q4-payments --org URL --scope 'team:Payments'
  muster snapshot q4 --org URL --scope 'role:\"Project Admin\" project:PAY|LAB'

The scope is part of the record, and the record then says that it is scoped.

From the second quarter on, name the record of the quarter before. It is
verified first. Each item is then new, changed, unchanged or back (revoked last
time and still here, or gone in between), with what was decided, by whom, when
and why. What is unchanged and was kept can be kept in one act; the new record
says that these were not looked at one by one.

  muster snapshot 2027-q1 --org acme --previous RECORD --allowed-signers LIST
  muster decide 2027-q1 --as-before --dry-run
  muster decide 2027-q1 --as-before

The raw answers of the server show an auditor where each grant was read from,
and hold personal data that the review itself does not need. --evidence hashes
keeps their digests only, --evidence none keeps nothing; the record says which.")]
pub(super) struct Snapshot {
    /// What the review is called, such as 2026-q4
    pub(super) name: String,
    /// The organization: its address with port and path prefix, its subdomain in the cloud, or the name of a connected one
    #[arg(long, value_name = "ORG")]
    pub(super) org: String,
    #[command(flatten)]
    pub(super) token: Token,
    /// The reviewer's login name, when the token is not the reviewer's own
    #[arg(long, value_name = "USERNAME")]
    pub(super) reviewer: Option<String>,
    /// Trust the authorities in this PEM file too, besides those of the system
    #[arg(long, value_name = "FILE", env = "MUSTER_CA_FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Put up for decision only what is in this scope; may be given several times
    #[arg(long, value_name = "TERMS")]
    pub(super) scope: Vec<String>,
    /// Compare with this sealed record: what is new and changed since, and what was decided then
    #[arg(long, value_name = "RECORD")]
    pub(super) previous: Option<PathBuf>,
    /// With --previous: the list of signers that tells whether its signer is known, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE", requires = "previous")]
    pub(super) allowed_signers: Option<PathBuf>,
    /// What is kept of the server's raw answers
    #[arg(long, value_enum, default_value_t = Evidence::Full)]
    pub(super) evidence: Evidence,
    /// The rules of the review are in this file, instead of policy.toml in the config folder; see `muster policy`. A
    /// refresh keeps the rules of the review unless this is given
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// How many requests run at the same time
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(super) concurrency: u8,
    /// When there is an open review of this name: refresh it without asking. Decisions on unchanged items stay, those
    /// on changed ones are asked again
    #[arg(long)]
    pub(super) refresh: bool,
    /// Throw away what an interrupted snapshot of this name left, and read everything again
    #[arg(long)]
    pub(super) fresh: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Evidence {
    /// Each answer as it came
    Full,
    /// The digest of each answer
    Hashes,
    /// Nothing
    None,
}

/// Where the token comes from. Without either: SPACE_TOKEN, then the system keyring.
#[derive(Debug, Args)]
pub(crate) struct Token {
    /// Read the token from the first line of standard input
    #[arg(long, conflicts_with = "token_command")]
    pub(crate) token_stdin: bool,
    /// Run this command in the shell and take the first line it prints as the token
    #[arg(long, value_name = "CMD")]
    pub(crate) token_command: Option<String>,
}

/// On a terminal, screens lead through it: the address and how muster understood it, before anything is sent;
/// a token or an application; what it may read, tried by small calls that change nothing and shown permission
/// by permission; where it is kept; and the first review, if you like. With --plain the same by lines and
/// prompts. A token that is given with --token-stdin, --token-command or SPACE_TOKEN is not asked for: it is
/// tried and kept in the system keyring. Connecting again replaces it.
#[derive(Debug, Args)]
#[command(after_long_help = GUIDE)]
pub(super) struct Connect {
    /// A subdomain in the cloud, a host, or any link copied from Space
    pub(super) org: Option<String>,
    #[command(flatten)]
    pub(super) token: Token,
    /// Connect as an application, by its client id and client secret
    #[arg(long, value_name = "ID", conflicts_with_all = ["token_stdin", "token_command"])]
    pub(super) client_id: Option<String>,
    /// Read the client secret from the first line of standard input
    #[arg(long, requires = "client_id")]
    pub(super) client_secret_stdin: bool,
    /// Trust the authorities in this PEM file too, besides those of the system
    #[arg(long, value_name = "FILE", env = "MUSTER_CA_FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Lines and prompts instead of screens; also chosen when there is no terminal to draw on
    #[arg(long, env = "MUSTER_PLAIN", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) plain: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

const GUIDE: &str = "\
A token for muster, in Space:

  1. Preferences, Personal Tokens, New personal token.
  2. A name, an expiry date after the review's end, and Limited access.
  3. Global permissions: tick exactly these.
       View memberships
       View all external users
       View member profiles
       View member profile basic info
       View permissions granted to other members
       View teams
       View project details
       List restricted projects
       Grant permissions to other members
     The last one is how Space lets somebody read who holds organization roles
     such as System Admin. It also allows changing them; muster never does.
     Leave it out, and those roles are named as a gap.
  4. Copy the token: Space shows it once.

A token can do no more than its owner: your account needs the permissions too.

An application works as well: Extensions, New application; the same global
permissions under Authorization; the client credentials flow under
Authentication. It has no account: name the reviewer with snapshot --reviewer.

The token comes from the first of these that is there: --token-stdin,
--token-command, SPACE_TOKEN, a question on the terminal. When the system
keyring cannot keep it, nothing is stored and muster says why.

Examples:
  muster connect
  muster connect acme
  muster connect space.example.com:8443/space --token-command 'pass space'
  muster connect acme --client-id 0f9a… --client-secret-stdin < secret";

#[derive(Debug, Args)]
pub(super) struct Connections {
    /// Print the list as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The token stays valid in Space until it is revoked there.
#[derive(Debug, Args)]
pub(super) struct Disconnect {
    /// The address, the subdomain, or the name of a connected organization
    pub(super) org: String,
}

#[derive(Debug, Args)]
pub(super) struct Review {
    /// Which review
    pub(super) name: String,
    /// Lines and prompts instead of screens; also chosen when there is no terminal to draw on
    #[arg(long, env = "MUSTER_PLAIN", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) plain: bool,
    /// Look only: nothing can be decided
    #[arg(long)]
    pub(super) read_only: bool,
    #[command(flatten)]
    pub(super) exceptions: Exceptions,
}

#[derive(Debug, Args)]
pub(super) struct Exceptions {
    /// Decide although something could not be read
    #[arg(long)]
    pub(super) partial: bool,
    /// Allow decisions on your own access from now on; the reason lands in the record
    #[arg(long, value_name = "REASON")]
    pub(super) allow_self_review: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Which review
    pub(super) name: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = super::filters::explained(FILTERS))]
pub(super) struct Decide {
    /// Which review
    pub(super) name: String,
    /// Which items; the language of / on the screen
    #[arg(
        long = "where",
        value_name = "FILTER",
        required_unless_present_any = ["as_before", "view"]
    )]
    pub(super) filter: Option<String>,
    /// The items of this view; `muster views` lists them
    #[arg(long, value_name = "NAME", conflicts_with_all = ["filter", "as_before"])]
    pub(super) view: Option<String>,
    #[command(flatten)]
    pub(super) verb: Verb,
    /// Why; a revoke needs it, and so does keeping what is privileged when the policy says so
    #[arg(long, value_name = "TEXT", required_if_eq("revoke", "true"))]
    pub(super) reason: Option<String>,
    /// Change items that are decided already too; otherwise they are left alone
    #[arg(long)]
    pub(super) redecide: bool,
    /// Refuse unless exactly this many items are decided
    #[arg(long, value_name = "N")]
    pub(super) expect: Option<usize>,
    /// Only tell what would be decided
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) exceptions: Exceptions,
}

/// A view is a filter, a grouping and an order with a name. Some are always there; your own are kept on the screen of a
/// review, with o and then s, or written into views.toml in the config folder.
#[derive(Debug, Args)]
#[command(after_long_help = "\
A view in views.toml; only the name is needed:

  [[view]]
  name = \"payments, by risk\"
  filter = \"is:undecided team:Payments\"   `muster decide --help` explains filters
  group = \"project\"                       account, team, project, role or flat
  sort = \"risk\"                           name, risk, sign-in or open; -risk is
                                          the other way round

Risk is the sum of the weights of the signals that say yes: 8 for still-here and
privileged; 4 for left, suspended, external, hidden and look-alike; 2 for
private-admin, no-sign-in, no-2fa, disbanded and expired; 1 for guest, new,
changed, future, pending, duplicate, alone and unread. A group stands by its
riskiest item, then by the sum of its items. By sign-in, a group stands by the
account in it that signed in longest ago; never is before any date, and unknown
after all that is known. What stands equal is in the order of names.

Examples:
  muster views
  muster views q4                        with how many items each shows
  muster decide q4 --view 'decide later' --clear --dry-run")]
pub(super) struct Views {
    /// Count the items that each view shows of this review
    pub(super) review: Option<String>,
    /// Print them as JSON
    #[arg(long)]
    pub(super) json: bool,
}

const FILTERS: &str = "\
Items that --where chooses but the verb cannot touch (implicit grants, decided
ones without --redecide) are left alone and counted. Of several items to keep,
policy leaves out those to be looked at one by one: privileged roles, external
accounts, hidden characters, what changed since the previous record. They are
counted by rule, recorded in the journal and stay undecided; is:exception finds
them. No option takes them in: decide each by itself, with a filter that
chooses that one item, in `muster review`, or with --plain. Your own access is
never decided here, except after --allow-self-review.

Examples:
  muster decide q4 --where 'is:left role:\"project admin\"' \\
      --revoke --reason 'left in March'
  muster decide q4 --where 'team:payments is:undecided' --keep --expect 31
  muster decide q4 --where 'signin:>180d|never (is:privileged or is:external)' \\
      --later --dry-run
  muster decide q4 --as-before     unchanged since the previous record kept it";

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "clap makes a group of them: one is set"
)]
pub(super) struct Verb {
    /// The grants stay
    #[arg(long)]
    pub(super) keep: bool,
    /// The grants go
    #[arg(long)]
    pub(super) revoke: bool,
    /// The implicit grants were seen
    #[arg(long)]
    pub(super) acknowledge: bool,
    /// Bookmark them; they stay undecided
    #[arg(long)]
    pub(super) later: bool,
    /// Take decisions back
    #[arg(long)]
    pub(super) clear: bool,
    /// Keep what is undecided here and unchanged since the previous record kept it; the record says that these were not
    /// looked at one by one
    #[arg(long, conflicts_with_all = ["filter", "redecide"])]
    pub(super) as_before: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = FLAGS)]
pub(super) struct Check {
    /// Which review
    pub(super) name: String,
    /// Let this flag stand as it is now; the reason lands in the record
    #[arg(long, value_name = "FLAG", requires = "reason")]
    pub(super) waive: Option<String>,
    /// Why it may stand
    #[arg(long, value_name = "TEXT", requires = "waive")]
    pub(super) reason: Option<String>,
    /// Name every item of each flag
    #[arg(long)]
    pub(super) items: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

const FLAGS: &str = "\
These stop `muster seal` until they are settled or waived with a reason:

  undecided            items that nobody decided
  self-review          decisions on the reviewer's own access
  no-reason            privileged grants kept without a reason, where the policy
                       asks for one
  external-privileged  privileged roles of external users, kept without a reason
                       or a note
  removes-nothing      revokes after which the holder has just as much through a
                       team or another role
  gaps                 what could not be read
  stale                a snapshot older than the policy allows

These are there to be looked at, and stand in the record:

  all-kept, bulk-share, pace, same-instant

A waiver is for the flag as it is now. When the flag grows, it is open again. An
undo takes the waiver back. --allow-self-review waives self-review, and
`muster seal --allow-undecided` waives undecided.

Exit codes: 0 nothing is open, 1 something is, 2 could not tell.";

/// Which key signs. Without any: the only key of a running ssh-agent, else ~/.ssh/id_ed25519.
#[derive(Debug, Args)]
pub(super) struct With {
    /// Sign with this OpenSSH key file
    #[arg(long, value_name = "FILE", group = "signer")]
    pub(super) key: Option<PathBuf>,
    /// Sign with a key of ssh-agent, the one with this fingerprint when there are several
    #[arg(long, value_name = "FINGERPRINT", num_args = 0..=1, default_missing_value = "", group = "signer")]
    pub(super) agent: Option<String>,
    /// Make an Ed25519 key for muster, or use the one it made before; its passphrase is kept in the system keyring
    #[arg(long, group = "signer")]
    pub(super) new_key: bool,
    /// Read the key's passphrase from the first line of standard input
    #[arg(long)]
    pub(super) passphrase_stdin: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
What `muster check` finds and stops the signature has to be settled or waived.

Without --key, --agent or --new-key: the only key of a running ssh-agent, else
~/.ssh/id_ed25519.

Your own access is not yours to decide. Leave it open with --allow-undecided,
and let another reviewer decide it in a review of their own.

The record is a folder of plain files. The signature covers SHA256SUMS;
ssh-keygen and sha256sum check it without muster, and README.txt inside says how.")]
pub(super) struct Seal {
    /// Which review
    pub(super) name: String,
    /// Who signs, as the auditor's list of signers names you: usually an e-mail address
    #[arg(long, value_name = "WHO")]
    pub(super) principal: String,
    #[command(flatten)]
    pub(super) with: With,
    /// Write the record below this folder instead of the usual one
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Waive the flag of undecided items; the record says which, and why
    #[arg(long, value_name = "REASON")]
    pub(super) allow_undecided: Option<String>,
    /// Confirm the attestation without being asked, for scripts; it is printed all the same
    #[arg(long)]
    pub(super) attest: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
A policy says which roles count as privileged and whether keeping them needs a
reason, after how many days without a sign-in an account is unused, what is left
out of a bulk keep, which reasons are offered, and which pace of deciding is
pointed out before the signature. Keys that are left out are as in the default.

A new review is opened under the file of --policy, else under policy.toml in the
config folder, else under the built-in policy. It keeps that policy, and its
record holds it as policy.toml.

  muster policy --default > policy.toml       a policy to start from
  muster policy policy.toml                   check it; what it leaves out is filled in
  muster snapshot q4 --org acme --policy policy.toml

The policy is printed on stdout, where it comes from on stderr.
Exit codes: 0 in order, 2 not a policy; the line and the column are named.")]
pub(super) struct Policy {
    /// Check this file, and print what it comes to
    #[arg(conflicts_with = "default")]
    pub(super) file: Option<PathBuf>,
    /// Print the built-in policy
    #[arg(long)]
    pub(super) default: bool,
}

/// Nothing is asked of anybody: the record's bytes are judged, with what you bring yourself, the list of signers.
#[derive(Debug, Args)]
#[command(after_long_help = "\
How closely a record is looked at:

  --quick    every file is what was signed, and by whom
  (default)  and the record follows from itself: the journal is replayed, each
             decision, flag, signal and total is worked out again
  --deep     and the population follows from the raw answers of the server: each
             is hashed and read again, so that an item that was dropped, added
             or changed is named, with its line and the answer

Without --allowed-signers a record can be intact, but who signed it stays
unknown, and the exit code is 0 all the same: scripts give the list. It comes
from somebody you trust, never from the record. A line of it:

  anna@example.com namespaces=\"muster-review\" ssh-ed25519 AAAA…

Nothing in a record proves when it was signed. So the list must allow the key
now, or at the time of --at, if you know by other means that the record was
there then. A key on the list of --revoked-keys counts for nothing, whenever it
signed: for a key that was lost on a known day, valid-before in the list of
signers is the better choice.

Of many records each is judged, and which follows which is drawn: those that are
missing in between are named, and two that go on from the same one.

--json prints one object. For one record: verdict (good, intact, bad, could not
tell), text, exit_code, level, checks (stage and outcome each); signer, key,
record_id, sealed_at and the totals when it is good; file, line, reason and all
findings when it is bad. For several: records, chain and problems.

A folder that `muster disclose` made is judged too, when it is named alone:
whether its items belong to the record that was signed.

Exit codes: 0 good, 1 bad, 2 could not tell; of many records the worst, bad
before could not tell.

Examples:
  muster verify RECORD --allowed-signers signers
  muster verify records/* --allowed-signers signers --deep --html report.html
  muster verify RECORD --allowed-signers signers --at 2026-10-01T09:12:00Z")]
pub(super) struct Verify {
    /// The record's folder, or several; or that of a disclosure
    #[arg(required = true, num_args = 1.., value_name = "RECORD")]
    pub(super) records: Vec<PathBuf>,
    /// Only whether every file is what was signed, and by whom
    #[arg(long, conflicts_with = "deep")]
    pub(super) quick: bool,
    /// Also whether the population follows from the raw answers of the server
    #[arg(long)]
    pub(super) deep: bool,
    /// The auditor's list of signers, in OpenSSH's allowed_signers format
    #[arg(long, value_name = "FILE")]
    pub(super) allowed_signers: Option<PathBuf>,
    /// Keys that count for nothing: a list of public keys, or a key revocation list of OpenSSH
    #[arg(long, value_name = "FILE")]
    pub(super) revoked_keys: Option<PathBuf>,
    /// Judge the key as of this time instead of now, as 2026-10-01T09:12:00Z or 20261001Z
    #[arg(long, value_name = "TIME", requires = "allowed_signers")]
    pub(super) at: Option<String>,
    /// Write the report as a page to this file, too; it needs nothing else and prints well
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Print the verdict as JSON
    #[arg(long)]
    pub(super) json: bool,
}
