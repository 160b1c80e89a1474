//! The one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Milliseconds since 1970-01-01 UTC; 0 on a host whose clock stands before that.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else is handed"
)]
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Microseconds since 1970-01-01 UTC; 0 on a host whose clock stands before that.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else is handed"
)]
pub fn now_us() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A run id that sorts by start time: `20261121-041015-fraud`, from the time and the graph's name.
///
/// Two runs of one graph in the same second get the same text; whoever comes second adds a suffix.
pub fn run_id(started_ms: i64, graph: &str) -> String {
    let stamp = Timestamp::from_millisecond(started_ms).map_or_else(
        |_| started_ms.to_string(),
        |time| time.strftime("%Y%m%d-%H%M%S").to_string(),
    );
    let name: String = graph
        .rsplit(['/', ':'])
        .find(|part| !part.is_empty())
        .unwrap_or("graph")
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() || it == '_' {
                it.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(32)
        .collect();
    format!("{stamp}-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_sort_by_time_and_are_safe_as_directory_names() {
        let early = run_id(1_700_000_000_000, "../my graph/");
        let late = run_id(1_700_000_001_000, "demo:fraud");
        assert_eq!(early, "20231114-221320-my_graph");
        assert_eq!(late, "20231114-221321-fraud");
        assert!(early < late);
    }
}
