//! Decisions over time and by role, as drawings inside the page.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use super::escape;
use crate::domain::{
    campaign::Campaign, decision::Decision, grant::Entitlement, journal::Chosen, snapshot::RoleIx,
    time::Timestamp, words::number,
};

/// How many bars show the time.
const BARS: usize = 60;

/// How many roles are drawn; the others are one bar.
const ROLES: usize = 14;

/// The place of the last bar.
const LAST: i64 = 59;

const WIDTH: u64 = 900;

/// How many items were decided when, by the decisions that stand.
pub(super) fn over_time(out: &mut dyn Write, campaign: &Campaign) -> io::Result<()> {
    let times = decided(campaign);
    let ends = times.iter().map(|(at, _)| at.ms());
    let (Some(first), Some(last)) = (ends.clone().min(), ends.max()) else {
        return out.write_all(b"<p>Nothing was decided.</p>\n");
    };
    let span = (last - first).max(1);
    let mut bars = [[0u64; 3]; BARS];
    for (at, counts) in &times {
        let bar = usize::try_from((at.ms() - first) * LAST / span).unwrap_or(0);
        for (sum, count) in bars[bar.min(BARS - 1)].iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let most = bars
        .iter()
        .map(|bar| bar.iter().sum())
        .max()
        .unwrap_or(1)
        .max(1);
    let (height, step) = (120u64, WIDTH / BARS as u64);
    let (from, to) = (moment(first), moment(last));
    write!(
        out,
        "<figure>\n<figcaption>Items decided over time (UTC)</figcaption>\n\
         <svg role=\"img\" aria-label=\"Items decided over time, from {from} to {to}, at most {} in one bar\" viewBox=\"0 0 {WIDTH} {}\">\n",
        number(most),
        height + 34
    )?;
    for (at, bar) in (0..).zip(&bars) {
        let mut top = height + 10;
        for (count, colour) in bar.iter().zip(["#0072b2", "#d55e00", "#8a8f94"]) {
            // What happened is never too small to see.
            let tall = (count * height).div_ceil(most);
            top -= tall.min(top);
            if tall > 0 {
                writeln!(
                    out,
                    "<rect x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{tall}\" fill=\"{colour}\"/>",
                    at * step,
                    step - 2
                )?;
            }
        }
    }
    writeln!(
        out,
        "<line x1=\"0\" y1=\"{0}\" x2=\"{WIDTH}\" y2=\"{0}\" stroke=\"#d9dde1\"/>\n\
         <text x=\"0\" y=\"{1}\">{from}</text>\n<text x=\"{WIDTH}\" y=\"{1}\" text-anchor=\"end\">{to}</text>\n\
         </svg>\n<p class=\"origin\">Blue: kept. Orange: revoked. Grey: acknowledged. The tallest bar is {2}.</p>\n</figure>",
        height + 10,
        height + 28,
        number(most)
    )
}

/// For each entry whose decision of an item stands: when, and how many were kept, revoked and acknowledged.
fn decided(campaign: &Campaign) -> Vec<(Timestamp, [u64; 3])> {
    let mut entries: HashMap<u32, [u64; 3]> = HashMap::new();
    for item in campaign.items().iter() {
        let slot = campaign.slot(item);
        let place = match slot.decision {
            Some(Decision::Keep) => 0,
            Some(Decision::Revoke) => 1,
            Some(Decision::Acknowledge) => 2,
            None => continue,
        };
        entries.entry(slot.entry).or_default()[place] += 1;
    }
    let when = |seq| {
        let (entry, decided) = campaign.entry(seq)?.decided()?;
        Some(match decided.chosen {
            Chosen::Carried { at, .. } => at,
            _ => entry.at,
        })
    };
    entries
        .into_iter()
        .filter_map(|(seq, counts)| Some((when(seq)?, counts)))
        .collect()
}

/// What was decided, role by role, most items first.
pub(super) fn by_role(out: &mut dyn Write, campaign: &Campaign) -> io::Result<()> {
    let snapshot = campaign.snapshot();
    let mut roles: HashMap<What, [u64; 4]> = HashMap::new();
    for item in campaign.items().iter() {
        let what = match snapshot.grant(item).entitlement {
            Entitlement::SignIn => What::SignIn,
            Entitlement::Membership(_) => What::Membership,
            Entitlement::OrganizationRole(role) | Entitlement::ProjectRole(_, role) => {
                What::Role(role)
            }
        };
        let place = match campaign.slot(item).decision {
            Some(Decision::Keep) => 0,
            Some(Decision::Revoke) => 1,
            Some(Decision::Acknowledge) => 2,
            None => 3,
        };
        roles.entry(what).or_default()[place] += 1;
    }
    let mut roles: Vec<(What, [u64; 4])> = roles.into_iter().collect();
    roles.sort_by_key(|(what, counts)| (std::cmp::Reverse(counts.iter().sum::<u64>()), *what));
    let mut bars: Vec<(String, [u64; 4])> = roles
        .iter()
        .take(ROLES)
        .map(|(what, counts)| {
            let name = match what {
                What::SignIn => "Can sign in".to_owned(),
                What::Membership => "Team membership".to_owned(),
                What::Role(role) => snapshot.role(*role).name.safe().truncate(34).to_string(),
            };
            (name, *counts)
        })
        .collect();
    if roles.len() > ROLES {
        let mut rest = [0; 4];
        for (_, counts) in &roles[ROLES..] {
            for (sum, count) in rest.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        bars.push((format!("{} other roles", roles.len() - ROLES), rest));
    }
    let most = bars
        .iter()
        .map(|(_, counts)| counts.iter().sum())
        .max()
        .unwrap_or(1)
        .max(1);
    let (left, row) = (230u64, 22u64);
    let wide = WIDTH - left - 90;
    writeln!(
        out,
        "<figure>\n<figcaption>Decisions by role</figcaption>\n\
         <svg role=\"img\" aria-label=\"Decisions by role\" viewBox=\"0 0 {WIDTH} {}\">",
        row * bars.len() as u64 + 6
    )?;
    for (at, (name, counts)) in (0..).zip(&bars) {
        let y = at * row;
        writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            left - 8,
            y + 15,
            escape(name)
        )?;
        let mut x = left;
        for (count, colour) in counts
            .iter()
            .zip(["#0072b2", "#d55e00", "#8a8f94", "#ffffff"])
        {
            let long = (count * wide).div_ceil(most);
            if long > 0 {
                writeln!(
                    out,
                    "<rect x=\"{x}\" y=\"{}\" width=\"{long}\" height=\"14\" fill=\"{colour}\" stroke=\"#8a8f94\" stroke-width=\"0.5\"/>",
                    y + 4
                )?;
            }
            x += long;
        }
        writeln!(
            out,
            "<text x=\"{}\" y=\"{}\">{}</text>",
            x + 6,
            y + 15,
            number(counts.iter().sum())
        )?;
    }
    writeln!(
        out,
        "</svg>\n<p class=\"origin\">Blue: kept. Orange: revoked. Grey: acknowledged. White: undecided.</p>\n</figure>"
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum What {
    SignIn,
    Membership,
    Role(RoleIx),
}

fn moment(ms: i64) -> String {
    Timestamp::from_ms(ms).map_or_else(String::new, Timestamp::minute)
}
