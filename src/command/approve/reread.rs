//! Reading the organization again with the approver's own token.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    command::{
        Context,
        diff::Compared,
        elapsed_ms, failure, now,
        place::Place,
        progress::ProgressLine,
        snapshot::{self, client_options, describe, eprint_line, explain, extra_roots, runtime},
        token, version,
    },
    domain::{
        Digest,
        campaign::{Campaign, Terms},
        journal::{Entry, Event, Opened},
        provenance::{Evidence, Provenance},
        text::{Raw, SafeText},
    },
    format::approval::{Difference, Grants, Reread},
    space::{self, Client, ClientOptions, Fetched, Progress},
    verify::{VerifiedRecord, approval::not_their_own},
};

/// How to read the organization again.
#[derive(Debug)]
pub(crate) struct Again {
    /// Where it is; else where a connection of the record's address leads.
    pub(crate) organization: Option<String>,
    pub(crate) source: token::Source,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) concurrency: usize,
}

/// Reads the organization of `good` again and compares.
pub(super) fn read(
    context: &Context,
    again: &Again,
    good: &VerifiedRecord,
) -> anyhow::Result<Reread> {
    let place = place(context, again, good)?;
    let options = ClientOptions {
        extra_roots: extra_roots(again.ca_file.as_deref())?,
        ..client_options(again.concurrency)
    };
    let client = token::client(&place, &again.source, options)?;
    let fetched = fetch(&client)?;
    let organization = &good.review().organization;
    if fetched.snapshot.organization().id != organization.id {
        return Err(failure(
            format!(
                "the record is of {} at {}, and this is {} at {}",
                organization.name.safe(),
                SafeText::of(&organization.url),
                fetched.snapshot.organization().name.safe(),
                place.address
            ),
            "name the organization of the record with --org",
        ));
    }
    let mut line = ProgressLine::new();
    line.during("comparing with the record", String::new, || {
        compare(good, fetched)
    })
}

/// Where to read. A token goes nowhere that only a record names: that must be a connection of one's own.
fn place(context: &Context, again: &Again, good: &VerifiedRecord) -> anyhow::Result<Place> {
    if let Some(organization) = &again.organization {
        return Place::find(context, organization);
    }
    let url = &good.review().organization.url;
    let place = Place::look_up(context, url)?;
    if place.connection.is_none() {
        return Err(failure(
            format!(
                "you have no connection to {}, which the record names",
                SafeText::of(url)
            ),
            format!(
                "say where to read with --org {0}, or connect first: muster connect {0}",
                SafeText::of(url)
            ),
        ));
    }
    eprint_line(&format!("organization: {}", place.address));
    Ok(place)
}

fn fetch(client: &Client) -> anyhow::Result<Fetched> {
    let mut line = ProgressLine::new();
    let cancel = CancellationToken::new();
    let interrupted = cancel.clone();
    let runtime = runtime()?;
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let fetched = runtime.block_on(async {
        // The raw answers are not kept: what is signed here is the comparison.
        let (answers, mut arrived) = mpsc::channel::<space::Answer>(64);
        let (told, mut tidings) = mpsc::unbounded_channel::<Progress>();
        let tell = move |progress: Progress| {
            // When nobody listens any more there is nobody to tell.
            let _ = told.send(progress);
        };
        let fetching = space::go_on(client, None, &tell, answers, &now, cancel);
        tokio::pin!(fetching);
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                answer = arrived.recv(), if open => open = answer.is_some(),
                Some(tiding) = tidings.recv() => {
                    line.show(elapsed_ms(), tiding.what, &describe(&tiding));
                }
                fetched = &mut fetching => break fetched,
            }
        }
    });
    line.finish();
    runtime.shutdown_background();
    fetched.map_err(explain)
}

fn compare(good: &VerifiedRecord, fetched: Fetched) -> anyhow::Result<Reread> {
    let requests = fetched.endpoints.iter().map(|endpoint| endpoint.requests);
    let requests = requests.sum();
    let began = fetched.began;
    let now_is = as_review(fetched)?;
    let provenance = &now_is.opened().provenance;
    if let Some(why) = not_their_own(&provenance.reader, good.review()) {
        return Err(failure(
            format!("{why}; nothing was approved"),
            "use a token of your own: --token-stdin, --token-command, SPACE_TOKEN, or muster connect",
        ));
    }
    let before = good.campaign();
    let compared = Compared::of(before, &now_is);
    let differences = compared.lines().map(|line| Difference {
        kind: line.kind.to_owned(),
        change: line.change.to_owned(),
        id: line.id.clone(),
        what: line.what.clone(),
        detail: line.detail.clone(),
    });
    Ok(Reread {
        since: before.as_of(),
        began,
        ended: provenance.ended,
        reader: provenance.reader.clone(),
        requests,
        gaps: provenance.gaps.clone(),
        grants: Grants {
            before: before.snapshot().len() as u64,
            now: now_is.snapshot().len() as u64,
            unchanged: compared.unchanged,
        },
        differences: differences.collect(),
    })
}

/// What was read as a review that is never kept, so that it can be compared like any other.
fn as_review(fetched: Fetched) -> anyhow::Result<Campaign> {
    let reviewer = Raw::from("approver");
    let provenance = Provenance {
        began: fetched.began,
        resumed: Vec::new(),
        ended: fetched.ended,
        server_began: fetched.server_began,
        server_ended: fetched.server_ended,
        reader: snapshot::reader(fetched.reader.as_ref()),
        rights: fetched.rights,
        endpoints: fetched.endpoints,
        gaps: fetched.gaps,
        evidence: Evidence::None,
        population: Digest([0; 32]),
    };
    let first = Entry {
        seq: 1,
        at: fetched.ended,
        by: reviewer.clone(),
        event: Event::Opened(Box::new(Opened {
            review: "approval".to_owned(),
            reviewer,
            reviewer_account: None,
            items: fetched.snapshot.len() as u64,
            accounts: fetched.snapshot.accounts().len() as u64,
            scope: None,
            provenance,
            tool: format!("muster {}", version()),
            previous: None,
            previous_record: None,
        })),
        remains: None,
    };
    let campaign = Campaign::open(Arc::new(fetched.snapshot), Terms::default(), first)?;
    Ok(campaign)
}
