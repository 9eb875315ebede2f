//! Reading an organization while the loading screen shows how far it is.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio_util::sync::CancellationToken;

use super::{hint_of, review, snapshot};
use crate::{
    domain::text::SafeText,
    space::Progress,
    store::Review,
    tui::{
        effect::Effect,
        message::{Loading, Message},
    },
};

/// What is done before the demo can be read.
pub(crate) const SETTING_UP: &str = "setting up the organization";

/// Takes the snapshot that `reading` takes while the loading screen shows; `None` when it was stopped there.
pub(crate) fn read(
    effects: &mut UnboundedReceiver<Effect>,
    messages: &UnboundedSender<Message>,
    reading: impl AsyncFnOnce(
        CancellationToken,
        &mut (dyn FnMut(&Progress) + Send),
    ) -> anyhow::Result<Review>,
) -> anyhow::Result<Option<Review>> {
    let cancel = CancellationToken::new();
    let mut tell =
        |progress: &Progress| review::send(messages, Message::Loading(loading(progress)));
    let reading = reading(cancel.clone(), &mut tell);
    let result = snapshot::runtime()?.block_on(async {
        tokio::pin!(reading);
        tokio::select! {
            result = &mut reading => return result,
            () = review::stopped(effects) => cancel.cancel(),
        }
        reading.await
    });
    match result {
        Err(_) if cancel.is_cancelled() => Ok(None),
        Ok(review) => Ok(Some(review)),
        Err(error) => {
            let hint = hint_of(&error).unwrap_or("leave with q and try again");
            review::send(
                messages,
                Message::LoadingFailed {
                    error: SafeText::of(&super::sentences(&error)),
                    hint: SafeText::of(hint),
                },
            );
            Err(error)
        }
    }
}

fn loading(progress: &Progress) -> Loading {
    Loading {
        what: match progress.what {
            SETTING_UP | snapshot::WRITING => progress.what.to_owned(),
            what => format!("fetching {what}"),
        },
        done: progress.done,
        total: progress.total,
        requests: progress.requests,
        retries: progress.retries,
        wait_ms: progress.wait_ms,
    }
}
