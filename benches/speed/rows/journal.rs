//! Decisions on their way to the disk.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use muster::{
    domain::{
        bulk::Bulk,
        campaign::Campaign,
        decision::{Change, Decision},
        items::{Item, ItemSet},
        journal::{Chosen, Decided, Event, LeftOut},
        text::Raw,
    },
    store::Review,
};

use super::ORDINARY;
use crate::{
    Bench,
    figure::Figure,
    ground::now,
    table::{Budget, Table},
};

/// How many single decisions are made in one run.
const SINGLE: usize = 300;

pub(super) fn single(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.runs {
        let copy = bench.ground.copy()?;
        let mut review = copy.home.open()?;
        let items = ordinary(review.campaign());
        let mut plain = Plain::create(&copy.path("plain"))?;
        for item in items.iter().take(SINGLE) {
            let before = journal_bytes(&review)?;
            let event = keep(item);
            ours.push(append(&mut review, event)?);
            let line = vec![b'x'; usize::try_from(journal_bytes(&review)? - before)?];
            raw.push(plain.append(&line)?);
        }
    }
    table.beside(
        "one decision, durable",
        Figure::times(&ours),
        "appending as many bytes, fdatasync",
        Figure::times(&raw),
        Budget::Times(1.1),
    );
    Ok(())
}

pub(super) fn bulk(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let copy = bench.ground.copy()?;
    let mut review = copy.home.open()?;
    let all = review.campaign().items();
    let keep = Change::Decide(Decision::Keep);
    let bulk = Bulk::of(review.campaign(), keep, all, false);
    let (items, count) = (bulk.items.clone(), bulk.items.len());
    let mut plain = Plain::create(&copy.path("plain"))?;
    let (mut kept, mut undone, mut raw) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.options.runs.max(3) {
        let entry = review.campaign().next_seq();
        let chosen = Chosen::Filter(Raw::from(ORDINARY));
        let event = Event::Decided(bulk.clone().decided(None, chosen));
        kept.push(append(&mut review, event)?);
        undone.push(append(&mut review, Event::Undone { entry })?);
        let start = Instant::now();
        let mut ids = String::new();
        for item in items.iter() {
            writeln!(ids, "{}", item.number())?;
        }
        plain.append(ids.as_bytes())?;
        raw.push(start.elapsed());
    }
    let ids = "writing the same ids raw, fdatasync";
    let raw = Figure::times(&raw);
    table.beside(
        format!("bulk keep of {count}, durable"),
        Figure::times(&kept),
        ids,
        raw.clone(),
        Budget::Limit(150.0),
    );
    table.beside(
        "undo of it, durable",
        Figure::times(&undone),
        ids,
        raw,
        Budget::Limit(100.0),
    );
    Ok(())
}

/// All items that can be kept.
fn ordinary(campaign: &Campaign) -> ItemSet {
    let keep = Change::Decide(Decision::Keep);
    let all = campaign.items().iter();
    all.filter(|item: &Item| campaign.may(keep, *item).is_ok())
        .collect()
}

fn keep(item: Item) -> Event {
    Event::Decided(Decided {
        change: Change::Decide(Decision::Keep),
        items: item.into(),
        reason: None,
        chosen: Chosen::Single,
        left_out: LeftOut::default(),
    })
}

fn append(review: &mut Review, event: Event) -> anyhow::Result<Duration> {
    let (at, by) = (now(), Raw::from("bench"));
    let start = Instant::now();
    review.append(event, at, &by)?;
    Ok(start.elapsed())
}

fn journal_bytes(review: &Review) -> anyhow::Result<u64> {
    Ok(review.folder().join("journal.jsonl").metadata()?.len())
}

/// A file that is appended to without any thought.
struct Plain(File);

impl Plain {
    fn create(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(
            OpenOptions::new().create(true).append(true).open(path)?,
        ))
    }

    fn append(&mut self, bytes: &[u8]) -> anyhow::Result<Duration> {
        let start = Instant::now();
        self.0.write_all(bytes)?;
        self.0.sync_data()?;
        Ok(start.elapsed())
    }
}
