//! FastRP: a vector for each vertex such that vertices with alike surroundings have alike vectors.
//!
//! Each vertex draws a sparse random vector `R(v)`, scaled by `d(v)^β`; a sweep replaces every vector by the
//! mean of those of its out-neighbours, by weight. With `P` the matrix of these means and `a_i` the
//! iteration weights, the vector of `v` is `Σ a_i unit((P^i R)(v))`, `i` from 1.
//!
//! Convention (that of Neo4j GDS): entries of `R` are `±√3 / √dimension` with probability 1/6 each and 0
//! otherwise; each sweep's vector is brought to length 1 before it is added, the one that is handed on is
//! not. `d(v)` is the sum of the weights of its out-edges. Undirected edges are followed both ways, parallel
//! edges count as often as the projection keeps them. A vertex without out-edges has zeros.
//!
//! Law: a vertex's random vector depends on the seed and its number in the projection only, sums add
//! neighbours in their order.
//! Cost: O((n + m) dimension) a sweep, divided by the threads; 12 bytes a vertex and dimension.
//! Source: Chen, Sultan, Tian, Chen & Skiena, CIKM 2019; Achlioptas 2003 (sparse projections).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sampling::{self, below, stream};
use super::shortest_paths::refuse_negative;
use super::walker;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::FastRp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FastRpConfig {
    /// Numbers of a vector, 1 to 512.
    pub dimension: u32,
    /// How much each sweep counts, 1 to 32 numbers.
    pub iteration_weights: Vec<f64>,
    /// Power of the degree that scales the random vectors, -4 to 4.
    pub normalisation_strength: f64,
    /// Whether edge weights count, where there are some.
    pub weighted: bool,
    /// Start of the random numbers.
    pub seed: u64,
}

impl Default for FastRpConfig {
    fn default() -> Self {
        Self {
            dimension: 64,
            iteration_weights: vec![0.0, 1.0, 1.0],
            normalisation_strength: 0.0,
            weighted: true,
            seed: 1,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "fast_rp",
    aliases: &["fastrp", "fast_random_projection"],
    special_cases: &[],
    title: "Embedding by random projection (FastRP)",
    summary: "Gives each vertex a vector, so that vertices with alike surroundings have alike vectors.",
    convention: "Edges are followed as directed, undirected ones both ways; their weights, where there are some, \
                 say how much a neighbour counts. A vertex that no edge leaves has the vector of zeros. Only \
                 angles and distances between vectors of one run mean something.",
    source: "Chen et al., CIKM 2019.",
    parameters: &[
        ParameterInfo {
            name: "dimension",
            kind: "whole number",
            default: "64",
            range: "from 1 to 512",
            meaning: "Numbers of a vector.",
        },
        ParameterInfo {
            name: "iteration_weights",
            kind: "numbers",
            default: "0, 1, 1",
            range: "1 to 32 numbers, not all 0",
            meaning: "How much each sweep counts: the first looks one edge far, the second two, and so on.",
        },
        ParameterInfo {
            name: "normalisation_strength",
            kind: "number",
            default: "0",
            range: "from -4 to 4",
            meaning: "Power of its degree by which a vertex counts; below 0, hubs count less.",
        },
        walker::WEIGHTED,
        sampling::SEED,
    ],
    columns: &[ColumnInfo {
        name: "embedding",
        quantity: Quantity::Score,
        meaning: "The vector of the vertex.",
    }],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "dimension",
            quantity: Quantity::Count,
            meaning: "Numbers of a vector.",
        },
        ColumnInfo {
            name: "zero_vectors",
            quantity: Quantity::Count,
            meaning: "Vertices whose vector is zero, since nothing is known of their surroundings.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 2.5e8,
};

impl FastRpConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if !(1..=512).contains(&self.dimension) {
            let problem = format!("is {}; it must be from 1 to 512", self.dimension);
            return refused("dimension", problem);
        }
        let weights = &self.iteration_weights;
        if !(1..=32).contains(&weights.len())
            || weights.iter().any(|it| !it.is_finite() || it.abs() > 1e6)
            || weights.iter().all(|it| *it == 0.0)
        {
            let problem = format!("is {weights:?}; it must be 1 to 32 numbers up to a million, not all 0");
            return refused("iteration_weights", problem);
        }
        if !(-4.0..=4.0).contains(&self.normalisation_strength) {
            let problem = format!("is {}; it must be from -4 to 4", self.normalisation_strength);
            return refused("normalisation_strength", problem);
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &FastRpConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let dimension = u64::from(config.dimension);
    let sweeps = config.iteration_weights.len() as u64;
    Work {
        bytes: n.saturating_mul(12 * dimension + 16),
        operations: dimension
            .saturating_mul(sweeps * (n + 2 * m) + n)
            .saturating_add(2 * m),
        ..Work::default()
    }
}

/// Vertices whose vectors a thread computes.
const ROWS: usize = 512;

/// Computes the vectors.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`] when weights count; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &FastRpConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let weighted = config.weighted && graph.is_weighted();
    if weighted {
        refuse_negative(graph)?;
    }
    let (n, width) = (graph.vertex_count() as usize, config.dimension as usize);
    control.expect(n as u64 * (1 + config.iteration_weights.len() as u64));
    let mixing = Mixing::new(graph, weighted, width, control)?;
    let mut current = vec![0.0_f32; n * width];
    mixing.each_row(&mut current, control, |v, row, pace| {
        pace.step(width)?;
        mixing.draw(v, config, row);
        Ok(())
    })?;
    let mut next = vec![0.0_f32; n * width];
    let mut embedding = vec![0.0_f32; n * width];
    for weight in &config.iteration_weights {
        mixing.each_row(&mut next, control, |v, row, pace| {
            mixing.mean(v, &current, row, pace)
        })?;
        std::mem::swap(&mut current, &mut next);
        if *weight != 0.0 {
            add_units(&mut embedding, &current, width, *weight, control)?;
        }
    }
    let zeros = embedding
        .chunks(width)
        .filter(|row| row.iter().all(|it| *it == 0.0));
    Ok(Outcome {
        summary: vec![
            ("dimension", Quantity::Count, width as f64),
            ("zero_vectors", Quantity::Count, zeros.count() as f64),
        ],
        vertices: vec![OutputColumn::new(
            "embedding",
            Quantity::Score,
            Values::Vectors {
                width,
                values: embedding,
            },
        )],
        ..Outcome::default()
    })
}

/// Vertices far above or below the mean degree scale their random vectors by no more than this or its
/// inverse.
const LEAST_SCALE: f64 = 1e-15;

/// One vector a vertex, as rows of a matrix.
struct Mixing<'a> {
    graph: &'a Csr,
    weighted: bool,
    /// Numbers of a vector.
    width: usize,
    /// Mean weight of the edges that leave a vertex; above 0.
    mean_degree: f64,
}

