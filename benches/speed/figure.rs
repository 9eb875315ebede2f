//! [`Figure`]: one quantity, measured some times.

use std::{fmt, time::Duration};

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Milliseconds,
    Megabytes,
    Count,
}

/// Which of the measured values stands for all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Of {
    Median,
    /// The value that this part of all does not exceed.
    Quantile(f64),
}

/// One quantity, measured some times.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    unit: Unit,
    values: Vec<f64>,
    of: Of,
}

impl Figure {
    pub(crate) fn new(unit: Unit, values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self {
            unit,
            values,
            of: Of::Median,
        }
    }

    pub(crate) fn times(times: &[Duration]) -> Self {
        Self::new(
            Unit::Milliseconds,
            times.iter().map(|time| time.as_secs_f64() * 1e3),
        )
    }

    /// The same values, another of which stands for all.
    pub(crate) fn of(&self, of: Of) -> Self {
        Self { of, ..self.clone() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value that stands for all.
    pub(crate) fn value(&self) -> f64 {
        match self.of {
            Of::Median => self.at(0.5),
            Of::Quantile(part) => self.at(part),
        }
    }

    /// The value that `part` of all values do not exceed.
    fn at(&self, part: f64) -> f64 {
        let rank = (self.values.len() as f64 * part).ceil() as usize;
        let at = rank.clamp(1, self.values.len().max(1)) - 1;
        self.values.get(at).copied().unwrap_or(f64::NAN)
    }

    fn print(&self, value: f64) -> String {
        match self.unit {
            Unit::Milliseconds if value < 0.1 => format!("{value:.3}"),
            Unit::Milliseconds if value < 10.0 => format!("{value:.2}"),
            Unit::Milliseconds if value < 100.0 => format!("{value:.1}"),
            Unit::Count | Unit::Megabytes | Unit::Milliseconds => format!("{value:.0}"),
        }
    }
}

impl fmt::Display for Figure {
    /// The value, and between which two all of them lie.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(least), Some(most)) = (self.values.first(), self.values.last()) else {
            return f.write_str("–");
        };
        let unit = match self.unit {
            Unit::Milliseconds => " ms",
            Unit::Megabytes => " MB",
            Unit::Count => "",
        };
        write!(f, "{}{unit}", self.print(self.value()))?;
        if self.values.len() > 1 {
            write!(f, " ({}–{})", self.print(*least), self.print(*most))?;
        }
        Ok(())
    }
}
