//! [`View`]: a way to look at a review: which items, how they stand together, and in which order.

use super::{filter::Filter, text::SafeText, words::nearest};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal $help:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $help] $variant),* }

        impl Default for $name {
            fn default() -> Self {
                Self::ALL[0]
            }
        }

        impl $name {
            /// All of them, in the order in which they are offered.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// The word in files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What it means, in a line.
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help),* }
            }

            /// The one with this word.
            ///
            /// # Errors
            /// With what there is instead.
            pub fn named(word: &str) -> Result<Self, String> {
                let found = Self::ALL.into_iter().find(|it| it.word() == word);
                found.ok_or_else(|| no_such(word, Self::ALL.map(Self::word)))
            }
        }
    };
}

words! {
    /// What stands together in the queue.
    Grouping {
        Account "account" "by the account or team that holds it",
        Team "team" "by the team that is joined, or that holds it; what is of no team stands together at the end",
        Project "project" "by the project; what is of no project stands together at the end",
        Role "role" "by the role; Team Lead, Team Member and Can sign in count as roles",
        Flat "flat" "not at all: one row an item",
    }
}

words! {
    /// What decides about the order.
    By {
        Name "name" "by name",
        Risk "risk" "by the signals that say yes, the riskiest first",
        SignIn "sign-in" "by the last sign-in: never, then the longest ago first; unknown after all that is known",
        Open "open" "by the number of undecided items when the order was made, the most first",
    }
}

impl Grouping {
    /// What one group is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Team => "team",
            Self::Project => "project",
            Self::Role => "role",
            Self::Flat => "list",
        }
    }
}

/// An order, and whether it is turned around. What has no place in it stays at the end in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sort {
    /// What decides.
    pub by: By,
    /// Turned around.
    pub reversed: bool,
}

impl Sort {
    /// The word in files: `-` in front turns it around.
    pub fn word(self) -> String {
        let sign = if self.reversed { "-" } else { "" };
        format!("{sign}{}", self.by.word())
    }

    /// The order that `word` names.
    ///
    /// # Errors
    /// With what there is instead.
    pub fn named(word: &str) -> Result<Self, String> {
        let (reversed, by) = match word.strip_prefix('-') {
            Some(by) => (true, by),
            None => (false, word),
        };
        By::named(by).map(|by| Self { by, reversed })
    }
}

/// A way to look at a review, with a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// What it is called.
    pub name: String,
    /// The text of the filter; empty shows everything.
    pub filter: String,
    /// What stands together.
    pub grouping: Grouping,
    /// In which order.
    pub sort: Sort,
}

/// The longest name of a view, in characters.
pub const NAME_LIMIT: usize = 40;

impl View {
    fn built_in(name: &str, filter: &str, grouping: Grouping, by: By) -> Self {
        Self {
            name: name.to_owned(),
            filter: filter.to_owned(),
            grouping,
            sort: Sort {
                by,
                reversed: false,
            },
        }
    }

    /// The views that are always there.
    pub fn all_built_in() -> Vec<Self> {
        use By::{Name, Risk, SignIn};
        use Grouping::Account;
        let view = Self::built_in;
        vec![
            view("all open", "is:undecided", Account, Name),
            view(
                "privileged",
                "is:undecided signal:privileged",
                Account,
                Risk,
            ),
            view(
                "unused sign-in",
                "is:undecided signal:no-sign-in",
                Account,
                SignIn,
            ),
            view(
                "external and privileged",
                "is:undecided signal:external signal:privileged",
                Account,
                Risk,
            ),
            view("decide later", "is:later", Account, Name),
            view(
                "new or changed",
                "is:undecided delta:new|changed|back",
                Account,
                Risk,
            ),
            view(
                "unchanged and kept before",
                "is:undecided delta:unchanged was:keep",
                Account,
                Name,
            ),
        ]
    }

    /// Its filter, understood.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn parsed(&self) -> Result<Filter, super::filter::Error> {
        Filter::parse(&self.filter)
    }

    /// Whether it looks at the same items in the same way, whatever it is called.
    pub fn looks_as(&self, other: &Self) -> bool {
        (&self.filter, self.grouping, self.sort) == (&other.filter, other.grouping, other.sort)
    }

    /// Whether it is called so, whatever the case.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.trim().to_lowercase()
    }
}

/// The view of this name.
///
/// # Errors
/// With the names that are near.
pub fn find<'v>(views: &'v [View], name: &str) -> Result<&'v View, String> {
    let found = views.iter().find(|view| view.is_called(name));
    found.ok_or_else(|| no_such(name, views.iter().map(|view| &*view.name)))
}

/// Why a view cannot be called so.
pub fn misnamed(name: &str) -> Option<String> {
    let name = name.trim();
    if name.is_empty() {
        return Some("a view needs a name".to_owned());
    }
    if name.chars().count() > NAME_LIMIT {
        return Some(format!("the name has more than {NAME_LIMIT} characters"));
    }
    if SafeText::of(name).as_str() != name {
        return Some("the name has characters that cannot be seen".to_owned());
    }
    let built_in = View::all_built_in();
    let built_in = built_in.iter().find(|view| view.is_called(name));
    built_in.map(|view| {
        format!(
            "there is a view {} already, which is always there",
            view.name
        )
    })
}

/// That there is no such word, and which one is near.
fn no_such<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = nearest(word, known.iter().copied());
    let word = SafeText::of(word);
    match near {
        Some(near) => format!("there is no `{word}`; did you mean `{near}`?"),
        None => format!("there is no `{word}`; there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_view_is_understood_and_has_a_name_of_its_own() {
        let views = View::all_built_in();
        for (place, view) in views.iter().enumerate() {
            assert!(view.parsed().is_ok(), "{}", view.name);
            assert!(view.name.chars().count() <= NAME_LIMIT);
            assert!(!views[..place].iter().any(|it| it.is_called(&view.name)));
        }
    }

    #[test]
    fn words_name_what_they_stand_for_and_slips_are_pointed_out() {
        for grouping in Grouping::ALL {
            assert_eq!(Grouping::named(grouping.word()), Ok(grouping));
        }
        for by in By::ALL {
            for reversed in [false, true] {
                let sort = Sort { by, reversed };
                assert_eq!(Sort::named(&sort.word()), Ok(sort));
            }
        }
        for (word, said) in [
            ("proj", "there is no `proj`; did you mean `project`?"),
            (
                "xy",
                "there is no `xy`; there are account, team, project, role, flat",
            ),
        ] {
            assert_eq!(Grouping::named(word), Err(said.to_owned()));
        }
        let views = View::all_built_in();
        assert_eq!(
            find(&views, " All Open ").map(|it| &*it.name),
            Ok("all open")
        );
        let said = find(&views, "all opn").expect_err("there is none");
        assert_eq!(said, "there is no `all opn`; did you mean `all open`?");
    }

    #[test]
    fn a_name_is_not_taken_twice_and_hides_nothing() {
        for (name, taken) in [
            ("my team", true),
            ("", false),
            ("  ", false),
            ("Privileged", false),
            ("a\u{202e}b", false),
            (&"x".repeat(NAME_LIMIT + 1), false),
        ] {
            assert_eq!(misnamed(name).is_none(), taken, "{name:?}");
        }
    }
}