impl<'a> Mixing<'a> {
    fn new(graph: &'a Csr, weighted: bool, width: usize, control: &Control) -> Result<Self, KernelError> {
        let mut mixing = Self {
            graph,
            weighted,
            width,
            mean_degree: 1.0,
        };
        let mut nothing = vec![(); graph.vertex_count() as usize];
        let silent = control.silent();
        let total =
            blocks::fill_and_sum_along(&*graph.out, &mut nothing, &silent, |v| ((), mixing.degree(v)))?;
        if total > 0.0 {
            mixing.mean_degree = total / nothing.len() as f64;
        }
        Ok(mixing)
    }

    /// Calls `fill` with each vertex and its row, in parallel blocks.
    fn each_row(
        &self,
        rows: &mut [f32],
        control: &Control,
        fill: impl Fn(u32, &mut [f32], &mut Pace<'_>) -> Result<(), KernelError> + Sync,
    ) -> Result<(), KernelError> {
        rows.par_chunks_mut(ROWS * self.width)
            .enumerate()
            .try_for_each(|(block, rows)| {
                control.check()?;
                let count = rows.len() / self.width;
                let mut pace = Pace::new(control);
                for (at, row) in rows.chunks_mut(self.width).enumerate() {
                    fill((block * ROWS + at) as u32, row, &mut pace)?;
                }
                control.advance(count as u64);
                Ok(())
            })
    }

    /// Draws the random vector of `v`.
    fn draw(&self, v: u32, config: &FastRpConfig, row: &mut [f32]) {
        let mut random = stream(config.seed, u64::from(self.graph.number(v)));
        let degree = self.degree(v);
        // Vectors are brought to length 1 later, so that only ratios matter: beside the mean degree even
        // amounts of money stay far from what 32 bits can hold.
        let scale = if degree > 0.0 {
            let relative = degree / self.mean_degree;
            relative
                .powf(config.normalisation_strength)
                .clamp(LEAST_SCALE, LEAST_SCALE.recip())
        } else {
            1.0
        };
        let entry = (scale * (3.0 / self.width as f64).sqrt()) as f32;
        for value in row {
            *value = match below(&mut random, 6) {
                0 => entry,
                1 => -entry,
                _ => 0.0,
            };
        }
    }

    /// The weight of the edges that leave `v`.
    fn degree(&self, v: u32) -> f64 {
        let range = self.graph.out.range(v);
        if self.weighted {
            range.map(|at| self.graph.out.weight(at)).sum()
        } else {
            range.len() as f64
        }
    }

    /// Writes the mean of the rows of `v`'s neighbours to `row`.
    fn mean(&self, v: u32, rows: &[f32], row: &mut [f32], pace: &mut Pace<'_>) -> Result<(), KernelError> {
        row.fill(0.0);
        let degree = self.degree(v);
        if degree == 0.0 {
            return Ok(());
        }
        let even = (1.0 / degree) as f32;
        for at in self.graph.out.range(v) {
            // A row is read a cache line at a time.
            pace.step(self.width / 16)?;
            let u = self.graph.out.targets[at] as usize;
            let other = &rows[u * self.width..(u + 1) * self.width];
            let share = if self.weighted {
                (self.graph.out.weight(at) / degree) as f32
            } else {
                even
            };
            row.iter_mut().zip(other).for_each(|(sum, it)| *sum += share * it);
        }
        Ok(())
    }
}

/// Adds each row of `rows`, brought to length 1 and times `weight`, to that of `embedding`.
fn add_units(
    embedding: &mut [f32],
    rows: &[f32],
    width: usize,
    weight: f64,
    control: &Control,
) -> Result<(), KernelError> {
    let pairs = embedding
        .par_chunks_mut(ROWS * width)
        .zip(rows.par_chunks(ROWS * width));
    pairs.try_for_each(|(sums, rows)| {
        control.check()?;
        for (sum, row) in sums.chunks_mut(width).zip(rows.chunks(width)) {
            // In 64 bits the square of no finite number is lost or infinite.
            let length = row.iter().map(|it| f64::from(*it).powi(2)).sum::<f64>().sqrt();
            if length > 0.0 {
                let scale = weight / length;
                let parts = row.iter().map(|it| (f64::from(*it) * scale) as f32);
                sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            }
        }
        Ok(())
    })
}

#[cfg(test)]
#[path = "fast_rp_tests.rs"]
mod tests;
