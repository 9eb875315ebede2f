//! One keystroke in the filter.

use std::{
    fs::File,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::review;
use crate::{
    Bench,
    figure::{Figure, Of},
    table::{Budget, Table},
};

/// What is typed: a name many have, one that few have, a role and a state, words of two fields, nothing that is there.
const TYPED: &[&str] = &[
    "bauer",
    "rosa.lind",
    "role:admin is:left",
    "team:a admin",
    "zzq",
];

pub(super) fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let home = bench.ground.home();
    let (mut keystrokes, mut others) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.runs {
        let mut terminal = review(home)?;
        for typed in TYPED {
            terminal.send("/")?;
            terminal.settle(Duration::from_millis(200));
            for letter in typed.chars() {
                let painted = terminal.press(&letter.to_string(), Duration::from_secs(5))?;
                keystrokes.extend(painted.map(|painted| painted.last));
            }
            // Close the field, then take the filter away.
            terminal.send("\r")?;
            terminal.settle(Duration::from_millis(200));
            terminal.send("\x1b")?;
            terminal.settle(Duration::from_millis(400));
            if let Some(fzf) = bench.peers.get("fzf") {
                let start = Instant::now();
                let status = Command::new(&fzf.path)
                    .arg(format!("--filter={typed}"))
                    .stdin(File::open(bench.ground.rows())?)
                    .stdout(Stdio::null())
                    .status()?;
                anyhow::ensure!(status.code() != Some(2), "fzf failed");
                others.push(start.elapsed());
            }
        }
    }
    let keystrokes = Figure::times(&keystrokes);
    table.alone(
        "filter: keystroke → painted frame, p95",
        keystrokes.of(Of::Quantile(0.95)),
        Budget::Limit(25.0),
    );
    table.beside(
        "filter: keystroke → painted frame, p50",
        keystrokes,
        "`fzf --filter` on the same lines",
        Figure::times(&others),
        Budget::Times(0.25),
    );
    Ok(())
}
