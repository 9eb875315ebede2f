//! Keys in, screens out.

use crate::domain::{campaign::Campaign, items::ItemSet};

mod compared;
mod counted;
mod deciding;
pub(in crate::tui) mod fixture;
mod looks;
mod moving;
mod selecting;
mod signing;
mod views;

/// What the screen shows of `campaign` when `text` is typed as a filter; `None` when it is not understood.
pub(crate) fn filtered(campaign: Campaign, text: &str) -> Option<ItemSet> {
    let look = super::theme::Look::new(super::theme::Colors::None, true);
    let mut run = fixture::Run::open(campaign, (80, 24), look, None);
    run.press("/").types(text).press("enter");
    run.state.shown()
}
