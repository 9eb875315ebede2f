//! `$fields`: which fields of an answer a request asks for.
//!
//! A text is parsed and then checked against a [`Type`]; what comes out is a [`Plan`]: exactly the fields to
//! send, in the order in which they are sent.

use super::schema::{Field, Of, Type};

/// Lists nested deeper than this are refused.
const DEEPEST: usize = 24;

/// Which names in `$fields` are known, and what becomes of the others.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'k> {
    /// Unknown names are passed over instead of refused.
    pub(super) lenient: bool,
    /// A refusal does not say which name is unknown.
    pub(super) vague: bool,
    /// Documented names, by type, that are not known.
    pub(super) missing: &'k [(&'static str, &'static str)],
}

impl Known<'_> {
    fn has(self, of: &Type, name: &str) -> bool {
        of.field(name).is_some() && !self.missing.contains(&(of.name, name))
    }
}

/// The fields to send of one object.
pub(super) struct Plan {
    pub(super) of: &'static Type,
    pub(super) entries: Vec<Entry>,
}

/// One field to send.
pub(super) struct Entry {
    pub(super) field: &'static Field,
    pub(super) inside: Inside,
}

/// What to send of the objects in a field.
pub(super) enum Inside {
    /// The field holds no objects.
    Plain,
    /// These fields.
    Plan(Plan),
    /// The same fields as the object so many levels further out: `parent!`.
    Again(usize),
}

/// The fields to send of one page of a list.
pub(super) struct BatchPlan {
    pub(super) next: bool,
    pub(super) total: bool,
    pub(super) data: Option<Plan>,
}

/// A plan together with the plans around it, which `name!` refers to.
#[derive(Clone, Copy)]
pub(super) struct Frame<'p> {
    pub(super) plan: &'p Plan,
    pub(super) outer: Option<&'p Frame<'p>>,
}

impl<'p> Frame<'p> {
    /// A plan with nothing around it.
    pub(super) fn outermost(plan: &'p Plan) -> Self {
        Self { plan, outer: None }
    }

    /// The frame for the objects in the field of `entry`.
    pub(super) fn inside(&'p self, entry: &'p Entry) -> Frame<'p> {
        match &entry.inside {
            Inside::Plain => *self,
            Inside::Plan(plan) => Frame {
                plan,
                outer: Some(self),
            },
            Inside::Again(levels) => {
                let mut frame = *self;
                for _ in 1..*levels {
                    frame = *frame
                        .outer
                        .expect("the level was checked when the plan was made");
                }
                frame
            }
        }
    }
}

impl Plan {
    /// The plan that `text` asks for of objects of type `of`.
    pub(super) fn of(text: &str, of: &'static Type, known: Known<'_>) -> Result<Self, String> {
        Maker { known }.plan(&parse(text)?, of, &mut vec![])
    }

    fn id(of: &'static Type) -> Self {
        let entries = of.fields.first().into_iter().map(plain).collect();
        Self { of, entries }
    }

    /// What `*` asks for: all own fields, of records inside only the id.
    fn own(of: &'static Type) -> Self {
        let own = of.fields.iter().filter(|field| !field.extension);
        Self {
            of,
            entries: own.map(by_default).collect(),
        }
    }
}

impl BatchPlan {
    /// The plan that `text` asks for of a page of objects of type `of`.
    pub(super) fn of(text: &str, of: &'static Type, known: Known<'_>) -> Result<Self, String> {
        let asked = parse(text)?;
        let mut plan = Self {
            next: asked.star,
            total: asked.star,
            data: asked.star.then(|| Plan::own(of)),
        };
        for (name, ask) in &asked.names {
            match (name.as_str(), ask) {
                ("next", Ask::Bare) => plan.next = true,
                ("totalCount", Ask::Bare) => plan.total = true,
                ("data", Ask::Bare) => plan.data = Some(Plan::own(of)),
                ("data", Ask::List(list)) => {
                    plan.data = Some(Maker { known }.plan(list, of, &mut vec![&BATCH])?);
                }
                _ if known.lenient => {}
                _ => return Err(format!("a batch has no field to ask for as '{name}'")),
            }
        }
        Ok(plan)
    }
}

