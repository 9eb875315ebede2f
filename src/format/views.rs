//! `views.toml` ⇄ [`View`]s: the reviewer's own ways to look at a review.
//!
//! ```toml
//! [[view]]
//! name = "payments, by risk"
//! filter = "is:undecided team:Payments"
//! group = "project"
//! sort = "risk"
//! ```
//!
//! A person may write this file, so a change of it touches only the lines of the view that changes.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    canonical,
    policy::{Reader, Wrong},
};
use crate::domain::{
    text::SafeText,
    view::{self, Grouping, Sort, View},
    words,
};

/// The largest size of the file, in bytes.
pub const LIMIT: u64 = 64 << 10;

/// The most views.
const VIEWS_LIMIT: usize = 100;

/// The keys of a view.
const KEYS: [&str; 4] = ["name", "filter", "group", "sort"];

/// What stands above a view.
const HEADER: &str = "[[view]]";

/// The views of a file, and the first thing that is wrong with it. A view that cannot be understood is left out; of a
/// file that is no TOML, all are.
pub fn parse(bytes: &[u8]) -> (Vec<View>, Option<Wrong>) {
    let mut views = Vec::new();
    let wrong = read(bytes, &mut views).err();
    (views, wrong)
}

fn read(bytes: &[u8], views: &mut Vec<View>) -> Result<(), Wrong> {
    let text = Reader::text(bytes, LIMIT)?;
    let reader = Reader { text };
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        reader.wrong(at, error.message())
    })?;
    let mut first = Ok(());
    for (key, value) in root.get_ref() {
        let list = value
            .get_ref()
            .as_array()
            .filter(|_| key.get_ref() == "view");
        let Some(list) = list else {
            let why = format!("only {HEADER} stands here, for each view");
            return Err(reader.wrong(key.span().start, why));
        };
        for table in list {
            match one(reader, table, views) {
                Ok(view) if views.len() < VIEWS_LIMIT => views.push(view),
                Ok(_) => {
                    let why = format!("there are more than {VIEWS_LIMIT} views");
                    return first.and(Err(reader.wrong(table.span().start, why)));
                }
                Err(wrong) => first = first.and(Err(wrong)),
            }
        }
    }
    first
}

/// One view, beside those that were read already.
fn one(reader: Reader<'_>, table: &Spanned<DeValue<'_>>, before: &[View]) -> Result<View, Wrong> {
    let mut view = View::default();
    let Some(keys) = table.get_ref().as_table() else {
        return Err(reader.wrong(table.span().start, format!("{HEADER} belongs here")));
    };
    for (key, value) in keys {
        let at = value.span().start;
        let name = key.get_ref();
        if !KEYS.contains(&&**name) {
            let why = match words::nearest(name, KEYS) {
                Some(near) => format!("there is no key `{name}`; did you mean `{near}`?"),
                None => format!("there is no key `{name}`; there are {}", KEYS.join(", ")),
            };
            return Err(reader.wrong(key.span().start, why));
        }
        let Some(text) = value.get_ref().as_str() else {
            return Err(reader.wrong(at, "a text in quotes belongs here"));
        };
        let wrong = |why: String| reader.wrong(at, why);
        match &**name {
            "name" => {
                if let Some(why) = view::misnamed(text) {
                    return Err(wrong(why));
                }
                if before.iter().any(|view| view.is_called(text)) {
                    return Err(wrong("this name is there twice".to_owned()));
                }
                text.trim().clone_into(&mut view.name);
            }
            "filter" => text.clone_into(&mut view.filter),
            "group" => view.grouping = Grouping::named(text).map_err(wrong)?,
            _ => view.sort = Sort::named(text).map_err(wrong)?,
        }
    }
    if view.name.is_empty() {
        return Err(reader.wrong(table.span().start, "a view needs a name"));
    }
    if let Err(error) = view.parsed() {
        let name = SafeText::of(&view.name);
        let at = keys.iter().find(|(key, _)| key.get_ref() == "filter");
        let at = at.map_or(table.span().start, |(_, value)| value.span().start);
        return Err(reader.wrong(at, format!("the filter of {name}: {error}")));
    }
    Ok(view)
}

