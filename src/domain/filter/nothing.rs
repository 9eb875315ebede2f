//! [`why`]: what to say when a filter matches nothing.

use super::{
    Part,
    evaluate::{Asked, EVERYONE, LEAD, MEMBER, SIGN_IN},
    expr::{Expr, Test, Wanted},
    field::Field,
    index::{Index, Names, known_by},
    near::nearness,
};
use crate::domain::text::SafeText;

/// The most names near ones are looked for among: enough for any organization, and soon done.
const LOOKED_AT: usize = 100_000;

/// Why nothing is chosen, in sentences.
pub(super) fn why(asked: &Asked<'_>, expr: &Expr, parts: &[Part]) -> Vec<String> {
    let mut sentences = Vec::new();
    unnamed(asked.index, expr, &mut sentences);
    if !sentences.is_empty() {
        return sentences;
    }
    // A part that matches nothing by itself needs no others to be looked at.
    if let Expr::All(terms) = expr {
        let alone = parts.iter().zip(terms);
        let nothing = alone.filter(|(_, term)| asked.items(term).is_empty());
        sentences.extend(
            nothing.map(|(part, _)| format!("nothing matches {}", SafeText::of(&part.text))),
        );
        if sentences.is_empty() {
            sentences
                .push("each part matches something, and nothing matches all of them".to_owned());
        }
    }
    sentences
}

/// Tells of each text that must be in a name and is in none.
fn unnamed(index: &Index, expr: &Expr, sentences: &mut Vec<String>) {
    match expr {
        // What is excluded need not be there.
        Expr::Not(_)
        | Expr::Test(Test::Said(..) | Test::Words(_) | Test::Time(..) | Test::Number(..)) => {}
        Expr::All(exprs) | Expr::Any(exprs) => {
            for expr in exprs {
                unnamed(index, expr, sentences);
            }
        }
        Expr::Test(Test::Name {
            field,
            wanted,
            loose,
        }) => {
            for wanted in wanted {
                let names = Looked::new(index, *field);
                let apart = *loose && names.lines().any(|lines| wanted.hits_apart(lines));
                if !apart && !names.lines().any(|lines| wanted.hits(lines)) {
                    sentences.push(names.miss(wanted));
                }
            }
        }
    }
}

/// The names that a field looks at.
struct Looked<'a> {
    noun: &'static str,
    names: Vec<&'a Names>,
    others: &'static [&'static str],
}

impl<'a> Looked<'a> {
    fn new(index: &'a Index, field: Option<Field>) -> Self {
        const ROLES: &[&str] = &[SIGN_IN, LEAD, MEMBER];
        const ALL: &[&str] = &[EVERYONE, SIGN_IN, LEAD, MEMBER];
        let (noun, names, others): (_, _, &[&str]) = match field {
            Some(Field::Account) => ("account", vec![&index.accounts], &[EVERYONE]),
            Some(Field::Team) => ("team", vec![&index.teams], &[]),
            Some(Field::Project) => ("project", vec![&index.projects], &[]),
            Some(Field::OrgRole) => ("role", vec![&index.roles], &[]),
            Some(_) => ("role", vec![&index.roles], ROLES),
            None => {
                let all = [&index.teams, &index.projects, &index.roles, &index.accounts];
                let organization = [&index.organization];
                ("name", all.into_iter().chain(organization).collect(), ALL)
            }
        };
        Self {
            noun,
            names,
            others,
        }
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        let names = self.names.iter().flat_map(|names| names.iter());
        names.chain(self.others.iter().copied())
    }

    /// That nothing has this name, and the one that is nearest.
    fn miss(&self, wanted: &Wanted) -> String {
        let names = self.lines().take(LOOKED_AT).flat_map(known_by);
        // A word of a name may be meant as well as all of it.
        let both = names.flat_map(|name| {
            let words = name.split(|c: char| !c.is_alphanumeric());
            let words = words.filter(move |word| !word.is_empty() && *word != name);
            std::iter::once(name).chain(words)
        });
        // Of a letter or two nobody can tell what was meant.
        let long = wanted.folded.chars().nth(2).is_some();
        let near = both.filter(|_| long).filter_map(|name| {
            let steps = nearness(&wanted.folded, name)?;
            Some((steps, name.len().abs_diff(wanted.folded.len()), name))
        });
        let typed = SafeText::of(&wanted.typed);
        let miss = match (self.noun, wanted.whole) {
            ("name", false) => format!("no name has `{typed}`"),
            ("name", true) => format!("no name is `{typed}`"),
            (noun, false) => format!("no {noun} `{typed}`"),
            (noun, true) => format!("no {noun} is called `{typed}`"),
        };
        match near.min() {
            Some((.., name)) => format!("{miss}; did you mean `{}`?", SafeText::of(name)),
            None => miss,
        }
    }
}
