//! The score: how a share becomes a mark, and what weighs how much.
//!
//! All numbers are whole, so that a score is the same on every machine. The guide
//! explains the formula with an example, and a test holds that example.

use crate::diagnostic::Severity;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a part of a repository is worth, from 0.00 to 10.00, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Score(pub u32);

impl Score {
    /// Ten out of ten.
    pub const FULL: Self = Self(1000);

    /// What the owner of a repository calls it.
    pub fn band(self) -> &'static str {
        // As it is printed: 8.96 is 9.0.
        match self.tenths() {
            90.. => "world-class",
            80.. => "excellent",
            70.. => "strong",
            60.. => "uneven",
            _ => "needs work",
        }
    }

    fn tenths(self) -> u32 {
        (self.0 + 5) / 10
    }
}

/// With one digit behind the point.
impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.tenths() / 10, self.tenths() % 10)
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 100.0)
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(from)?;
        Ok(Self((value.clamp(0.0, 10.0) * 100.0).round() as u32))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Score {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Score".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 10 })
    }
}

/// What a finding takes off, in points.
pub fn points(severity: Severity) -> u64 {
    match severity {
        Severity::Error => 20,
        Severity::Warning => 8,
        Severity::Info => 3,
        Severity::Hint => 1,
    }
}

/// How many points for each hundred lines of code halve a mark.
pub const HALVING: u64 = 20;

/// Less code than this counts as this much, so that one finding in a file of ten lines
/// is no disaster.
pub const LEAST_LINES: u64 = 200;

/// A share of something, in thousandths.
pub(crate) type Share = u32;

/// What findings leave of a mark: all without any, half at [`HALVING`] points for each
/// hundred lines, a third at twice that.
pub(crate) fn share_of_points(points: u64, lines: u64) -> Share {
    let half = HALVING * lines.max(LEAST_LINES);
    (1000 * half / (half + 100 * points)) as Share
}

/// A part of a whole; all where there is nothing to have.
pub(crate) fn share_of(part: usize, whole: usize) -> Share {
    match whole {
        0 => 1000,
        whole => (1000 * part / whole) as Share,
    }
}

/// The mean of marks by weight; nothing where nothing weighs.
pub(crate) fn mean(parts: impl IntoIterator<Item = (u64, u32)>) -> Option<u32> {
    let (mut weight, mut sum) = (0, 0);
    for (own, mark) in parts {
        weight += own;
        sum += own * u64::from(mark);
    }
    (weight > 0).then(|| ((sum + weight / 2) / weight) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_fall_with_points_and_not_with_size() {
        assert_eq!(share_of_points(0, 0), 1000);
        assert_eq!(share_of_points(200, 1000), 500);
        assert_eq!(share_of_points(400, 1000), 333);
        // Twice the repository, twice the findings.
        assert_eq!(share_of_points(8, 500), share_of_points(16, 1000));
        // A small one counts as one of two hundred lines.
        assert_eq!(share_of_points(8, 10), share_of_points(8, 200));
    }

    #[test]
    fn bands_go_by_what_is_printed() {
        for (score, shown, band) in [
            (1000, "10.0", "world-class"),
            (896, "9.0", "world-class"),
            (894, "8.9", "excellent"),
            (700, "7.0", "strong"),
            (650, "6.5", "uneven"),
            (594, "5.9", "needs work"),
        ] {
            assert_eq!(
                (Score(score).to_string(), Score(score).band()),
                (shown.to_owned(), band)
            );
        }
        assert_eq!(mean([(25, 800), (75, 400)]), Some(500));
        assert_eq!(mean([(0, 800)]), None);
    }
}
