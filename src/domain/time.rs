//! Instants and days, as they are written in files and on screens.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// An instant in UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an instant or a day in the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form 2026-03-31T09:12:00.000Z (a day: 2026-03-31)")]
pub struct BadTime;

impl Timestamp {
    /// The instant `ms` milliseconds after 1970; `None` outside the years 0 to 9999.
    pub fn from_ms(ms: i64) -> Option<Self> {
        use chrono::Datelike as _;
        let time = DateTime::<Utc>::from_timestamp_millis(ms)?;
        (0..=9999).contains(&time.year()).then_some(Self(ms))
    }

    /// The instant in that many milliseconds of a day in UTC; `None` when there is no such day or time.
    pub fn of_day(day: Day, ms: u32) -> Option<Self> {
        (ms < 24 * 60 * 60 * 1000).then(|| Self(day.start().0 + i64::from(ms)))
    }

    /// Milliseconds since 1970.
    pub fn ms(self) -> i64 {
        self.0
    }

    /// The day in UTC.
    pub fn day(self) -> Day {
        Day(self.utc().date_naive())
    }

    /// `2026-03-31 09:12`, in UTC: for people.
    pub fn minute(self) -> String {
        self.utc().format("%Y-%m-%d %H:%M").to_string()
    }

    /// `09:12:07`, in UTC: for people, where the day is plain.
    pub fn clock(self) -> String {
        self.utc().format("%H:%M:%S").to_string()
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).expect("the constructor checked the range")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = BadTime;

    /// Reads any RFC 3339 time; finer parts than milliseconds are cut.
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| BadTime)?;
        Self::from_ms(time.timestamp_millis()).ok_or(BadTime)
    }
}

/// A calendar day without a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// A day of the calendar; `None` when there is no such day in the years 0 to 9999.
    pub fn of(year: u16, month: u8, day: u8) -> Option<Self> {
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
            .filter(|_| year <= 9999)
            .map(Self)
    }

    /// Midnight UTC at the start of the day.
    pub fn start(self) -> Timestamp {
        Timestamp(
            self.0
                .and_time(chrono::NaiveTime::MIN)
                .and_utc()
                .timestamp_millis(),
        )
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for Day {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        use chrono::Datelike as _;
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| BadTime)?;
        (0..=9999)
            .contains(&day.year())
            .then_some(Self(day))
            .ok_or(BadTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_its_text() {
        for text in [
            "2026-11-21T16:37:58.123Z",
            "1969-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59.999Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().expect(text).to_string(), text);
        }
        assert_eq!(
            "2026-11-21T17:37:58+01:00"
                .parse::<Timestamp>()
                .expect("offset")
                .to_string(),
            "2026-11-21T16:37:58.000Z"
        );
        assert_eq!("yesterday".parse::<Timestamp>(), Err(BadTime));
        assert_eq!(Timestamp::from_ms(i64::MAX), None);
    }

    #[test]
    fn a_day_starts_at_midnight_utc() {
        let day: Day = "2024-02-29".parse().expect("a leap day");
        assert_eq!(day.start().to_string(), "2024-02-29T00:00:00.000Z");
        assert_eq!(day.start().day(), day);
        assert_eq!("2023-02-29".parse::<Day>(), Err(BadTime));
    }
}
