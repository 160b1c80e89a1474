//! What a run may take, and the cheapest ways out when a template would take more.
//!
//! A template is refused before anything is loaded: trying it again would fail the same way.

use super::error::EngineError;
use super::estimate::Size;
use crate::algorithms::Algorithm;
use crate::model::{
    schema::Census,
    template::{Estimate, Projection},
};

/// Ways out that a refusal names.
const WAYS: usize = 3;

/// Sources that a sampled run uses where an exact one takes too long.
const SAMPLES: u32 = 256;

/// Upper bounds of one template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of loaded graph, kernel and tables.
    pub memory_bytes: u64,
    /// Estimated milliseconds on one core; `None` sets no bound.
    pub time_ms: Option<u64>,
}

impl Budget {
    /// Whether a template with this estimate may run.
    ///
    /// # Errors
    ///
    /// [`EngineError::Memory`] or [`EngineError::Time`] with the three cheapest ways out.
    pub fn check(
        &self,
        algorithm: &Algorithm,
        projection: &Projection,
        census: &Census,
        estimate: &Estimate,
    ) -> Result<(), EngineError> {
        let too_long = self.time_ms.filter(|limit| estimate.time_ms > *limit);
        if estimate.memory_bytes > self.memory_bytes {
            let raise = format!("allow it with `--budget-memory {}`", bytes(estimate.memory_bytes));
            let ways = ways_out(algorithm, projection, census, false);
            return Err(EngineError::Memory {
                needed: estimate.memory_bytes,
                budget: self.memory_bytes,
                hint: sentence(ways, raise),
            });
        }
        match too_long {
            None => Ok(()),
            Some(limit) => {
                let enough = time(estimate.time_ms).replace(' ', "");
                let raise = format!("allow it with `--budget-time {enough}`");
                let ways = ways_out(algorithm, projection, census, true);
                Err(EngineError::Time {
                    needed_ms: estimate.time_ms,
                    budget_ms: limit,
                    hint: sentence(ways, raise),
                })
            }
        }
    }
}

/// Bytes in the unit that people write: `1.5 GiB`, rounded up to a tenth.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("TiB", 1 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
    ];
    let unit = UNITS.iter().find(|(_, size)| count >= *size);
    match unit {
        None => format!("{count}B"),
        Some((name, size)) => {
            let tenths = (u128::from(count) * 10).div_ceil(u128::from(*size));
            match tenths % 10 {
                0 => format!("{}{name}", tenths / 10),
                rest => format!("{}.{rest}{name}", tenths / 10),
            }
        }
    }
}

/// Time as people write it, never less than it is: `800 ms`, `91 s`.
pub(super) fn time(ms: u64) -> String {
    if ms < 1000 || (ms < 10_000 && !ms.is_multiple_of(1000)) {
        format!("{ms} ms")
    } else {
        format!("{} s", ms.div_ceil(1000))
    }
}

/// A budget of time as it was set, to the millisecond: `60 s`, `60.5 s`. Rounded as [`time`] is, it
/// could read like the time that did not fit.
pub(super) fn exact_time(ms: u64) -> String {
    if ms < 10_000 || ms.is_multiple_of(1000) {
        time(ms)
    } else {
        let digits = format!("{}.{:03}", ms / 1000, ms % 1000);
        format!("{} s", digits.trim_end_matches('0'))
    }
}

/// Ways out by what they cost the answer, least first; raising the budget costs nothing but may not
/// be possible, so it is named last.
fn sentence(mut ways: Vec<String>, raise: String) -> String {
    ways.truncate(WAYS - 1);
    ways.push(raise);
    ways.join(", or ")
}

fn ways_out(algorithm: &Algorithm, projection: &Projection, census: &Census, for_time: bool) -> Vec<String> {
    let mut ways = Vec::new();
    if let Algorithm::Betweenness(config) = algorithm
        && for_time
        && (config.samples == 0 || config.samples > SAMPLES)
    {
        ways.push(format!(
            "sample it alone with `gaai algo run betweenness --param samples={SAMPLES}` (an error bound is printed)"
        ));
    }
    let whole = Size::of(algorithm, projection, census);
    let without = |edges: &str| {
        let mut less = projection.clone();
        less.edges.retain(|it| it != edges);
        Size::of(algorithm, &less, census)
    };
    let smallest = projection
        .edges
        .iter()
        .map(|it| (without(it), it))
        .min_by_key(|(size, _)| if for_time { size.operations } else { size.bytes() });
    match smallest {
        Some((size, edges)) if projection.edges.len() > 1 => ways.push(format!(
            "leave out the edges `{edges}` by `ignore` in graph.toml (saves {} edges and {})",
            whole.edges.saturating_sub(size.edges),
            bytes(whole.bytes().saturating_sub(size.bytes()))
        )),
        _ => ways.push("leave rows that the question does not need out of the files of edges".to_owned()),
    }
    if ways.len() + 1 < WAYS {
        ways.push(
            "leave out vertex collections that the question does not need by `ignore` in graph.toml"
                .to_owned(),
        );
    }
    ways
}
