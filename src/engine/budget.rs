//! What a run may take, and the cheapest ways out when a template would take more.
//!
//! A template is refused before anything is loaded: trying it again would fail the same way.

use super::error::EngineError;
use super::estimate::Size;
use crate::algorithms::Algorithm;
use crate::model::{
    schema::Census,
    size,
    template::{Estimate, Projection},
};

/// Ways out that a refusal names.
const WAYS: usize = 3;

/// Sources that a sampled run uses where an exact one takes too long.
const SAMPLES: u32 = 256;

/// Bytes of kernel and tables that no parameter need be lowered for.
const SMALL: u64 = 1 << 20;

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
            let raise = format!(
                "allow it with `--budget-memory {}`",
                size::needed(estimate.memory_bytes)
            );
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

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Time as people and the flags write it, never less than it is: `800 ms`, `91 s`, `25 min`, `31 h`.
pub(super) fn time(ms: u64) -> String {
    match ms {
        ..SECOND => format!("{ms} ms"),
        ..10_000 if !ms.is_multiple_of(SECOND) => format!("{ms} ms"),
        _ if ms < 10 * MINUTE => format!("{} s", ms.div_ceil(SECOND)),
        _ if ms < 10 * HOUR => format!("{} min", ms.div_ceil(MINUTE)),
        _ => format!("{} h", ms.div_ceil(HOUR)),
    }
}

/// A budget of time as it was set, to the millisecond: `60 s`, `60.5 s`. Rounded as [`time`] is, it
/// could read like the time that did not fit.
pub(super) fn exact_time(ms: u64) -> String {
    if ms >= 10 * MINUTE && ms.is_multiple_of(MINUTE) {
        format!("{} min", ms / MINUTE)
    } else if ms < 10_000 {
        time(ms)
    } else {
        let digits = format!("{}.{:03}", ms / SECOND, ms % SECOND);
        format!("{} s", digits.trim_end_matches('0').trim_end_matches('.'))
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
    ways.extend(lower(algorithm, whole.working, for_time));
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
        Some((less, edges)) if projection.edges.len() > 1 => ways.push(format!(
            "leave out the edges `{edges}` by `ignore` in graph.toml (saves {} edges and {})",
            whole.edges.saturating_sub(less.edges),
            size::needed(whole.bytes().saturating_sub(less.bytes()))
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

/// Parameters by which an answer grows, and the work with it.
const GROWING: [&str; 13] = [
    "k",
    "top_k",
    "max_cycles",
    "max_walks",
    "max_pairs",
    "max_links",
    "max_values",
    "walks_per_vertex",
    "length",
    "max_length",
    "dimension",
    "epochs",
    "simulations",
];

/// The parameters to lower, where the answer is what takes most.
fn lower(algorithm: &Algorithm, working: u64, for_time: bool) -> Option<String> {
    let info = algorithm.info();
    let fields = serde_json::to_value(algorithm).ok()?;
    let named: Vec<String> = info
        .parameters
        .iter()
        .filter(|it| GROWING.contains(&it.name))
        .map(|it| format!("`{}` ({})", it.name, fields[it.name]))
        .collect();
    let worthwhile = !named.is_empty() && (for_time || working > SMALL);
    worthwhile.then(|| format!("lower the parameter {}", named.join(" or ")))
}
