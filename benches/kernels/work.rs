//! What a piece of work is: a kernel of the registry with its parameters, the graph it runs on, what it gets
//! beside the graph, and the numbers by which its answer is compared with those of others.

use std::collections::BTreeMap;

use anyhow::bail;
use gaai::algorithms::{Algorithm, Inputs, ItemCodes, NumberColumn, Outcome};
use gaai::graph::Csr;
use serde_json::{Value, json};

/// How the files of a graph are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The directed list.
    Directed,
    /// The undirected list.
    Undirected,
    /// The undirected list, with weights.
    Weighted,
    /// The undirected list read from the smaller to the larger end: no cycles.
    Acyclic,
    /// The undirected list without vertices that have no edge.
    Compact,
}

/// What the kernel gets beside the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// Nothing.
    Nothing,
    /// One start: one search from each of the first so many ends of edges, timed each.
    Each(usize),
    /// Several starts at once: the first so many ends of edges.
    Together(usize),
    /// A start and a target: the first and the last of the first ends, the second and the last but one, and
    /// so on for so many pairs, timed each.
    Pairs(usize),
    /// An attribute that puts vertex v into group v modulo so many.
    Groups(u32),
    /// So many attributes between 0 and 1: points at random.
    Points(u64),
}

/// One piece of work.
pub(crate) struct Work {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// The kernel's name in the registry.
    pub(crate) algorithm: &'static str,
    /// What it runs on.
    pub(crate) shape: Shape,
    /// What it gets beside the graph.
    pub(crate) given: Given,
    /// The graphs on which it runs unless others are named.
    pub(crate) graphs: &'static [&'static str],
    /// Graphs that `--full` adds.
    pub(crate) large: &'static [&'static str],
    pub(crate) parameters: fn() -> Value,
    pub(crate) answer: fn(&Outcome, &Csr) -> Answer,
}

/// Numbers by which answers are compared; see `benches/peers/suite.py` for their meaning.
pub(crate) type Answer = BTreeMap<&'static str, f64>;

impl Work {
    /// The algorithm, or why there is none.
    pub(crate) fn algorithm(&self) -> anyhow::Result<Algorithm> {
        let Ok(info) = Algorithm::find(self.algorithm) else {
            bail!("no kernel yet");
        };
        let mut parameters = BTreeMap::new();
        if let Value::Object(given) = (self.parameters)() {
            parameters.extend(given);
        }
        // The kernel takes vertex numbers from its inputs; the parameters must not be empty.
        let named: &[&str] = match self.given {
            Given::Each(_) | Given::Together(_) => &["sources"],
            Given::Pairs(_) => &["sources", "targets"],
            Given::Nothing | Given::Groups(_) | Given::Points(_) => &[],
        };
        let known = info.parameters.iter().map(|it| it.name);
        for name in known.filter(|it| named.contains(it)) {
            parameters.insert(name.to_owned(), json!([format!("{name} by number")]));
        }
        Ok(Algorithm::from_parameters(self.algorithm, &parameters)?)
    }

    /// What the kernel gets on a graph of `n` vertices whose first ends of edges are `ends`, once for each
    /// run it needs.
    pub(crate) fn inputs(&self, n: u32, ends: &[u32]) -> Vec<Inputs> {
        let from = |sources: &[u32], targets: &[u32]| Inputs {
            sources: sources.to_vec(),
            targets: targets.to_vec(),
            ..Inputs::default()
        };
        match self.given {
            Given::Nothing => vec![Inputs::default()],
            Given::Each(count) => ends.iter().take(count).map(|it| from(&[*it], &[])).collect(),
            Given::Together(count) => {
                let mut starts: Vec<u32> = ends.iter().take(count).copied().collect();
                starts.sort_unstable();
                vec![from(&starts, &[])]
            }
            Given::Pairs(count) => {
                let pairs = ends.iter().zip(ends.iter().rev()).take(count);
                pairs
                    .map(|(source, target)| from(&[*source], &[*target]))
                    .collect()
            }
            Given::Groups(count) => vec![Inputs {
                items: vec![ItemCodes {
                    name: "group".to_owned(),
                    codes: (0..n).map(|v| v % count).collect(),
                }],
                ..Inputs::default()
            }],
            Given::Points(dimensions) => {
                let column = |dimension| NumberColumn {
                    name: format!("x{dimension}"),
                    values: (0..u64::from(n))
                        .map(|v| (mixed(dimensions * v + dimension) >> 11) as f64 / (1_u64 << 53) as f64)
                        .collect(),
                };
                vec![Inputs {
                    numbers: (0..dimensions).map(column).collect(),
                    ..Inputs::default()
                }]
            }
        }
    }
}

/// The finaliser of SplitMix64, which `benches/peers/protocol.py` has too.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
