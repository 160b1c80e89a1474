//! Repeats sweeps over all vertices until their scores settle, for the kernels that are fixed points.
//!
//! Law: a sweep reads the scores of the one before only, so that the answer has the same bits at any
//! thread count. Memory: two numbers a vertex.

use super::control::{Control, KernelError};
use super::gathered::Gathered;
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, Values};
use super::registry::{ColumnInfo, ParameterInfo};
use crate::graph::Neighbourhoods;

/// The summary's number of sweeps.
pub(super) const ITERATIONS: ColumnInfo = ColumnInfo {
    name: "iterations",
    quantity: Quantity::Count,
    meaning: "Sweeps done.",
};

/// The summary's last change.
pub(super) const RESIDUAL: ColumnInfo = ColumnInfo {
    name: "residual",
    quantity: Quantity::Score,
    meaning: "Sum of the absolute changes of the last sweep.",
};

/// Numbers of the summary that every such kernel gives.
pub(super) static SUMMARY: [ColumnInfo; 2] = [ITERATIONS, RESIDUAL];

/// The parameter that says when scores are settled.
pub(super) const TOLERANCE: ParameterInfo = ParameterInfo {
    name: "tolerance",
    kind: "number",
    default: "1e-9",
    range: "from 0",
    meaning: "Stops when the scores of a sweep change by less than this in sum; 0 runs all sweeps.",
};

/// The parameter that bounds the sweeps.
pub(super) const fn max_iterations(default: &'static str) -> ParameterInfo {
    ParameterInfo {
        name: "max_iterations",
        kind: "whole number",
        default,
        range: "from 1 to 4294967295",
        meaning: "Sweeps at most.",
    }
}

/// Whether a damping is in its range.
pub(super) fn validate_damping(damping: f64) -> Result<(), KernelError> {
    if (0.0..1.0).contains(&damping) {
        return Ok(());
    }
    Err(KernelError::Parameter {
        parameter: "damping",
        problem: format!("is {damping}; it must be from 0 to below 1"),
    })
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stop {
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    tolerance: f64,
    /// Sweeps at most.
    max_iterations: u32,
}

/// Scores, and how they came to rest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settled {
    pub(super) scores: Vec<f64>,
    pub(super) exactness: Exactness,
    pub(super) summary: Vec<(&'static str, Quantity, f64)>,
}

impl Stop {
    pub(super) fn new(tolerance: f64, max_iterations: u32) -> Self {
        Self {
            tolerance,
            max_iterations,
        }
    }

    /// Whether both are in their range.
    pub(super) fn validate(self) -> Result<(), KernelError> {
        let refuse = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return refuse(
                "tolerance",
                format!("is {}; it must be 0 or more", self.tolerance),
            );
        }
        if self.max_iterations == 0 {
            return refuse("max_iterations", "is 0; it must be 1 or more".to_owned());
        }
        Ok(())
    }

    /// Calls `sweep` with the scores and a buffer for the next ones until they settle. `sweep` returns
    /// the L1 change and advances `control` by one unit a vertex.
    pub(super) fn repeat(
        self,
        scores: &[f64],
        control: &Control,
        mut sweep: impl FnMut(&[f64], &mut [f64]) -> Result<f64, KernelError>,
    ) -> Result<Settled, KernelError> {
        let (n, sweeps) = (scores.len() as u64, u64::from(self.max_iterations));
        control.expect(sweeps * n);
        let (mut scores, mut next) = (Gathered::copy_of(scores), Gathered::zeros(scores.len()));
        let (mut iterations, mut residual) = (0, f64::INFINITY);
        while iterations < sweeps && (self.tolerance == 0.0 || residual >= self.tolerance) {
            residual = sweep(&scores, &mut next)?;
            std::mem::swap(&mut scores, &mut next);
            iterations += 1;
        }
        control.advance((sweeps - iterations) * n);
        // Without a tolerance a number of sweeps was asked for.
        let is_settled = self.tolerance == 0.0 || residual < self.tolerance;
        Ok(Settled {
            scores: scores.to_vec(),
            exactness: if is_settled {
                Exactness::Exact
            } else {
                Exactness::Unsettled {
                    rounds: iterations,
                    change: residual,
                }
            },
            summary: vec![
                ("iterations", Quantity::Count, iterations as f64),
                ("residual", Quantity::Score, residual),
            ],
        })
    }
}

impl Settled {
    /// The answer of a kernel that gives these scores.
    pub(super) fn into_outcome(self, column: &'static str) -> Outcome {
        Outcome {
            exactness: self.exactness,
            vertices: vec![OutputColumn::new(
                column,
                Quantity::Score,
                Values::Numbers(self.scores),
            )],
            summary: self.summary,
            ..Outcome::default()
        }
    }
}

/// Sum of the neighbours' scores, each times the weight of its edge.
pub(super) fn received(side: &impl Neighbourhoods, v: u32, scores: &[f64]) -> f64 {
    let received = side.list(v).map(|u| scores[u as usize]);
    match side.weights_of(v) {
        None => received.sum(),
        Some(weights) => received.zip(weights).map(|(score, weight)| score * weight).sum(),
    }
}

/// Sum of the weights of `v`'s entries.
pub(super) fn weight_at(side: &impl Neighbourhoods, v: u32) -> f64 {
    match side.weights_of(v) {
        None => side.degree(v) as f64,
        Some(weights) => weights.iter().sum(),
    }
}

/// Euclidean length.
#[cfg(test)]
pub(super) fn length(scores: &[f64]) -> f64 {
    scores.iter().map(|it| it * it).sum::<f64>().sqrt()
}

/// The graph as a dense matrix of weights, rows from, columns to: for verifiers on small graphs.
#[cfg(test)]
pub(super) fn dense(graph: &crate::graph::Csr) -> Vec<Vec<f64>> {
    let n = graph.vertex_count();
    let row = |u: u32| {
        let mut row = vec![0.0; n as usize];
        for at in graph.out.range(u) {
            row[graph.out.targets[at] as usize] += graph.out.weight(at);
        }
        row
    };
    (0..n).map(row).collect()
}

/// Solves a linear system by Gaussian elimination with row exchange; each row ends with its right side.
#[cfg(test)]
pub(super) fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let n = rows.len();
    for pivot in 0..n {
        let largest = (pivot..n).max_by(|a, b| rows[*a][pivot].abs().total_cmp(&rows[*b][pivot].abs()));
        rows.swap(pivot, largest.unwrap());
        let pivot_row = rows[pivot].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|it| it.0 != pivot) {
            let factor = row[pivot] / pivot_row[pivot];
            row.iter_mut()
                .zip(&pivot_row)
                .for_each(|(cell, above)| *cell -= factor * above);
        }
    }
    (0..n).map(|v| rows[v][n] / rows[v][v]).collect()
}