static BATCH: Type = Type {
    name: "Batch",
    fields: &[],
};

struct Maker<'k> {
    known: Known<'k>,
}

impl Maker<'_> {
    fn plan(
        &self,
        asked: &Asked,
        of: &'static Type,
        around: &mut Vec<&'static Type>,
    ) -> Result<Plan, String> {
        if !self.known.lenient
            && let Some((name, _)) = asked
                .names
                .iter()
                .find(|(name, _)| !self.known.has(of, name))
        {
            return Err(if self.known.vague {
                "$fields cannot be read".to_owned()
            } else {
                format!("{} has no field '{name}'", of.name)
            });
        }
        let mut entries = Vec::new();
        around.push(of);
        let fields = of.fields.iter().enumerate();
        for (index, field) in fields.filter(|(_, field)| self.known.has(of, field.name)) {
            let named = asked.names.iter().find(|(name, _)| name == field.name);
            let entry = match named {
                Some((_, ask)) => self.entry(field, ask, around)?,
                None if asked.star && !field.extension => by_default(field),
                None if index == 0 && of.is_record() || field.name == "className" => plain(field),
                None => continue,
            };
            entries.push(entry);
        }
        around.pop();
        Ok(Plan { of, entries })
    }

    fn entry(
        &self,
        field: &'static Field,
        ask: &Ask,
        around: &mut Vec<&'static Type>,
    ) -> Result<Entry, String> {
        let inside = match (field.of, ask) {
            (Of::Plain, Ask::Bare) | (Of::Nothing, _) => Inside::Plain,
            (Of::Plain, _) => return Err(format!("'{}' has no fields", field.name)),
            (Of::Objects(of), Ask::Bare) => Inside::Plan(Plan::own(of)),
            (Of::Objects(of), Ask::List(list)) => Inside::Plan(self.plan(list, of, around)?),
            (Of::Objects(of), Ask::Again(levels)) => {
                let wanted = around.len().checked_sub(*levels).map(|at| around[at].name);
                if wanted != Some(of.name) {
                    return Err(format!(
                        "'{}!' cannot repeat the fields {levels} levels out",
                        field.name
                    ));
                }
                Inside::Again(*levels)
            }
        };
        Ok(Entry { field, inside })
    }
}

fn plain(field: &'static Field) -> Entry {
    Entry {
        field,
        inside: Inside::Plain,
    }
}

fn by_default(field: &'static Field) -> Entry {
    let inside = match field.of {
        Of::Objects(of) if of.is_record() => Inside::Plan(Plan::id(of)),
        Of::Objects(of) => Inside::Plan(Plan::own(of)),
        Of::Plain | Of::Nothing => Inside::Plain,
    };
    Entry { field, inside }
}

/// `$fields` as written.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    star: bool,
    names: Vec<(String, Ask)>,
}

#[derive(Debug, PartialEq)]
enum Ask {
    Bare,
    List(Asked),
    Again(usize),
}

fn parse(text: &str) -> Result<Asked, String> {
    let mut rest = text;
    let asked = list(&mut rest, 0)?;
    match rest.chars().next() {
        None => Ok(asked),
        Some(found) => Err(format!(
            "unexpected '{found}' at {} of $fields",
            text.len() - rest.len()
        )),
    }
}

fn list(rest: &mut &str, depth: usize) -> Result<Asked, String> {
    if depth > DEEPEST {
        return Err("$fields is nested too deeply".to_owned());
    }
    let mut asked = Asked::default();
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('*') {
            *rest = after;
            asked.star = true;
        } else {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            if end == 0 {
                return Err("a name is missing in $fields".to_owned());
            }
            let (name, after) = rest.split_at(end);
            *rest = after;
            let ask = suffix(rest, depth)?;
            asked.add(name, ask);
        }
        *rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Ok(asked),
        }
    }
}

