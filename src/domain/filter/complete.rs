//! [`complete`]: how a filter that is being typed may go on.

use std::{collections::BTreeMap, ops::Range};

use super::{
    field::{FIELDS, Field},
    fold::{fold, seen},
    index::{Gift, Index},
};
use crate::domain::{
    campaign::Campaign, grant::Holder, journal::Event, snapshot::Snapshot, words::count,
};

/// How a filter may go on at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// The characters that are replaced, counted from 0.
    pub range: Range<usize>,
    /// What may stand there, the best first.
    pub candidates: Vec<Candidate>,
}

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The text to put in, quoted where that is needed. It has no character that cannot be seen.
    pub text: String,
    /// What it means, or how much has it.
    pub meaning: String,
}

impl Completion {
    /// `text` with the candidate at `place` put in.
    ///
    /// # Panics
    /// When there is no such candidate.
    pub fn apply(&self, text: &str, place: usize) -> String {
        let before = text.chars().take(self.range.start);
        let after = text.chars().skip(self.range.end);
        let candidate = self.candidates[place].text.chars();
        before.chain(candidate).chain(after).collect()
    }
}

/// The most candidates that are told.
const LIMIT: usize = 30;

/// How `text` may go on after its first `cursor` characters: fields, their words, and names that `campaign` has, those
/// first that most of its items have.
pub fn complete(text: &str, cursor: usize, campaign: &Campaign) -> Completion {
    let typed: Vec<char> = text.chars().take(cursor).collect();
    let place = Place::at_end(&typed);
    let value = fold(&place.typed);
    let mut candidates = match &place.field {
        None if place.alone => begin(&value, campaign),
        None => Vec::new(),
        Some(field) => {
            let field = field.to_lowercase();
            let known = Field::ALL.iter().find(|(name, _)| *name == field);
            known.map_or_else(Vec::new, |(_, field)| values(*field, &value, campaign))
        }
    };
    candidates.truncate(LIMIT);
    Completion {
        range: place.at..typed.len(),
        candidates,
    }
}

/// What is being typed.
struct Place {
    field: Option<String>,
    /// Where it begins.
    at: usize,
    /// What there is of it, without a quote.
    typed: String,
    /// Whether it is the first of its alternatives.
    alone: bool,
}

impl Place {
    /// The value, or the word, that `chars` end in.
    fn at_end(chars: &[char]) -> Self {
        let mut at = 0;
        loop {
            while chars
                .get(at)
                .is_some_and(|c| c.is_whitespace() || matches!(c, '(' | ')' | '-' | '!'))
            {
                at += 1;
            }
            let word = chars[at..]
                .iter()
                .take_while(|c| c.is_alphanumeric() || **c == '-');
            let colon = at + word.count();
            let has_field = colon > at && chars.get(colon) == Some(&':');
            let field = has_field.then(|| chars[at..colon].iter().collect());
            if has_field {
                at = colon + 1;
            }
            let mut alone = true;
            loop {
                at += usize::from(chars.get(at) == Some(&'='));
                let value = Value::read(chars, at);
                if value.end == chars.len() {
                    // After a closing quote nothing is being typed.
                    let done = value.quoted && !value.open;
                    return Self {
                        field: field.filter(|_| !done),
                        at: if done { value.end } else { at },
                        typed: if done { String::new() } else { value.text },
                        alone: alone && !done,
                    };
                }
                at = value.end;
                if chars[at] != '|' {
                    break;
                }
                (at, alone) = (at + 1, false);
            }
        }
    }
}

/// One of the alternatives of a term.
struct Value {
    text: String,
    end: usize,
    quoted: bool,
    /// Whether its quote is not closed.
    open: bool,
}

impl Value {
    /// The value that begins at `at`.
    fn read(chars: &[char], mut at: usize) -> Self {
        let quoted = chars.get(at) == Some(&'"');
        at += usize::from(quoted);
        let (mut text, mut groups) = (String::new(), 0_usize);
        while let Some(c) = chars.get(at) {
            match (quoted, c) {
                (true, '"') if chars.get(at + 1) == Some(&'"') => at += 1,
                (true, '"') => {
                    return Self {
                        text,
                        end: at + 1,
                        quoted,
                        open: false,
                    };
                }
                (false, '|') => break,
                (false, c) if c.is_whitespace() => break,
                (false, '(') => groups += 1,
                (false, ')') if groups > 0 => groups -= 1,
                (false, ')') => break,
                _ => {}
            }
            text.push(*c);
            at += 1;
        }
        Self {
            text,
            end: at,
            quoted,
            open: quoted,
        }
    }
}

