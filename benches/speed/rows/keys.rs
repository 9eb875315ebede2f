//! From a key to the painted frame.

use std::{path::Path, time::Duration};

use super::{ORDINARY, review};
use crate::{
    Bench,
    figure::{Figure, Of},
    table::{Budget, Table},
    terminal::Terminal,
};

/// How many steps are taken in one run.
const STEPS: usize = 60;

/// In how many runs the peers take their turn: some of them load the table for many seconds.
const PEERS: usize = 3;

/// A step at the end of a list changes nothing, and is waited for no longer than this.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let (mut steps, mut pages, mut decided) = (Vec::new(), Vec::new(), Vec::new());
    let mut others: Vec<(&str, Vec<Duration>)> = Vec::new();
    for run in 0..bench.options.runs {
        let copy = bench.ground.copy()?;
        let mut terminal = review(&copy.home)?;
        terminal.send(&format!("/{ORDINARY}\r"))?;
        terminal.settle(Duration::from_millis(500));
        // Down the queue of accounts, each with its card.
        terminal.send("\t")?;
        terminal.settle(Duration::from_millis(100));
        steps.extend(walk(&mut terminal, "j", STEPS, first)?);
        pages.extend(walk(&mut terminal, "\x1b[6~", STEPS / 3, first)?);
        terminal.send("\t")?;
        terminal.settle(Duration::from_millis(100));
        // A decision is painted as saved once it is on disk, in its last frame.
        decided.extend(walk(&mut terminal, "a", STEPS, |painted| painted.last)?);
        drop(terminal);
        if run >= PEERS {
            continue;
        }
        for name in ["csvlens", "less", "VisiData", "fzf"] {
            let Some(peer) = bench.peers.get(name) else {
                continue;
            };
            let rows = bench.ground.rows().display().to_string();
            let with = format!("fzf --no-sort < '{rows}'");
            let (program, arguments): (&Path, Vec<&str>) = match name {
                "fzf" => (Path::new("/bin/sh"), vec!["-c", &with]),
                "less" => (&peer.path, vec!["-S", &rows]),
                _ => (&peer.path, vec![&rows]),
            };
            let mut environment = copy.home.environment();
            // fzf ticks while it reads; the others have loaded by then, too.
            environment.push(("FZF_DEFAULT_OPTS", String::new()));
            let mut terminal = Terminal::start(program, &arguments, &environment)?;
            terminal.since_start("its first rows", |screen| screen.contains("Every member"))?;
            wait_until_loaded(&mut terminal);
            let key = if name == "fzf" { "\x1b[A" } else { "j" };
            let times = walk(&mut terminal, key, STEPS, first)?;
            match others.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => known.extend(times),
                None => others.push((name, times)),
            }
        }
    }
    let steps = Figure::times(&steps);
    table.alone(
        "one step: key → painted frame, p99",
        steps.of(Of::Quantile(0.99)),
        Budget::Limit(16.0),
    );
    for (name, times) in others {
        let budget = if name == "csvlens" {
            Budget::Ahead
        } else {
            Budget::Told
        };
        let step = format!("{name}, one step");
        table.beside(
            "one step: key → painted frame, p50",
            steps.clone(),
            step,
            Figure::times(&times),
            budget,
        );
    }
    table.alone(
        "one page: key → painted frame, p99",
        Figure::times(&pages).of(Of::Quantile(0.99)),
        Budget::Limit(16.0),
    );
    table.alone(
        "one decision: key → on disk and painted as saved, p99",
        Figure::times(&decided).of(Of::Quantile(0.99)),
        Budget::Limit(16.0),
    );
    Ok(())
}

fn first(painted: crate::terminal::Painted) -> Duration {
    painted.first
}

/// Presses the key so many times; the answer is what each cost.
pub(super) fn walk(
    terminal: &mut Terminal,
    key: &str,
    times: usize,
    of: impl Fn(crate::terminal::Painted) -> Duration,
) -> anyhow::Result<Vec<Duration>> {
    let mut taken = Vec::new();
    for _ in 0..times {
        if let Some(painted) = terminal.press(key, PATIENCE)? {
            taken.push(of(painted));
        }
    }
    anyhow::ensure!(
        taken.len() * 2 >= times,
        "the key {key:?} changed the screen only {} times of {times}:\n{}",
        taken.len(),
        terminal.screen()
    );
    Ok(taken)
}

/// Waits until the process has nothing to do any more, which is when it has loaded.
fn wait_until_loaded(terminal: &mut Terminal) {
    let mut before = None;
    for _ in 0..100 {
        terminal.settle(Duration::from_millis(50));
        terminal.listen(Duration::from_millis(250));
        let now = terminal.ticks();
        if before.is_some_and(|before| now <= before + 1) {
            return;
        }
        before = Some(now);
    }
}