fn suffix(rest: &mut &str, depth: usize) -> Result<Ask, String> {
    if let Some(after) = rest.strip_prefix('(') {
        *rest = after;
        let inner = list(rest, depth + 1)?;
        *rest = rest
            .strip_prefix(')')
            .ok_or("a ')' is missing in $fields")?;
        return Ok(Ask::List(inner));
    }
    let Some(after) = rest.strip_prefix('!') else {
        return Ok(Ask::Bare);
    };
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    let (digits, after) = after.split_at(end);
    *rest = after;
    match digits {
        "" => Ok(Ask::Again(1)),
        _ => match digits.parse() {
            Ok(levels) if levels >= 2 => Ok(Ask::Again(levels)),
            _ => Err("the number after '!' starts at 2".to_owned()),
        },
    }
}

impl Asked {
    /// Adds a name; one that is there already is asked for as both say together.
    fn add(&mut self, name: &str, ask: Ask) {
        match self.names.iter_mut().find(|(known, _)| known == name) {
            None => self.names.push((name.to_owned(), ask)),
            Some((_, Ask::List(before))) => {
                if let Ask::List(more) = ask {
                    before.star |= more.star;
                    for (name, ask) in more.names {
                        before.add(&name, ask);
                    }
                }
            }
            Some((_, before)) => {
                if !matches!(ask, Ask::Bare) {
                    *before = ask;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::schema::{MEMBERSHIP, PROFILE, TEAM, Type},
        *,
    };

    /// The plan in words: every field that will be sent.
    fn told(plan: &Plan) -> String {
        let entry = |entry: &Entry| match &entry.inside {
            Inside::Plain => entry.field.name.to_owned(),
            Inside::Plan(plan) => format!("{}({})", entry.field.name, told(plan)),
            Inside::Again(levels) => format!("{}!{levels}", entry.field.name),
        };
        plan.entries.iter().map(entry).collect::<Vec<_>>().join(",")
    }

    fn check(of: &'static Type, text: &str, expected: &str) {
        let plan = Plan::of(text, of, Known::default());
        let told = plan.map_or_else(|refused| refused, |plan| told(&plan));
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn only_the_fields_asked_for_are_sent_and_the_id_of_records() {
        check(&PROFILE, "username", "id,username");
        check(
            &PROFILE,
            "name(lastName),emails(email)",
            "id,name(lastName),emails(id,email)",
        );
        check(&TEAM, " name , parent( name ) ", "id,name,parent(id,name)");
        check(
            &TEAM,
            "parent(name),parent(archived)",
            "id,parent(id,name,archived)",
        );
    }

    #[test]
    fn a_star_asks_for_own_fields_and_no_extension_fields() {
        check(
            &TEAM,
            "*",
            "id,name,description,parent(id),emails,channelId,archived,disbanded,disbandedAt,externalId,defaultManager(id)",
        );
        check(
            &TEAM,
            "*,memberships(lead),parent(name)",
            "id,name,description,parent(id,name),emails,channelId,archived,disbanded,disbandedAt,externalId,defaultManager(id),memberships(id,lead)",
        );
    }

    #[test]
    fn an_exclamation_mark_repeats_the_fields_of_an_object_further_out() {
        check(&TEAM, "name,parent!", "id,name,parent!1");
        check(
            &MEMBERSHIP,
            "lead,member(memberships!2)",
            "id,member(id,memberships!2),lead",
        );
        check(
            &MEMBERSHIP,
            "member!",
            "'member!' cannot repeat the fields 1 levels out",
        );
        check(
            &TEAM,
            "parent!9",
            "'parent!' cannot repeat the fields 9 levels out",
        );
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_the_place() {
        check(&TEAM, "", "a name is missing in $fields");
        check(&TEAM, "name,", "a name is missing in $fields");
        check(&TEAM, "parent(name", "a ')' is missing in $fields");
        check(&TEAM, "name)", "unexpected ')' at 4 of $fields");
        check(&TEAM, "parent!1", "the number after '!' starts at 2");
        check(&TEAM, "nmae", "TDTeam has no field 'nmae'");
        check(&TEAM, "name(x)", "'name' has no fields");
        check(
            &TEAM,
            &"parent(".repeat(1000),
            "$fields is nested too deeply",
        );
    }
}
