//! `cargo bench`: how fast muster is on one large organization, beside what anybody can compare it with, measured in the
//! same run.
//!
//! Each row of the table is one promise: a figure, the peer or the plain bytes it is held against, the budget, and whether
//! it is met. What is measured is the real program, in a terminal of its own where there is one. Runs of muster and of its
//! peers take turns, so that a busy moment meets both.
#![expect(
    clippy::disallowed_methods,
    reason = "it measures time, starts programs and keeps files, which the program itself leaves to few modules"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table goes to stdout, what is being done to stderr"
)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people: no count here is near 2^52"
)]

mod figure;
mod ground;
mod machine;
mod options;
mod peers;
mod rows;
mod table;
mod terminal;

use anyhow::Context as _;

use self::{ground::Ground, options::Options, peers::Peers, table::Table};

/// What every row needs.
struct Bench {
    options: Options,
    ground: Ground,
    peers: Peers,
}

fn main() -> anyhow::Result<()> {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => return Ok(()),
        Err(why) => anyhow::bail!("{why}\n\n{}", options::HELP),
    };
    let chosen: Vec<_> = rows::ALL
        .iter()
        .filter(|row| options.wants(row.name))
        .collect();
    anyhow::ensure!(
        !chosen.is_empty(),
        "no row has such a name: {}",
        rows::names()
    );
    println!("{}", machine::words());
    let peers = Peers::find(options.install_peers)?;
    println!("{}\n", peers.words());
    let ground =
        Ground::prepare(options.size).context("cannot make the organization to measure on")?;
    println!("{}\n", ground.words());
    let bench = Bench {
        options,
        ground,
        peers,
    };
    let mut table = Table::default();
    for row in chosen {
        eprintln!("measuring {}, load {}", row.name, machine::load());
        (row.measure)(&bench, &mut table)
            .with_context(|| format!("cannot measure {}", row.name))?;
    }
    println!("{table}");
    println!(
        "Load average (1, 5, 15 minutes) at the end: {}.",
        machine::load()
    );
    Ok(())
}
