//! Sizes and durations as people write them.

use std::time::Duration;

use super::error::ConfigError;
use crate::limits::LONGEST_TIME;

/// Bytes from `512MiB`, `2GB`, `1.5g`, `1000`: decimal units by 1000, `…iB` by 1024.
pub fn parse_bytes(key: &str, text: &str) -> Result<u64, ConfigError> {
    let (number, unit) = split(text);
    let factor: f64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return Err(wrong(key, text, "a size such as `512MiB` or `2GB`")),
    };
    positive(number)
        .map(|value| (value * factor) as u64)
        .ok_or_else(|| wrong(key, text, "a size such as `2GB`"))
}

/// A duration from `90s`, `5m`, `1.5h`, `250ms`; a bare number counts seconds.
pub fn parse_duration(key: &str, text: &str) -> Result<Duration, ConfigError> {
    let (number, unit) = split(text);
    let seconds = match unit.to_ascii_lowercase().as_str() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong(key, text, "a duration such as `90s`, `5m` or `1h`")),
    };
    let seconds = positive(number).map(|value| value * seconds);
    let seconds = seconds.ok_or_else(|| wrong(key, text, "a duration such as `90s`"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration <= LONGEST_TIME => Ok(duration),
        _ => Err(wrong(key, text, "a duration of 876000h at most")),
    }
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let at = text
        .find(|it: char| it.is_ascii_alphabetic())
        .unwrap_or(text.len());
    (text[..at].trim(), text[at..].trim())
}

fn positive(number: &str) -> Option<f64> {
    number
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite() && *value > 0.0)
}

fn wrong(key: &str, text: &str, allowed: &str) -> ConfigError {
    ConfigError::Setting {
        key: key.to_owned(),
        problem: format!("`{text}` is not {allowed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_read_as_written() {
        assert_eq!(parse_bytes("x", "512MiB"), Ok(536_870_912));
        assert_eq!(parse_bytes("x", "1.5 GB"), Ok(1_500_000_000));
        assert_eq!(parse_bytes("x", "1000"), Ok(1000));
        assert_eq!(parse_bytes("x", "1.5TiB"), Ok(3 << 39));
        assert_eq!(parse_duration("x", "250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("x", "2m"), Ok(Duration::from_secs(120)));
    }

    #[test]
    fn nonsense_is_refused_with_what_is_allowed() {
        for text in ["", "-1GB", "NaN", "5 parsecs", "1e400"] {
            assert!(parse_bytes("budget-memory", text).is_err(), "{text}");
            assert!(parse_duration("budget-time", text).is_err(), "{text}");
        }
        for text in ["876001h", "5000000000000000h"] {
            let error = parse_duration("stop-grace", text).unwrap_err().to_string();
            let allowed = "is not a duration of 876000h at most";
            assert_eq!(error, format!("setting `stop-grace`: `{text}` {allowed}"));
        }
        assert!(parse_duration("x", "876000h").is_ok());
        let error = parse_bytes("budget-memory", "lots").unwrap_err().to_string();
        assert_eq!(
            error,
            "setting `budget-memory`: `lots` is not a size such as `512MiB` or `2GB`"
        );
    }
}
