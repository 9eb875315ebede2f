//! What was asked for on the command line.

use muster::demo::Size;

pub(crate) const HELP: &str = "\
cargo bench -- [OPTIONS] [ROW ...]

  --quick           a look of a minute: as --size m --runs 2
  --size s|m|l      the organization: 200, 10 000 or 1 000 000 grants (default l)
  --runs N          how often each pair is measured (default 5)
  --install-peers   build csvlens from crates.io into target/bench-peers first
  ROW               only the rows whose name begins so: open, keys, filter, decide, bulk, seal,
                    verify, fetch, memory, idle";

/// What to measure.
pub(crate) struct Options {
    pub(crate) size: Size,
    pub(crate) runs: usize,
    pub(crate) install_peers: bool,
    rows: Vec<String>,
}

impl Options {
    /// Reads the arguments; `None` when there is nothing to do: help was asked for, or this is not `cargo bench`.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            size: Size::L,
            runs: 5,
            install_peers: false,
            rows: Vec::new(),
        };
        let (mut arguments, mut bench) = (arguments, false);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let next = arguments.next();
                next.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--bench" => bench = true,
                "--size" => options.size = value()?.parse().map_err(|why| format!("{why}"))?,
                "--runs" => {
                    let runs = value()?.parse().ok().filter(|runs| *runs > 0);
                    options.runs = runs.ok_or("--runs needs a number above 0")?;
                }
                "--quick" => (options.size, options.runs) = (Size::M, 2),
                "--install-peers" => options.install_peers = true,
                "--help" | "-h" => {
                    println!("{HELP}");
                    return Ok(None);
                }
                row if !row.starts_with('-') => options.rows.push(row.to_owned()),
                other => return Err(format!("there is no option {other}")),
            }
        }
        // `cargo test` builds and starts it too; times are not what a test is about.
        Ok(bench.then_some(options))
    }

    /// Whether the row called `name` is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|row| name.starts_with(row.as_str()))
    }
}
