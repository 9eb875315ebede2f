//! What an open review costs while nothing is pressed.

use std::time::Duration;

use super::{ORDINARY, review};
use crate::{
    Bench,
    figure::{Figure, Unit},
    table::{Budget, Table},
    terminal::Terminal,
};

/// How long nothing is done.
const IDLE: Duration = Duration::from_secs(10);

pub(super) fn memory(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let (mut open, mut after, mut bulk) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.options.runs.min(3) {
        let copy = bench.ground.copy()?;
        let mut terminal = review(&copy.home)?;
        open.push(terminal.kilobytes("VmRSS")? / 1024.0);
        terminal.send(&format!("/{ORDINARY}\r"))?;
        terminal.settle(Duration::from_millis(500));
        bulk.extend(keep_all(&mut terminal)?);
        after.push(terminal.kilobytes("VmRSS")? / 1024.0);
    }
    table.alone(
        "resident, review open",
        Figure::new(Unit::Megabytes, open),
        Budget::Limit(150.0),
    );
    table.alone(
        "resident, after a bulk of all",
        Figure::new(Unit::Megabytes, after),
        Budget::Limit(200.0),
    );
    table.alone(
        "bulk keep of all on the screen: Enter → on disk and painted",
        Figure::times(&bulk),
        Budget::Told,
    );
    Ok(())
}

/// Keeps everything the filter shows, by typing how many it is; the answer is what the last key took.
fn keep_all(terminal: &mut Terminal) -> anyhow::Result<Option<Duration>> {
    terminal.send("*")?;
    terminal.settle(Duration::from_millis(500));
    terminal.send("a")?;
    terminal.settle(Duration::from_millis(1500));
    let screen = terminal.screen();
    let wanted = screen
        .split("Type ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let Some(wanted) = wanted.map(str::to_owned) else {
        anyhow::bail!("nobody asks to type a number:\n{screen}");
    };
    terminal.send(&wanted)?;
    terminal.settle(Duration::from_millis(200));
    let painted = terminal.press("\r", Duration::from_secs(10))?;
    terminal.settle(Duration::from_millis(500));
    Ok(painted.map(|painted| painted.last))
}

pub(super) fn idle(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let mut terminal = review(bench.ground.home())?;
    terminal.send("j")?;
    terminal.settle(Duration::from_secs(1));
    let before = terminal.wake_ups();
    let written = terminal.listen(IDLE);
    let woke = terminal.wake_ups() - before;
    let count = |count: f64| Figure::new(Unit::Count, [count]);
    table.alone(
        "idle for 10 s: bytes written",
        count(written as f64),
        Budget::Limit(0.0),
    );
    table.alone(
        "idle for 10 s: wake-ups",
        count(woke as f64),
        Budget::Limit(0.0),
    );
    Ok(())
}
