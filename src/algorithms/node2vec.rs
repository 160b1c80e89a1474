//! node2vec: a vector for each vertex such that vertices that walks meet together have alike vectors.
//!
//! Random walks (`walker`) are read as sentences: two vertices at most `window` steps apart on a walk are a
//! pair, a window of each size being as likely. Skip-gram with negative sampling moves the vectors of a
//! pair towards one another and away from `negatives` vertices drawn by the 0.75th power of their in-degree
//! plus one, drawn once a place and used for every pair of it. The learning rate falls in a line to
//! nothing.
//!
//! Convention: walks follow edges as directed, undirected ones both ways, in step with their weights. Every
//! epoch walks afresh, from all vertices in an order drawn from the seed. A vertex that is in no pair has
//! zeros.
//!
//! Law: one thread trains, pair after pair, while the others walk ahead; the answer depends on the seed only.
//! Cost: O(epochs walks length window negatives dimension) time on one thread, the walks divided by all; 8
//! bytes a vertex and dimension, 28 a vertex, 8 an edge with weights; walks are never kept.
//! Source: Grover & Leskovec, KDD 2016; Mikolov et al., NIPS 2013; Ji et al., 2016 (shared negatives).

use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sampling::{self, below, fraction, permutation, stream};
use super::walker::{self, SIDE_BY_SIDE, WalkRules, Walker};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Node2vec`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Node2vecConfig {
    /// Numbers of a vector, 1 to 512.
    pub dimension: u32,
    /// Walks begun at each vertex in an epoch, 1 to 10,000.
    pub walks_per_vertex: u32,
    /// Vertices of a walk at most, 2 to 10,000.
    pub length: u32,
    /// Steps that the two of a pair are apart at most, 1 to 100.
    pub window: u32,
    /// Vertices that a pair is told from, 1 to 100.
    pub negatives: u32,
    /// Rounds of walks, 1 to 1000.
    pub epochs: u32,
    /// How far a pair moves its vectors at first, above 0 to 0.5.
    pub learning_rate: f64,
    /// How much less likely a step back is, 0.001 to 1000.
    pub return_factor: f64,
    /// How much less likely a step away is, 0.001 to 1000.
    pub in_out_factor: f64,
    /// Whether edges are taken in step with their weights, where there are some.
    pub weighted: bool,
    /// Start of the random numbers.
    pub seed: u64,
}

impl Default for Node2vecConfig {
    fn default() -> Self {
        Self {
            dimension: 64,
            walks_per_vertex: 10,
            length: 80,
            window: 5,
            negatives: 5,
            epochs: 1,
            learning_rate: 0.025,
            return_factor: 1.0,
            in_out_factor: 1.0,
            weighted: true,
            seed: 1,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "node2vec",
    aliases: &["deepwalk", "deep_walk"],
    special_cases: &[],
    title: "Embedding by walks (node2vec)",
    summary: "Gives each vertex a vector, so that vertices that random walks meet together have alike vectors.",
    convention: "Walks follow edges as directed, undirected ones both ways, in step with their weights, where \
                 there are some. A vertex that no edge joins to another has the vector of zeros. Only angles \
                 and distances between vectors of one run mean something.",
    source: "Grover & Leskovec, KDD 2016; Mikolov et al., NIPS 2013.",
    parameters: &[
        ParameterInfo {
            name: "dimension",
            kind: "whole number",
            default: "64",
            range: "from 1 to 512",
            meaning: "Numbers of a vector.",
        },
        walker::WALKS_PER_VERTEX,
        walker::LENGTH,
        ParameterInfo {
            name: "window",
            kind: "whole number",
            default: "5",
            range: "from 1 to 100",
            meaning: "Steps that two vertices of a walk are apart at most to be a pair.",
        },
        ParameterInfo {
            name: "negatives",
            kind: "whole number",
            default: "5",
            range: "from 1 to 100",
            meaning: "Vertices drawn at random that each pair is told from.",
        },
        ParameterInfo {
            name: "epochs",
            kind: "whole number",
            default: "1",
            range: "from 1 to 1000",
            meaning: "Rounds of walks, each with walks of its own.",
        },
        ParameterInfo {
            name: "learning_rate",
            kind: "number",
            default: "0.025",
            range: "above 0, to 0.5",
            meaning: "How far a pair moves its vectors at first; it falls to nothing at the end.",
        },
        walker::RETURN_FACTOR,
        walker::IN_OUT_FACTOR,
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
            name: "pairs",
            quantity: Quantity::Count,
            meaning: "Pairs of vertices that were trained.",
        },
        ColumnInfo {
            name: "zero_vectors",
            quantity: Quantity::Count,
            meaning: "Vertices that are in no pair.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 8.0e8,
};

impl Node2vecConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let counts = [
            ("dimension", self.dimension, 512),
            ("window", self.window, 100),
            ("negatives", self.negatives, 100),
            ("epochs", self.epochs, 1000),
        ];
        let is_wrong = |it: &(&str, u32, u32)| !(1..=it.2).contains(&it.1);
        if let Some((parameter, value, most)) = counts.into_iter().find(is_wrong) {
            let problem = format!("is {value}; it must be from 1 to {most}");
            return Err(KernelError::Parameter { parameter, problem });
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 0.5) {
            return Err(KernelError::Parameter {
                parameter: "learning_rate",
                problem: format!("is {}; it must be above 0, to 0.5", self.learning_rate),
            });
        }
        self.rules().validate()
    }

    fn rules(&self) -> WalkRules {
        WalkRules {
            seed: self.seed,
            walks_per_vertex: self.walks_per_vertex,
            length: self.length,
            return_factor: self.return_factor,
            in_out_factor: self.in_out_factor,
            weighted: self.weighted,
        }
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &Node2vecConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let dimension = u64::from(config.dimension);
    let walks = u64::from(config.epochs) * u64::from(config.walks_per_vertex);
    // Of windows of every size up to `window`, the mean.
    let pairs = u64::from(config.length) * (u64::from(config.window) + 1);
    let each = pairs
        .saturating_mul(u64::from(config.negatives) + 1)
        .saturating_mul(dimension);
    Work {
        bytes: n.saturating_mul(8 * dimension + 32)
            + 8 * BATCH as u64 * (u64::from(config.length) + 1)
            + if config.weighted { 16 * m } else { 0 },
        operations: n
            .saturating_mul(walks)
            .saturating_mul(each.saturating_add(config.rules().steps(m)))
            .saturating_add(2 * m),
        ..Work::default()
    }
}

/// Walks that are walked ahead of training.
const BATCH: usize = 1024;

/// Keeps the random numbers of training apart from those of walks.
const TRAINING: u64 = 0x7261_696e;

/// Computes the vectors.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`] when weights count; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &Node2vecConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let walker = Walker::new(graph, config.rules(), control)?;
    let n = graph.vertex_count() as usize;
    let rounds = config.epochs as usize * config.walks_per_vertex as usize;
    let total = n.saturating_mul(rounds);
    control.expect(total as u64);
    let order = permutation(n as u32, config.seed);
    let mut model = Model::new(graph, config, control)?;
    let batch = |begin: usize| walked(&walker, &order, begin..total.min(begin + BATCH), control);
    let mut ahead = batch(0)?;
    for begin in (0..total).step_by(BATCH) {
        let walks = std::mem::take(&mut ahead);
        let (trained, next) = rayon::join(
            || model.train(&walks, begin, total, control),
            || batch(total.min(begin + BATCH)),
        );
        trained?;
        ahead = next?;
    }
    Ok(model.outcome())
}

