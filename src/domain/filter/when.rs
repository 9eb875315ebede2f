//! [`When`] and [`Numbers`]: dates, ages and numbers as a filter compares them.

use super::{Error, reader::Value};
use crate::domain::{
    account::Fact,
    items::ItemSet,
    time::{Day, Timestamp},
};

const DAY_MS: i64 = 86_400_000;

/// What a time is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// From the first millisecond to before the second.
    Between(i64, i64),
    /// Whole days before the snapshot's time, both included; or after it, when `ahead`.
    Days { ahead: bool, least: i64, most: i64 },
    /// There is none.
    Absent,
    /// Nobody could tell.
    Unknown,
}

/// One end of a comparison.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// A day, a month or a year: its first millisecond and the first one after it.
    Period(i64, i64),
    /// So many whole days before or after.
    Days { ahead: bool, days: i64 },
}

/// A comparison as it is written.
enum Compared<P> {
    Is(P),
    Below(P),
    UpTo(P),
    From(P),
    Above(P),
    Between(Option<P>, Option<P>),
}

/// How a point becomes a comparison.
type Reading<P> = fn(P) -> Compared<P>;

impl<P> Compared<P> {
    /// Reads `<x`, `<=x`, `>=x`, `>x`, `x`, `x..y`, `x..` and `..y`; `None` when a point is none.
    fn read(text: &str, point: impl Fn(&str) -> Option<P>) -> Option<Self> {
        if let Some((from, to)) = text.split_once("..") {
            let end = |text: &str| match text {
                "" => Some(None),
                text => point(text).map(Some),
            };
            let (from, to) = (end(from)?, end(to)?);
            return (from.is_some() || to.is_some()).then_some(Self::Between(from, to));
        }
        let signs: [(&str, Reading<P>); 4] = [
            ("<=", Self::UpTo),
            (">=", Self::From),
            ("<", Self::Below),
            (">", Self::Above),
        ];
        for (sign, compared) in signs {
            if let Some(rest) = text.strip_prefix(sign) {
                return point(rest).map(compared);
            }
        }
        point(text).map(Self::Is)
    }
}

impl When {
    /// Understands a value of a field of times.
    pub(super) fn parse(value: &Value) -> Result<Self, Error> {
        let text = value.text.to_lowercase();
        match text.as_str() {
            "never" | "none" => return Ok(Self::Absent),
            "unknown" => return Ok(Self::Unknown),
            _ => {}
        }
        let error = |message: &str| Error::of(value, message);
        let compared = Compared::read(&text, point).ok_or_else(|| {
            error("not a date or an age; write 2025-01-31, 2025-01, 2025 or 90d, with <, <=, >= or > before it, or two with .. between them; or never, none, unknown")
        })?;
        let between = |from: Option<Point>, to: Option<Point>| match (from, to) {
            (Some(Point::Period(from, _)), Some(Point::Period(_, to))) => {
                Some(Self::Between(from, to))
            }
            (Some(Point::Period(from, _)), None) => Some(Self::Between(from, i64::MAX)),
            (None, Some(Point::Period(_, to))) => Some(Self::Between(i64::MIN, to)),
            (
                Some(Point::Days { ahead, days: least }),
                Some(Point::Days {
                    ahead: same,
                    days: most,
                }),
            ) if ahead == same => Some(Self::Days { ahead, least, most }),
            (Some(Point::Days { ahead, days: least }), None) => Some(Self::Days {
                ahead,
                least,
                most: i64::MAX,
            }),
            (None, Some(Point::Days { ahead, days: most })) => Some(Self::Days {
                ahead,
                least: 0,
                most,
            }),
            _ => None,
        };
        let days = |ahead, least, most| Self::Days { ahead, least, most };
        let when = match compared {
            Compared::Is(point) => between(Some(point), Some(point)),
            Compared::From(point) => between(Some(point), None),
            Compared::UpTo(point) => between(None, Some(point)),
            Compared::Between(from, to) => between(from, to),
            Compared::Below(Point::Period(from, _)) => Some(Self::Between(i64::MIN, from)),
            Compared::Above(Point::Period(_, to)) => Some(Self::Between(to, i64::MAX)),
            Compared::Below(Point::Days { ahead, days: n }) => Some(days(ahead, 0, n - 1)),
            Compared::Above(Point::Days { ahead, days: n }) => Some(days(ahead, n + 1, i64::MAX)),
        };
        match when {
            None => Err(error(
                "both ends must be dates, or both ages of one direction",
            )),
            Some(Self::Between(from, to)) if from >= to && text.contains("..") => {
                Err(error("the range ends before it begins"))
            }
            Some(Self::Days { least, most, .. }) if least > most && text.contains("..") => {
                Err(error("the range ends before it begins"))
            }
            Some(when) => Ok(when),
        }
    }

