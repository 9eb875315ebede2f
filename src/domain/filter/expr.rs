//! [`Expr`]: a filter as it was understood, and how its text becomes one.

use super::{
    Error, Part,
    field::{FIELDS, Field, Word},
    fold::fold,
    near::nearness,
    reader::{Reader, Value},
    when::{Numbers, When},
};

/// What must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// Each of them.
    All(Vec<Expr>),
    /// One of them.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Test(Test),
}

/// A term without its sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// A name has one of these texts. `None` looks at every name around the item.
    Name {
        field: Option<Field>,
        wanted: Vec<Wanted>,
        /// Its letters may stand apart where no name has them together.
        loose: bool,
    },
    /// A reason or a note has one of these texts.
    Said(Field, Vec<Wanted>),
    /// One of these words is so.
    Words(Vec<Word>),
    Time(Field, Vec<When>),
    Number(Field, Vec<Numbers>),
}

/// A text that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// As it was typed.
    pub(super) typed: String,
    /// As it is compared.
    pub(super) folded: String,
    /// Whether it must be the whole name.
    pub(super) whole: bool,
}

impl Expr {
    /// Shows `look` each term.
    pub(super) fn tests<'a>(&'a self, look: &mut impl FnMut(&'a Test)) {
        match self {
            Self::Test(test) => look(test),
            Self::Not(expr) => expr.tests(look),
            Self::All(exprs) | Self::Any(exprs) => {
                for expr in exprs {
                    expr.tests(look);
                }
            }
        }
    }
}

/// How deep groups and negations may stand in each other. Nobody writes so many; a text could have any number.
const DEPTH: usize = 64;

/// How few letters are no word to look for apart.
const LOOSE: usize = 3;

const OPERATORS: &[&str] = &["and", "or", "not"];

/// Understands `text`; `None` when it asks nothing.
pub(super) fn parse(text: &str) -> Result<(Option<Expr>, Vec<Part>), Error> {
    let mut reader = Reader::grouping(text);
    let mut parts = Vec::new();
    if !reader.more() {
        return Ok((None, parts));
    }
    let expr = any(&mut reader, 0, false, Some(&mut parts))?;
    if reader.more() {
        return Err(Error::at(
            reader.column(),
            "there is no ( that this ) would close; quote it where it is part of a name",
        ));
    }
    Ok((Some(expr), parts))
}

/// Groups with `or` between them, up to the end or a `)`. With `parts`, the terms that must all hold are told there.
fn any(
    reader: &mut Reader,
    depth: usize,
    negated: bool,
    mut parts: Option<&mut Vec<Part>>,
) -> Result<Expr, Error> {
    let column = reader.column();
    let mut choices = vec![all(reader, None, depth, negated, parts.as_deref_mut())?];
    while reader.more() && reader.ahead(&["or"]).is_some() {
        reader.skip("or");
        choices.push(all(reader, Some("or"), depth, negated, None)?);
    }
    if choices.len() == 1 {
        return Ok(choices.remove(0));
    }
    if let Some(parts) = parts {
        let text = reader.since(column).trim().to_owned();
        let negated = false;
        *parts = vec![Part { text, negated }];
    }
    Ok(Expr::Any(choices))
}

/// Terms with `and` or nothing between them, up to an `or`, a `)` or the end. `waits` is the operator before them.
fn all(
    reader: &mut Reader,
    mut waits: Option<&'static str>,
    depth: usize,
    negated: bool,
    mut parts: Option<&mut Vec<Part>>,
) -> Result<Expr, Error> {
    let mut terms = Vec::new();
    loop {
        let operator = if reader.more() {
            reader.ahead(OPERATORS)
        } else {
            None
        };
        let ends = !reader.more() || reader.peek() == Some(')') || operator == Some("or");
        let column = reader.column();
        if (ends || operator == Some("and")) && (terms.is_empty() || waits.is_some()) {
            return Err(missing(reader, operator, waits));
        }
        if ends {
            break;
        }
        if operator == Some("and") {
            reader.skip("and");
            waits = operator;
            continue;
        }
        let term = unary(reader, depth, negated)?;
        waits = None;
        if let Some(parts) = parts.as_deref_mut() {
            parts.push(Part {
                text: reader.since(column),
                negated: matches!(term, Expr::Not(_)),
            });
        }
        terms.push(term);
    }
    Ok(match terms.len() {
        1 => terms.remove(0),
        _ => Expr::All(terms),
    })
}

/// Says that something should stand here and does not.
fn missing(reader: &Reader, found: Option<&str>, waits: Option<&str>) -> Error {
    let column = reader.column();
    let quote = "quote it to look for the word";
    match (found, waits) {
        (Some(found), _) => {
            let message = format!("nothing stands before {found}; {quote}");
            Error::at(column, message).over(found.len())
        }
        (None, Some(operator)) => Error::at(column, format!("nothing follows {operator}; {quote}")),
        (None, None) => Error::at(column, "nothing stands before this )"),
    }
}

