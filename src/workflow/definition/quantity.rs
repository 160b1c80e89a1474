//! Durations and sizes as files write them.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use crate::limits::LONGEST_TIME;
use crate::workflow::described::described;

/// How long something may take: a whole number of milliseconds, or a duration such as `5m`. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeLimit(pub Duration);

/// A duration with its unit: `250ms`, `30s`, `5m`, `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

/// Bytes: a whole number, or a size such as `512MB`, whose units go by 1024 as those of systemd and docker do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

described! { TimeLimit: ["integer", "string"], "Milliseconds, or a duration such as `90s`, `5m` or `1h30m`." }
described! { Period: ["string"], "A duration such as `250ms`, `30s`, `5m` or `1h30m`." }
described! { Size: ["integer", "string"], "Bytes, or a size such as `512MB`; units go by 1024." }

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration\nwrite `250ms`, `30s`, `5m` or `1h30m`");
    let read: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from(read).map_err(|_| wrong()).and_then(bounded)
}

/// `duration`, if a clock can tell its end.
pub(super) fn bounded(duration: Duration) -> Result<Duration, String> {
    if duration > LONGEST_TIME {
        return Err("a duration of more than 100 years never ends\nleave it out for no limit".to_owned());
    }
    Ok(duration)
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text
        .find(|it: char| it.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let shift = match text[at..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    let number = text[..at].trim();
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(1 << shift);
    }
    let bytes = number.parse::<f64>().ok()? * (1_u64 << shift) as f64;
    // 2⁵³ bytes are the last that a fraction can count one by one.
    (bytes >= 0.0 && bytes < (1_u64 << 53) as f64).then_some(bytes as u64)
}

impl<'de> Deserialize<'de> for TimeLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Limit;
        impl Visitor<'_> for Limit {
            type Value = TimeLimit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("milliseconds or a duration such as `5m`")
            }

            fn visit_u64<E: de::Error>(self, milliseconds: u64) -> Result<TimeLimit, E> {
                let limit = bounded(Duration::from_millis(milliseconds)).and_then(positive);
                limit.map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeLimit, E> {
                duration(text).and_then(positive).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Limit)
    }
}

fn positive(limit: Duration) -> Result<TimeLimit, String> {
    if limit.is_zero() {
        return Err("a time limit of 0 leaves no time\nleave it out for no limit".to_owned());
    }
    Ok(TimeLimit(limit))
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WithUnit;
        impl Visitor<'_> for WithUnit {
            type Value = Period;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as `30s`")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Period, E> {
                let message =
                    format!("the duration `{number}` lacks its unit\nwrite `{number}s` or `{number}ms`");
                Err(E::custom(message))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Period, E> {
                duration(text).map(Period).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(WithUnit)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A plain number arrives as its digits.
        let text = String::deserialize(deserializer)?;
        let wrong = || de::Error::custom(format!("`{text}` is no size\nwrite `512MB` or `2GB`"));
        bytes(&text).map(Size).ok_or_else(wrong)
    }
}

fn written(duration: Duration) -> String {
    match (duration.subsec_nanos(), duration.as_millis()) {
        (0, _) => format!("{}s", duration.as_secs()),
        (nanos, milliseconds) if nanos % 1_000_000 == 0 => format!("{milliseconds}ms"),
        _ => format!("{}ns", duration.as_nanos()),
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self.0))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self.0))
    }
}

impl Serialize for TimeLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_written() {
        for (text, milliseconds) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("1.5s", 1_500),
            ("1h30m", 5_400_000),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "5", "-5s", "5 parsecs", "s", "2562047788015215h", "876001h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_go_by_1024() {
        for (text, expected) in [
            ("512MB", Some(536_870_912)),
            ("512m", Some(536_870_912)),
            ("2GiB", Some(2 << 30)),
            ("1.5K", Some(1536)),
            ("1000", Some(1000)),
            ("-1", None),
            ("lots", None),
            ("99999999999999T", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