/// Terms that begin with `typed`: fields, then states, then names.
fn begin(typed: &str, campaign: &Campaign) -> Vec<Candidate> {
    let fields = FIELDS.iter().filter(|(field, _)| field.starts_with(typed));
    let mut candidates: Vec<Candidate> = fields
        .map(|(field, meaning)| Candidate {
            text: format!("{field}:"),
            meaning: (*meaning).to_owned(),
        })
        .collect();
    if typed.is_empty() {
        return candidates;
    }
    for field in [Field::Is, Field::Team, Field::Project, Field::Role] {
        let values = match field {
            // In the middle of a word nobody begins a name.
            Field::Team | Field::Project | Field::Role => names(field, typed, 1, campaign),
            field => values(field, typed, campaign),
        };
        candidates.extend(values.into_iter().map(|value| Candidate {
            text: format!("{}:{}", field.word(), value.text),
            ..value
        }));
    }
    candidates
}

/// The values of `field` that begin with `typed`, or have a word that does.
fn values(field: Field, typed: &str, campaign: &Campaign) -> Vec<Candidate> {
    let fixed = |values: &[(&str, &str)]| -> Vec<Candidate> {
        let values = values.iter().filter(|(text, _)| text.starts_with(typed));
        let values = values.map(|(text, meaning)| Candidate {
            text: (*text).to_owned(),
            meaning: (*meaning).to_owned(),
        });
        values.collect()
    };
    match field {
        Field::SignIn => fixed(&[
            (">90d", "more than 90 days ago"),
            (">180d", "more than 180 days ago"),
            (">365d", "more than a year ago"),
            ("never", "no sign-in is known of"),
            ("unknown", "could not be read"),
        ]),
        Field::Joined | Field::Since => fixed(&[
            ("<30d", "in the last 30 days"),
            (">365d", "more than a year ago"),
            ("none", "no day is given"),
            ("unknown", "could not be read"),
        ]),
        Field::Until => fixed(&[
            ("<=+30d", "in the next 30 days"),
            (">=0d", "over"),
            ("none", "open-ended"),
            ("unknown", "could not be read"),
        ]),
        Field::Open => fixed(&[
            ("0", "everything is decided"),
            (">10", "more than ten"),
            ("1..10", "from one to ten"),
        ]),
        Field::Item | Field::Note => Vec::new(),
        Field::Account
        | Field::Team
        | Field::Project
        | Field::Role
        | Field::OrgRole
        | Field::Reason => names(field, typed, 2, campaign),
        Field::Is
        | Field::Kind
        | Field::State
        | Field::TwoFactor
        | Field::Delta
        | Field::Flag
        | Field::Was => {
            let words: Vec<(&str, &str)> = field
                .words()
                .into_iter()
                .map(|(word, _, meaning)| (word, meaning))
                .collect();
            fixed(&words)
        }
        Field::Signal => signals(typed, campaign),
    }
}

/// Rules that begin with `typed` and say yes to something, then those that cannot tell about something.
fn signals(typed: &str, campaign: &Campaign) -> Vec<Candidate> {
    let counts = campaign.signals().counts(campaign.items());
    let candidate = |text: &str, meaning: &str, n: u64| {
        (n > 0 && text.starts_with(typed)).then(|| Candidate {
            text: text.to_owned(),
            meaning: format!("{}: {meaning}", count(n, "item", "items")),
        })
    };
    let yes = counts
        .iter()
        .filter_map(|(rule, count)| candidate(rule.name(), rule.help(), count.yes));
    let unknown = counts
        .iter()
        .filter_map(|(rule, count)| candidate(rule.asked(), "cannot be told", count.unknown));
    yes.chain(unknown).collect()
}

/// Names that begin with `typed`, then those that have a word that does, then those that have it anywhere; among them
/// those first that most items have. None is of a rank above `worst`.
fn names(field: Field, typed: &str, worst: usize, campaign: &Campaign) -> Vec<Candidate> {
    let mut found: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    each_name(field, campaign, &mut |names, uses| {
        let best = names.iter().filter_map(|name| {
            let folded = fold(name);
            let rank = rank(typed, &folded).filter(|rank| *rank <= worst)?;
            (!folded.trim().is_empty()).then_some((rank, *name))
        });
        // The first of a thing's names stands for it, unless another one is what is typed.
        if let Some((rank, name)) = best.min_by_key(|(rank, _)| *rank) {
            let entry = found.entry(seen(name)).or_insert((rank, 0));
            *entry = (entry.0.min(rank), entry.1 + uses);
        }
    });
    let mut found: Vec<(usize, u64, String)> = found
        .into_iter()
        .map(|(name, (rank, uses))| (rank, uses, name))
        .collect();
    found.sort_by(|one, other| {
        let key = |(rank, uses, _): &(usize, u64, String)| (*rank, u64::MAX - uses);
        key(one).cmp(&key(other)).then_with(|| one.2.cmp(&other.2))
    });
    found
        .into_iter()
        .take(LIMIT)
        .map(|(_, uses, name)| Candidate {
            text: quoted(&name),
            meaning: count(uses, "item", "items"),
        })
        .collect()
}