/// A term or a group, with or without a negation.
fn unary(reader: &mut Reader, depth: usize, negated: bool) -> Result<Expr, Error> {
    let column = reader.column();
    if depth == DEPTH {
        return Err(Error::at(column, "too many groups stand in each other"));
    }
    if reader.ahead(&["not"]).is_some() {
        reader.skip("not");
        if !reader.more() || reader.peek() == Some(')') {
            return Err(missing(reader, None, Some("not")));
        }
        if let Some(found @ ("and" | "or")) = reader.ahead(OPERATORS) {
            return Err(missing(reader, Some(found), None));
        }
        let term = unary(reader, depth + 1, true)?;
        return Ok(Expr::Not(Box::new(term)));
    }
    if reader.take('-') || reader.take('!') {
        let term = if reader.peek() == Some('(') {
            group(reader, depth, true)?
        } else {
            Expr::Test(test(reader, true)?)
        };
        return Ok(Expr::Not(Box::new(term)));
    }
    if reader.peek() == Some('(') {
        return group(reader, depth, negated);
    }
    test(reader, negated).map(Expr::Test)
}

/// What stands between parentheses.
fn group(reader: &mut Reader, depth: usize, negated: bool) -> Result<Expr, Error> {
    let column = reader.column();
    reader.take('(');
    if reader.more() {
        let expr = any(reader, depth + 1, negated, None)?;
        if reader.take(')') {
            return match reader.peek() {
                Some('|') => Err(Error::at(
                    reader.column(),
                    "| stands between the values of one field; between groups, write or",
                )),
                Some(c) if !c.is_whitespace() && c != ')' => {
                    Err(Error::at(reader.column(), "a space is missing after the )"))
                }
                _ => Ok(expr),
            };
        }
    }
    Err(Error::at(
        column,
        "the closing ) is missing; quote the ( where it is part of a name",
    ))
}

/// A word, or a field and its values.
fn test(reader: &mut Reader, negated: bool) -> Result<Test, Error> {
    let Some((column, word)) = reader.field() else {
        let values = reader.values()?;
        let alone = matches!(&*values, [value] if !value.quoted);
        let wanted = wanted(&values)?;
        let apart = |wanted: &Wanted| !wanted.whole && wanted.folded.chars().count() >= LOOSE;
        return Ok(Test::Name {
            field: None,
            // A word that matches nothing must not exclude more than it says.
            loose: alone && !negated && wanted.iter().all(apart),
            wanted,
        });
    };
    let field = field(column, &word)?;
    let values = reader.values()?;
    Ok(match field {
        Field::Account | Field::Team | Field::Project | Field::Role | Field::OrgRole => {
            Test::Name {
                field: Some(field),
                wanted: wanted(&values)?,
                loose: false,
            }
        }
        Field::Reason | Field::Note => Test::Said(field, wanted(&values)?),
        Field::SignIn | Field::Joined | Field::Since | Field::Until => {
            let whens = values.iter().map(When::parse);
            Test::Time(field, whens.collect::<Result<_, _>>()?)
        }
        Field::Item | Field::Open => {
            let numbers: Vec<Vec<Numbers>> = values
                .iter()
                .map(Numbers::parse)
                .collect::<Result<_, _>>()?;
            Test::Number(field, numbers.concat())
        }
        Field::Is
        | Field::Kind
        | Field::State
        | Field::TwoFactor
        | Field::Delta
        | Field::Was
        | Field::Flag
        | Field::Signal => {
            let words = values.iter().map(|value| self::word(field, value));
            Test::Words(words.collect::<Result<_, _>>()?)
        }
    })
}

fn field(column: usize, word: &str) -> Result<Field, Error> {
    let wanted = word.to_lowercase();
    let known = Field::ALL.iter().find(|(name, _)| *name == wanted);
    known.map(|(_, field)| *field).ok_or_else(|| {
        let near = FIELDS
            .iter()
            .filter_map(|(name, _)| Some((nearness(&wanted, name)?, *name)));
        let near = near
            .min()
            .map_or(String::new(), |(_, name)| format!(" did you mean {name}:?"));
        let known: Vec<String> = FIELDS.iter().map(|(name, _)| format!("{name}:")).collect();
        let message = format!(
            "there is no field {word}:;{near} the fields are {}",
            known.join(" ")
        );
        Error::at(column, message).over(word.chars().count() + 1)
    })
}

fn word(field: Field, value: &Value) -> Result<Word, Error> {
    let wanted = fold(&value.text);
    let words = field.words();
    let known = words.iter().find(|(name, ..)| *name == wanted);
    known.map(|(_, word, _)| *word).ok_or_else(|| {
        let all = words.iter().map(|(name, ..)| *name);
        let first = wanted.chars().next().unwrap_or(' ');
        let close: Vec<&str> = all.clone().filter(|name| name.starts_with(first)).collect();
        let offer = if close.is_empty() {
            all.collect()
        } else {
            close
        };
        let message = format!(
            "there is no {} {}:{wanted}; try {}",
            field.noun(),
            field.word(),
            offer.join(", ")
        );
        Error::of(value, message)
    })
}

/// The texts to look for.
fn wanted(values: &[Value]) -> Result<Vec<Wanted>, Error> {
    let one = |value: &Value| {
        let folded = fold(&value.text);
        if folded.is_empty() {
            return Err(Error::of(
                value,
                "there is nothing in it that could be looked for",
            ));
        }
        Ok(Wanted {
            typed: value.text.clone(),
            folded,
            whole: value.whole,
        })
    };
    values.iter().map(one).collect()
}
