//! `muster views`: ways to look at a review, those that are always there and the reviewer's own.

use std::fmt::Write as _;

use serde_json::json;

use super::{Answer, Context, failure, snapshot::eprint_line, thousands};
use crate::{
    config,
    domain::{
        text::SafeText,
        view::{self, View},
    },
    format::views::{self, LIMIT},
    tui::effect::ViewChange,
};

/// What to list.
#[derive(Debug)]
pub(crate) struct Options {
    /// The review whose items are counted.
    pub(crate) review: Option<String>,
    pub(crate) json: bool,
}

/// The reviewer's own views, and why not all of them could be taken. Neither keeps anybody from a review.
pub(crate) fn own(context: &Context) -> (Vec<View>, Option<String>) {
    let path = context.places.views();
    if !config::is_there(&path) {
        return (Vec::new(), None);
    }
    let told = |why: String| format!("{}: {why}", path.display());
    match config::read_text(&path, LIMIT) {
        Ok(text) => {
            let (views, wrong) = views::parse(text.as_bytes());
            (views, wrong.map(|wrong| told(wrong.to_string())))
        }
        Err(error) => (Vec::new(), Some(told(error.to_string()))),
    }
}

/// All views; what is wrong with the reviewer's own is told as a note.
fn all(context: &Context) -> (Vec<View>, usize) {
    let mut all = View::all_built_in();
    let built_in = all.len();
    let (own, wrong) = own(context);
    if let Some(wrong) = wrong {
        eprint_line(&format!("note: {wrong}"));
    }
    all.extend(own);
    (all, built_in)
}

/// The view that `--view` names.
pub(crate) fn named(context: &Context, name: &str) -> anyhow::Result<View> {
    let (views, _) = all(context);
    let found = view::find(&views, name).cloned();
    found.map_err(|why| failure(format!("view: {why}"), "`muster views` lists them"))
}

/// The text of the filter that `--where` or `--view` gives.
pub(crate) fn filter(
    context: &Context,
    filter: Option<String>,
    view: Option<&str>,
) -> anyhow::Result<Option<String>> {
    match view {
        None => Ok(filter),
        Some(name) => named(context, name).map(|view| Some(view.filter)),
    }
}

/// Changes the reviewer's own views; the answer tells what was done.
pub(crate) fn change(context: &Context, change: &ViewChange) -> Result<String, String> {
    let path = context.places.views();
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    context.places.make_config().map_err(failed)?;
    let changed = config::change_text(&path, LIMIT, |text| match change {
        ViewChange::Save(view) => views::keep(text, view).map(|(text, replaced)| {
            let instead = if replaced {
                ", instead of the one of this name"
            } else {
                ""
            };
            (text, format!("saved the view {}{instead}", view.name))
        }),
        ViewChange::Rename { from, to } => views::rename(text, from, to)
            .map(|text| (text, format!("the view {from} is called {to}"))),
        ViewChange::Delete(name) => {
            views::delete(text, name).map(|text| (text, format!("deleted the view {name}")))
        }
    });
    let told = changed.map_err(failed)?;
    told.map_err(|why| format!("{}: {why}", path.display()))
}

/// Lists all views, with how many items each shows of a review.
pub(crate) fn views(context: &Context, options: &Options) -> anyhow::Result<Answer> {
    let (views, built_in) = all(context);
    let review = options
        .review
        .as_deref()
        .map(|name| super::review::look(context, name))
        .transpose()?;
    let mut counts = Vec::new();
    for view in &views {
        let filter = super::decide::parse(&view.filter)?;
        let review = review.as_ref();
        counts.push(review.map(|review| filter.select(review.campaign()).len() as u64));
    }
    if options.json {
        let list = views.iter().zip(&counts).enumerate();
        let list = list
            .map(|(place, (view, count))| {
                json!({
                    "name": view.name,
                    "filter": view.filter,
                    "group": view.grouping.word(),
                    "sort": view.sort.word(),
                    "own": place >= built_in,
                    "items": count,
                })
            })
            .collect::<Vec<_>>();
        return Ok(Answer::done(super::json_line(&json!({ "views": list }))));
    }
    let wide = |of: &dyn Fn(&View) -> String| {
        let widths = views.iter().map(|view| of(view).chars().count());
        widths.max().unwrap_or(0)
    };
    let name = |view: &View| SafeText::of(&view.name).to_string();
    let named = wide(&name);
    let mut out = String::new();
    for (place, (view, count)) in views.iter().zip(counts).enumerate() {
        let count = count.map_or(String::new(), |n| format!("  {:>9}", thousands(n)));
        let own = if place < built_in { "" } else { "  (own)" };
        let how = format!("{}, {}", view.grouping.word(), view.sort.word());
        let filter = SafeText::of(&view.filter);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:named$}{count}  {how:<16}  {filter}{own}",
            name(view)
        );
    }
    Ok(Answer::done(out))
}