/// The walks of these places, in order.
fn walked(
    walker: &Walker,
    order: &[u32],
    places: std::ops::Range<usize>,
    control: &Control,
) -> Result<Vec<Vec<u32>>, KernelError> {
    let places: Vec<usize> = places.collect();
    let some = |places: &[usize]| {
        control.check()?;
        let start = |place: &usize| (order[place % order.len()], (place / order.len()) as u32);
        let starts: Vec<(u32, u32)> = places.iter().map(start).collect();
        let mut walks = vec![Vec::new(); starts.len()];
        walker.walk_together(&starts, &mut walks, control)?;
        Ok(walks)
    };
    let parts: Result<Vec<Vec<Vec<u32>>>, KernelError> = places.par_chunks(SIDE_BY_SIDE).map(some).collect();
    Ok(parts?.into_iter().flatten().collect())
}

/// The vectors while they are trained.
struct Model<'a> {
    config: &'a Node2vecConfig,
    width: usize,
    /// The answer: a vector a vertex.
    inputs: Vec<f32>,
    /// What vertices are as the other of a pair.
    outputs: Vec<f32>,
    negatives: Alias,
    /// Vertices that were in a pair.
    trained: Vec<bool>,
    pairs: u64,
}

impl<'a> Model<'a> {
    fn new(graph: &Csr, config: &'a Node2vecConfig, control: &Control) -> Result<Self, KernelError> {
        let (n, width) = (graph.vertex_count(), config.dimension as usize);
        let mut inputs = Vec::with_capacity(n as usize * width);
        let mut pace = Pace::new(control);
        for v in 0..n {
            pace.step(width)?;
            let mut random = stream(config.seed ^ TRAINING, u64::MAX - u64::from(graph.number(v)));
            inputs.extend((0..width).map(|_| (fraction(&mut random) as f32 - 0.5) / width as f32));
        }
        let chances = (0..n).map(|v| (graph.into.degree(v) as f64 + 1.0).powf(0.75));
        Ok(Self {
            config,
            width,
            outputs: vec![0.0; inputs.len()],
            inputs,
            negatives: Alias::new(chances.collect()),
            trained: vec![false; n as usize],
            pairs: 0,
        })
    }