    /// Whether `fact`, a time in milliseconds, is so; `None` when nobody can tell.
    pub(super) fn holds(self, fact: Fact<i64>, as_of: Timestamp) -> Option<bool> {
        match (self, fact) {
            (Self::Unknown, fact) => Some(fact.is_unknown()),
            (_, Fact::Unknown) => None,
            (Self::Absent, fact) => Some(fact == Fact::Absent),
            (_, Fact::Absent) => Some(false),
            (Self::Between(from, to), Fact::Known(at)) => Some((from..to).contains(&at)),
            (Self::Days { ahead, least, most }, Fact::Known(at)) => {
                let as_of = as_of.ms();
                let passed = if ahead { at - as_of } else { as_of - at };
                // What lies ahead has no age, and what lies behind is not ahead.
                let right_way = if ahead { passed > 0 } else { passed >= 0 };
                Some(right_way && (least..=most).contains(&(passed / DAY_MS)))
            }
        }
    }
}

/// `2025-01-31`, `2025-01`, `2025`, `90d`, `+30d`.
fn point(text: &str) -> Option<Point> {
    let (ahead, age) = match text.strip_prefix('+') {
        Some(age) => (true, age),
        None => (false, text),
    };
    if let Some((at, unit)) = age.char_indices().next_back()
        && let Some(days) = match unit {
            'd' => Some(1),
            'w' => Some(7),
            'm' => Some(30),
            'y' => Some(365),
            _ => None,
        }
    {
        // Six digits reach further than any date.
        let number = digits(&age[..at]).filter(|_| at <= 6)?;
        return Some(Point::Days {
            ahead,
            days: i64::try_from(number).ok()? * days,
        });
    }
    let start = |year: u64, month: u64| {
        let day: Day = format!("{year:04}-{month:02}-01").parse().ok()?;
        Some(day.start().ms())
    };
    let mut parts = text.split('-');
    let year = parts
        .next()
        .filter(|year| year.len() == 4)
        .and_then(digits)?;
    let two = |part: &str| digits(part).filter(|_| part.len() == 2);
    let (from, to) = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => (start(year, 1)?, start(year + 1, 1)),
        (Some(month), None, _) => {
            let month = two(month)?;
            let next = if month == 12 {
                start(year + 1, 1)
            } else {
                start(year, month + 1)
            };
            (start(year, month)?, next)
        }
        (Some(_), Some(_), None) => {
            let day: Day = text.parse().ok()?;
            (day.start().ms(), Some(day.start().ms() + DAY_MS))
        }
        _ => return None,
    };
    // After the last year that a time can have there is nothing.
    Some(Point::Period(from, to.unwrap_or(i64::MAX)))
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// Numbers from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers(pub(super) u64, pub(super) u64);

impl Numbers {
    /// Understands a value of a field of numbers: one or more runs.
    pub(super) fn parse(value: &Value) -> Result<Vec<Self>, Error> {
        let error = |message: &str| Error::of(value, message);
        // As journals write them: 17,40-99
        if let Ok(items) = value.text.parse::<ItemSet>() {
            let runs = items.runs();
            return Ok(runs
                .map(|(first, last)| Self(first.number(), last.number()))
                .collect());
        }
        let compared = Compared::read(&value.text, digits)
            .ok_or_else(|| error("not a number; write 12, >12, <=12, 12..40 or 17,40-99"))?;
        let numbers = match compared {
            Compared::Is(n) => Self(n, n),
            Compared::From(n) => Self(n, u64::MAX),
            Compared::UpTo(n) => Self(0, n),
            Compared::Above(n) => Self(n.saturating_add(1), u64::MAX),
            Compared::Below(0) => return Ok(Vec::new()),
            Compared::Below(n) => Self(0, n - 1),
            Compared::Between(from, to) => Self(from.unwrap_or(0), to.unwrap_or(u64::MAX)),
        };
        if numbers.0 > numbers.1 {
            return Err(error("the range ends before it begins"));
        }
        Ok(vec![numbers])
    }

    /// Whether `n` is among them.
    pub(super) fn contain(self, n: u64) -> bool {
        (self.0..=self.1).contains(&n)
    }
}