/// The text of a view.
pub fn print(view: &View) -> String {
    let mut out = format!("{HEADER}\n");
    let texts = [
        view.name.clone(),
        view.filter.clone(),
        view.grouping.word().to_owned(),
        view.sort.word(),
    ];
    for (key, text) in KEYS.into_iter().zip(texts) {
        out.push_str(key);
        out.push_str(" = ");
        // JSON writes a string as TOML reads it: the same quotes, the same escapes.
        canonical::text(&mut out, &text);
        out.push('\n');
    }
    out
}

/// `text` with `view`, in place of the one of the same name; whether there was one.
///
/// # Errors
/// With why the file is left as it is.
pub fn keep(text: &str, view: &View) -> Result<(String, bool), String> {
    let mut views = in_order(text)?;
    let old = views.iter().position(|it| it.is_called(&view.name));
    let changed = if let Some(place) = old {
        replaced(text, place, &print(view))
    } else {
        let end = match text {
            "" => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        Some(format!("{text}{end}{}", print(view)))
    };
    match old {
        Some(place) => views.splice(place..=place, [view.clone()]).for_each(drop),
        None => views.push(view.clone()),
    }
    checked(changed, &views).map(|text| (text, old.is_some()))
}

/// `text` with the view `from` called `to`.
///
/// # Errors
/// With why the file is left as it is.
pub fn rename(text: &str, from: &str, to: &str) -> Result<String, String> {
    let mut views = in_order(text)?;
    let place = place(&views, from)?;
    let taken = views.iter().position(|view| view.is_called(to));
    if taken.is_some_and(|taken| taken != place) {
        return Err(format!("there is a view {} already", SafeText::of(to)));
    }
    let mut renamed = Vec::new();
    for (at, view) in views.iter_mut().enumerate() {
        if at == place {
            to.clone_into(&mut view.name);
            renamed.push(print(view));
        }
    }
    checked(replaced(text, place, &renamed.concat()), &views)
}

/// `text` without the view `name`.
///
/// # Errors
/// With why the file is left as it is.
pub fn delete(text: &str, name: &str) -> Result<String, String> {
    let mut views = in_order(text)?;
    let place = place(&views, name)?;
    views.remove(place);
    checked(replaced(text, place, ""), &views)
}

fn place(views: &[View], name: &str) -> Result<usize, String> {
    let found = views.iter().position(|view| view.is_called(name));
    found.ok_or_else(|| format!("there is no view {} in it any more", SafeText::of(name)))
}

/// The views of a file in which nothing is wrong.
fn in_order(text: &str) -> Result<Vec<View>, String> {
    match parse(text.as_bytes()) {
        (views, None) => Ok(views),
        (_, Some(wrong)) => Err(wrong.to_string()),
    }
}

/// The changed text, when it says what it should.
fn checked(text: Option<String>, views: &[View]) -> Result<String, String> {
    text.filter(|text| text.len() as u64 <= LIMIT)
        .filter(|text| matches!(parse(text.as_bytes()), (found, None) if found == views))
        .ok_or_else(|| "it is written in a way that cannot be changed here".to_owned())
}

/// `text` with other lines for the view at `place`. Comments after it stay.
fn replaced(text: &str, place: usize, with: &str) -> Option<String> {
    let range = lines_of(text, place)?;
    let (before, after) = (text.get(..range.start)?, text.get(range.end..)?);
    Some(format!("{before}{with}{after}"))
}

/// Where the lines of the view at `place` stand.
fn lines_of(text: &str, place: usize) -> Option<Range<usize>> {
    let mut at = 0_usize;
    let mut headers = 0_usize;
    let mut range: Option<Range<usize>> = None;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at.saturating_add(line.len()));
        at = end;
        let told = line.trim();
        if told.starts_with('[') && range.is_some() {
            break;
        }
        if told.starts_with(HEADER) {
            if headers == place {
                range = Some(start..end);
            }
            headers = headers.saturating_add(1);
        } else if let Some(range) = &mut range
            && !told.is_empty()
            && !told.starts_with('#')
        {
            range.end = end;
        }
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# mine
[[view]]
name = \"payments\"
filter = \"team:=Payments is:undecided\" # open
group = \"project\"
sort = \"-risk\"

# for the quarter
[[view]]
name = \"guests\"
filter = \"is:guest\"
";

    fn views(text: &str) -> Vec<View> {
        in_order(text).expect("it is in order")
    }

    #[test]
    fn a_view_is_read_with_what_it_leaves_out() {
        let [payments, guests] = &views(FILE)[..] else {
            panic!("two views");
        };
        assert_eq!(payments.filter, "team:=Payments is:undecided");
        assert_eq!(payments.grouping, Grouping::Project);
        assert_eq!(payments.sort.word(), "-risk");
        assert_eq!(guests.grouping, Grouping::Account);
        assert_eq!(guests.sort, Sort::default());
        assert_eq!(views(""), []);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_other_views_are_taken() {
        for (file, says, taken) in [
            (
                "view = 1",
                "line 1, column 1: only [[view]] stands here, for each view",
                0,
            ),
            ("[[view]]\nname = ", "line 2, column 8: ", 0),
            (
                "[[view]]\nfilter = \"x\"",
                "line 1, column 1: a view needs a name",
                0,
            ),
            (
                "[[view]]\nname = \"a\"\nfilter = \"signal:privilegd\"\n[[view]]\nname = \"b\"",
                "line 3, column 10: the filter of a: ",
                1,
            ),
            (
                "[[view]]\nname = \"a\"\ngrop = \"x\"",
                "line 3, column 1: there is no key `grop`; did you mean `group`?",
                0,
            ),
            (
                "[[view]]\nname = \"a\"\ngroup = \"prject\"",
                "line 3, column 9: there is no `prject`; did you mean `project`?",
                0,
            ),
            (
                "[[view]]\nname = \"a\"\n[[view]]\nname = \"A\"",
                "line 4, column 8: this name is there twice",
                1,
            ),
            (
                "[[view]]\nname = \"all open\"",
                "line 2, column 8: there is a view all open already",
                0,
            ),
            ("[[view]]\nname = \"a\u{202e}\"", "line 2, column 10: ", 0),
        ] {
            let (found, wrong) = parse(file.as_bytes());
            let wrong = wrong.expect(file).to_string();
            assert!(wrong.starts_with(says), "{file}\n{wrong}");
            assert_eq!(found.len(), taken, "{file}");
        }
        let (_, wrong) = parse(b"[[view]]\nname = \"a\"\nfilter = \"signal:privilegd\"");
        let wrong = wrong.expect("it is wrong").to_string();
        assert!(wrong.contains("privileged"), "{wrong}");
    }

    #[test]
    fn a_change_touches_only_the_lines_of_its_view() {
        let renamed = rename(FILE, "guests", "all guests").expect("it is renamed");
        assert!(
            renamed.starts_with(&FILE[..FILE.find("[[view]]\nname = \"guests\"").expect("there")])
        );
        assert_eq!(views(&renamed)[1].name, "all guests");
        let deleted = delete(FILE, "Payments").expect("it is deleted");
        assert_eq!(
            deleted,
            "# mine\n\n# for the quarter\n[[view]]\nname = \"guests\"\nfilter = \"is:guest\"\n"
        );
        let view = View {
            name: "new \"one\"".to_owned(),
            filter: "role:=\"Project Admin\"".to_owned(),
            ..View::default()
        };
        let (kept, replaced) = keep(FILE, &view).expect("it is kept");
        assert!(kept.starts_with(FILE) && !replaced);
        assert_eq!(views(&kept)[2], view);
        let other = View {
            filter: String::new(),
            ..view.clone()
        };
        let (again, replaced) = keep(&kept, &other).expect("it is kept");
        assert!(replaced && views(&again)[2] == other);
        assert_eq!(views(&keep("", &view).expect("it is kept").0), [view]);
    }

    #[test]
    fn a_file_that_is_not_understood_is_not_changed() {
        let view = View {
            name: "x".to_owned(),
            ..View::default()
        };
        assert!(keep("[[view]]\nname = 1", &view).is_err());
        assert!(keep("view = [{ name = \"a\" }]", &view).is_err());
        assert!(delete("view = [{ name = \"a\" }]", "a").is_err());
        assert!(rename(FILE, "payments", "guests").is_err());
        assert!(rename(FILE, "gone", "x").is_err());
    }
}
