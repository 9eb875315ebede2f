//! Opening a review in progress.

use std::{
    fs::File,
    io::Read as _,
    path::Path,
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

use super::is_full;
use crate::{
    Bench,
    figure::Figure,
    ground::{Home, MUSTER, NAME, files},
    table::{Budget, Table},
    terminal::Terminal,
};

pub(super) fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let home = bench.ground.home();
    let (mut first, mut full, mut hashed) = (Vec::new(), Vec::new(), Vec::new());
    let mut others: Vec<(&str, Vec<Duration>)> = Vec::new();
    let rows = bench.ground.rows();
    let rows = rows.display().to_string();
    for _ in 0..bench.options.runs {
        let mut terminal =
            Terminal::start(Path::new(MUSTER), &["review", NAME], &home.environment())?;
        first.push(terminal.since_start("the header", |screen| screen.contains("muster"))?);
        full.push(terminal.since_start("the review", is_full)?);
        drop(terminal);
        hashed.push(read_and_hash(home)?);
        for name in ["csvlens", "VisiData", "less"] {
            let Some(peer) = bench.peers.get(name) else {
                continue;
            };
            let arguments: &[&str] = if name == "less" {
                &["-S", &rows]
            } else {
                &[&rows]
            };
            let mut terminal = Terminal::start(&peer.path, arguments, &home.environment())?;
            let time = terminal.since_start("its first rows", |screen| {
                screen.contains("Every member") && screen.contains("Every external")
            })?;
            match others.iter_mut().find(|(known, _)| *known == name) {
                Some((_, times)) => times.push(time),
                None => others.push((name, vec![time])),
            }
        }
    }
    table.alone(
        "open a review: header and keys painted",
        Figure::times(&first),
        Budget::Limit(40.0),
    );
    let full = Figure::times(&full);
    table.beside(
        "open a review: first full screen",
        full.clone(),
        "reading and hashing the same bytes",
        Figure::times(&hashed),
        Budget::Times(2.0),
    );
    for (name, times) in others {
        let budget = if name == "csvlens" {
            Budget::Ahead
        } else {
            Budget::Told
        };
        table.beside(
            "open a review: first full screen",
            full.clone(),
            format!("{name}, first rows of the same table"),
            Figure::times(&times),
            budget,
        );
    }
    Ok(())
}

/// Reads and hashes every file of the review, one after the other.
fn read_and_hash(home: &Home) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut piece = vec![0; 256 << 10];
    for (path, _) in files(&home.review())? {
        let (mut file, mut hash) = (File::open(path)?, Sha256::new());
        loop {
            match file.read(&mut piece)? {
                0 => break,
                read => hash.update(&piece[..read]),
            }
        }
        std::hint::black_box(hash.finalize());
    }
    Ok(start.elapsed())
}
