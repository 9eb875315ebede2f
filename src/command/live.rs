//! An organization as it is now: read once, compared, and not kept.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Context, elapsed_ms, failure, now,
    place::Place,
    progress::ProgressLine,
    snapshot::{client_options, describe, eprint_line, explain, extra_roots, reader, runtime},
    token, version,
};
use crate::{
    domain::{
        Digest,
        campaign::{Campaign, Terms},
        journal::{Entry, Event, Opened},
        provenance::{Evidence, Provenance},
        resource::Organization,
        text::{Raw, SafeText},
    },
    space::{self, Client, ClientOptions, Fetched, Progress},
};

/// How to read it.
#[derive(Debug)]
pub(crate) struct Options {
    /// Where it is; else where a connection to the address leads that is already known.
    pub(crate) organization: Option<String>,
    pub(crate) source: token::Source,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) concurrency: usize,
}

/// Reads `organization` as a review that is only in memory, so that it is compared like any other.
pub(crate) fn read(
    context: &Context,
    organization: &Organization,
    options: &Options,
) -> anyhow::Result<Campaign> {
    let place = place(context, organization, options)?;
    let client_options = ClientOptions {
        extra_roots: extra_roots(options.ca_file.as_deref())?,
        ..client_options(options.concurrency)
    };
    let client = token::client(&place, &options.source, client_options)?;
    as_review(fetch(&client)?)
}

/// Where to read. A token goes nowhere that only a record names: that must be a connection of one's own.
fn place(
    context: &Context,
    organization: &Organization,
    options: &Options,
) -> anyhow::Result<Place> {
    if let Some(organization) = &options.organization {
        return Place::find(context, organization);
    }
    let url = &organization.url;
    let place = Place::look_up(context, url)?;
    if place.connection.is_none() {
        let url = SafeText::of(url);
        return Err(failure(
            format!("you have no connection to {url}, which the older one names"),
            format!(
                "say where to read it with --org {url}, or connect first: muster connect {url}"
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
        // Without a handler for the interrupt the program just ends, and nothing was kept either way.
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let fetched = runtime.block_on(async {
        // The raw answers are not kept.
        let (answers, mut arrived) = mpsc::channel::<space::Answer>(64);
        let (told, mut tidings) = mpsc::unbounded_channel::<Progress>();
        let tell = move |progress: Progress| {
            // When nobody listens any more there is nobody to tell.
            let _ = told.send(progress);
        };
        let fetching = space::fetch(client, &tell, answers, &now, cancel);
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

fn as_review(fetched: Fetched) -> anyhow::Result<Campaign> {
    let nobody = Raw::from("nobody");
    let provenance = Provenance {
        began: fetched.began,
        resumed: Vec::new(),
        ended: fetched.ended,
        server_began: fetched.server_began,
        server_ended: fetched.server_ended,
        reader: reader(fetched.reader.as_ref()),
        rights: fetched.rights,
        endpoints: fetched.endpoints,
        gaps: fetched.gaps,
        evidence: Evidence::None,
        population: Digest([0; 32]),
    };
    let first = Entry {
        seq: 1,
        at: fetched.ended,
        by: nobody.clone(),
        remains: None,
        event: Event::Opened(Box::new(Opened {
            review: "live".to_owned(),
            reviewer: nobody,
            reviewer_account: None,
            items: fetched.snapshot.len() as u64,
            accounts: fetched.snapshot.accounts().len() as u64,
            scope: None,
            provenance,
            tool: format!("muster {}", version()),
            previous: None,
            previous_record: None,
        })),
    };
    let campaign = Campaign::open(Arc::new(fetched.snapshot), Terms::default(), first)?;
    Ok(campaign)
}
