//! Reading an organization over a slow network.

use std::{
    fs,
    time::{Duration, Instant},
};

use muster::demo::{Fault, State, When};
use tempfile::TempDir;

use crate::{
    Bench,
    figure::{Figure, Unit},
    ground::{Home, Serving},
    table::{Budget, Table},
};

/// How long each answer is on its way.
const WAY: Duration = Duration::from_millis(50);

/// How many requests run at a time.
const TOGETHER: usize = 8;

pub(super) fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let serving = Serving::start(bench.options.size, |faults| {
        faults.arm(When::always(), Fault::Latency(WAY));
    })?;
    let expected = requests(&serving.server().state());
    let (mut times, mut asked) = (Vec::new(), Vec::new());
    // The large one takes minutes.
    for _ in 0..1 {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
        let home = Home {
            data: folder.path().join("data"),
        };
        fs::create_dir(&home.data)?;
        let before = serving.server().requests().len();
        let start = Instant::now();
        serving.snapshot(&home)?;
        times.push(start.elapsed());
        asked.push((serving.server().requests().len() - before) as f64);
    }
    let rounds = u32::try_from(expected.div_ceil(TOGETHER))?;
    table.beside(
        "fetch, each answer 50 ms on its way",
        Figure::times(&times),
        format!("⌈{expected} ÷ {TOGETHER}⌉ × 50 ms"),
        Figure::times(&[WAY * rounds]),
        Budget::Times(1.25),
    );
    table.beside(
        "fetch: requests",
        Figure::new(Unit::Count, asked),
        "the fewest that read everything",
        Figure::new(Unit::Count, [expected as f64]),
        Budget::Exact,
    );
    Ok(())
}

/// How many requests it takes to read `state` with pages of 100.
fn requests(state: &State) -> usize {
    let pages = |rows: usize| rows.div_ceil(100).max(1);
    let memberships = state
        .memberships()
        .iter()
        .filter(|one| !one.archived)
        .count();
    let explicit = state
        .roles()
        .iter()
        .filter(|role| role.implicit.is_none())
        .count();
    // The organization, whose token it is, four permissions that no list shows, the restricted projects, the roles.
    let mut requests = 6
        + pages(state.accounts().len())
        + pages(state.teams().len())
        + pages(memberships)
        + pages(state.projects().len())
        + 2
        + 2 * explicit;
    for project in state.projects() {
        requests += pages(project.people.len()) + pages(project.teams.len());
        let participants = project.people.iter().chain(&project.teams);
        // The names of the project's own roles, where somebody has one.
        let custom: usize = participants.map(|one| one.roles.customs().count()).sum();
        requests += usize::from(custom > 0);
    }
    requests
}
