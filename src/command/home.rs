//! `muster` alone: what is here, and what to do next.

use std::fmt::Write as _;

use super::{Answer, Context, count};
use crate::{
    domain::text::SafeText,
    store::{self, Listed, Summary},
};

/// Lists connected organizations, reviews and records, each with its next step.
pub(crate) fn home(context: &Context) -> anyhow::Result<Answer> {
    let reviews = context.store.reviews().map_err(super::review::explain)?;
    let records = context.store.records().map_err(super::review::explain)?;
    let connected = super::place::connections(context)?;
    let mut text = String::new();
    if connected.is_empty() {
        text.push_str("No organization is connected. Begin with: muster connect\n\n");
    } else {
        text.push_str("Organizations\n");
        for connection in &connected {
            let name = SafeText::of(&connection.organization);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "  {name}: muster snapshot NAME --org {}",
                SafeText::of(&connection.url)
            );
        }
        text.push('\n');
    }
    // Writing to a string cannot fail.
    if reviews.is_empty() {
        text.push_str("No reviews yet.\n");
    } else {
        text.push_str("Reviews\n");
        for review in &reviews {
            let (name, line) = (&review.name, line(context, review));
            let _ = writeln!(text, "  {name:<20} {line}");
        }
    }
    if !records.is_empty() {
        let _ = writeln!(
            text,
            "\nRecords, {}",
            count(records.len() as u64, "folder", "folders")
        );
        for record in &records {
            // What it is worth, `verify` tells.
            let approval = if store::has_approval(&record.path) {
                "   (with an approval)"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "  muster verify {}{approval}",
                SafeText::of(&record.path.display().to_string())
            );
        }
        text.push_str("  muster replay FOLDER shows any moment of one on the screen\n");
    }
    let another = if connected.is_empty() {
        "an"
    } else {
        "another"
    };
    let _ = writeln!(text, "\nConnect {another} organization:  muster connect");
    text.push_str(
        "Try everything without an account:  muster demo\nAll commands:  muster --help\n",
    );
    Ok(Answer::done(text))
}

/// What is known of a review without reading all of it, and its next step.
fn line(context: &Context, review: &Listed) -> String {
    match &review.summary {
        Ok(Summary {
            sealed: Some(record),
            ..
        }) => format!("sealed as {record}"),
        Ok(summary) => format!(
            "{}, last touched {} UTC: {}",
            count(summary.opened.items, "item", "items"),
            summary.last_at.minute(),
            context.again(&format!("review {}", review.name))
        ),
        Err(error) => format!("cannot be read: {}", SafeText::of(&error.to_string())),
    }
}