/// How well `name` goes on from `typed`; `None` when it does not.
fn rank(typed: &str, name: &str) -> Option<usize> {
    let at = name.find(typed)?;
    let begins_word = |at: usize| {
        let before = name[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric())
    };
    if at == 0 {
        Some(0)
    } else if name.match_indices(typed).any(|(at, _)| begins_word(at)) {
        Some(1)
    } else {
        Some(2)
    }
}

/// Tells `look` the names of each thing that `field` may name, the one that people use first, and how many items that
/// are put up for decision have it.
fn each_name(field: Field, campaign: &Campaign, look: &mut dyn FnMut(&[&str], u64)) {
    let snapshot: &Snapshot = campaign.snapshot();
    if field == Field::Account {
        for (position, subject) in snapshot.subjects().iter().enumerate() {
            if let Holder::Account(ix) = subject.holder {
                let account = snapshot.account(ix);
                let label = account.label();
                look(
                    &[label.raw(), account.username.raw()],
                    campaign.items_of(position).into(),
                );
            }
        }
        return;
    }
    if field == Field::Reason {
        for entry in campaign.entries() {
            if let Event::Decided(decided) = &entry.event
                && let Some(reason) = &decided.reason
            {
                look(&[reason.raw()], decided.items.len() as u64);
            }
        }
        return;
    }
    let given = given(campaign, snapshot.index());
    let gifts = || snapshot.index().gifts.iter().zip(&given);
    let sum = |of: &dyn Fn(Gift) -> bool| -> u64 {
        gifts().filter(|(gift, _)| of(**gift)).map(|(_, n)| n).sum()
    };
    match field {
        Field::Team => {
            let mut uses = vec![0; snapshot.teams().len()];
            for (gift, n) in gifts() {
                if let Gift::Membership(team, _) = gift {
                    uses[team.index()] += n;
                }
            }
            for (position, subject) in snapshot.subjects().iter().enumerate() {
                if let Holder::Team(team) = subject.holder {
                    uses[team.index()] += u64::from(campaign.items_of(position));
                }
            }
            for (team, uses) in snapshot.teams().iter().zip(uses) {
                look(&[team.name.raw()], uses);
            }
        }
        Field::Project => {
            let mut uses = vec![0; snapshot.projects().len()];
            for (gift, n) in gifts() {
                if let Gift::ProjectRole(project, _) = gift {
                    uses[project.index()] += n;
                }
            }
            for (project, uses) in snapshot.projects().iter().zip(uses) {
                look(&[project.name.raw(), project.key.raw()], uses);
            }
        }
        _ => {
            let mut uses = vec![0; snapshot.roles().len()];
            for (gift, n) in gifts() {
                match gift {
                    Gift::OrganizationRole(role) => uses[role.index()] += n,
                    Gift::ProjectRole(_, role) if field == Field::Role => uses[role.index()] += n,
                    _ => {}
                }
            }
            for (role, uses) in snapshot.roles().iter().zip(uses) {
                if uses > 0 || field == Field::Role {
                    look(&[role.name.raw()], uses);
                }
            }
            if field == Field::Role {
                look(&["Can sign in"], sum(&|gift| gift == Gift::SignIn));
                look(
                    &["Team Lead"],
                    sum(&|gift| matches!(gift, Gift::Membership(_, true))),
                );
                look(
                    &["Team Member"],
                    sum(&|gift| matches!(gift, Gift::Membership(_, false))),
                );
            }
        }
    }
}

/// For each of the index's gifts how many items that are put up for decision give it.
fn given(campaign: &Campaign, index: &Index) -> Vec<u64> {
    let mut counts = vec![0; index.gifts.len()];
    for (first, last) in campaign.items().runs() {
        for gift in &index.given[first.index()..=last.index()] {
            counts[*gift as usize] += 1;
        }
    }
    counts
}

/// A value as it must be written.
fn quoted(name: &str) -> String {
    let plain = !name.starts_with('=')
        && !name
            .chars()
            .any(|c| c.is_whitespace() || matches!(c, '|' | '"' | '(' | ')'));
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests;