    /// Trains on walks, the first of which stands at place `begin` of `total`.
    fn train(
        &mut self,
        walks: &[Vec<u32>],
        begin: usize,
        total: usize,
        control: &Control,
    ) -> Result<(), KernelError> {
        let mut change = vec![0.0; self.width];
        let mut negatives = vec![0; self.config.negatives as usize];
        for (walk, place) in walks.iter().zip(begin..) {
            let rate = self.config.learning_rate * (1.0 - place as f64 / total as f64);
            let mut random = stream(self.config.seed ^ TRAINING, place as u64);
            for at in 0..walk.len() {
                control.check()?;
                let reach = 1 + below(&mut random, u64::from(self.config.window)) as usize;
                self.negatives.draw(&mut negatives, &mut random);
                let near = at.saturating_sub(reach)..walk.len().min(at + reach + 1);
                for other in near.filter(|other| *other != at) {
                    self.pair(walk[other], walk[at], &negatives, rate as f32, &mut change);
                }
            }
            control.advance(1);
        }
        Ok(())
    }

    /// Moves the vector of `v` towards `u` and away from the negatives.
    fn pair(&mut self, v: u32, u: u32, negatives: &[u32], rate: f32, change: &mut [f32]) {
        let row = v as usize * self.width..(v as usize + 1) * self.width;
        let input = &mut self.inputs[row];
        change.fill(0.0);
        let others = negatives.iter().filter(|it| **it != u).map(|it| (*it, 0.0));
        for (target, wanted) in std::iter::once((u, 1.0)).chain(others) {
            let output = &mut self.outputs[target as usize * self.width..][..self.width];
            let found = 1.0 / (1.0 + (-dot(input, output)).exp());
            let step = (wanted - found) * rate;
            for ((change, output), input) in change.iter_mut().zip(output).zip(&*input) {
                *change += step * *output;
                *output += step * input;
            }
        }
        input
            .iter_mut()
            .zip(change)
            .for_each(|(it, change)| *it += *change);
        self.trained[v as usize] = true;
        self.pairs += 1;
    }

    fn outcome(mut self) -> Outcome {
        for (row, _) in self
            .inputs
            .chunks_mut(self.width)
            .zip(&self.trained)
            .filter(|it| !it.1)
        {
            row.fill(0.0);
        }
        let zeros = self.trained.iter().filter(|it| !**it).count();
        Outcome {
            summary: vec![
                ("dimension", Quantity::Count, self.width as f64),
                ("pairs", Quantity::Count, self.pairs as f64),
                ("zero_vectors", Quantity::Count, zeros as f64),
            ],
            vertices: vec![OutputColumn::new(
                "embedding",
                Quantity::Score,
                Values::Vectors {
                    width: self.width,
                    values: self.inputs,
                },
            )],
            ..Outcome::default()
        }
    }
}

/// Sums of a dot product that are kept side by side, so that they are added up at once.
const LANES: usize = 8;

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (mut left, mut right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (x, y) in left.by_ref().zip(right.by_ref()) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest = left.remainder().iter().zip(right.remainder());
    sums.iter().sum::<f32>() + rest.map(|(x, y)| x * y).sum::<f32>()
}

/// Draws numbers with given chances in constant time (Walker 1977, Vose 1991).
struct Alias {
    /// For each number the chance that a draw of its place stays there, and who takes it otherwise.
    places: Vec<(f32, u32)>,
}

impl Alias {
    fn new(mut chances: Vec<f64>) -> Self {
        let mean = chances.iter().sum::<f64>() / chances.len().max(1) as f64;
        chances.iter_mut().for_each(|it| *it /= mean);
        let mut places: Vec<(f32, u32)> = (0..chances.len() as u32).map(|it| (1.0, it)).collect();
        let (mut low, mut high): (Vec<u32>, Vec<u32>) =
            (0..chances.len() as u32).partition(|it| chances[*it as usize] < 1.0);
        while let (Some(small), Some(large)) = (low.pop(), high.pop()) {
            places[small as usize] = (chances[small as usize] as f32, large);
            chances[large as usize] -= 1.0 - chances[small as usize];
            match chances[large as usize] < 1.0 {
                true => low.push(large),
                false => high.push(large),
            }
        }
        Alias { places }
    }

    fn draw(&self, numbers: &mut [u32], random: &mut Pcg64Mcg) {
        for number in numbers {
            let place = below(random, self.places.len() as u64) as usize;
            let (stays, other) = self.places[place];
            *number = if (fraction(random) as f32) < stays {
                place as u32
            } else {
                other
            };
        }
    }
}

#[cfg(test)]
#[path = "node2vec_tests.rs"]
mod tests;
