//! Measures the crate `graph` as a peer: `peer PREFIX N WORK RUNS THREADS` prints one JSON line. Without
//! words it prints the works.
//!
//! The crate counts vertices up to the greatest that has an edge; those behind it are isolated.

#[path = "../../../kernels/measure.rs"]
#[allow(dead_code, reason = "this program needs no median")]
mod measure;

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::Ordering;

use anyhow::{Context, bail, ensure};
use graph::prelude::*;
use measure::Times;
use serde_json::{Map, Value, json};

const WORKS: &str = "build pagerank20 pagerank wcc triangles sssp";

type Pairs = Vec<(u32, u32)>;

struct Job {
    prefix: String,
    n: usize,
    runs: usize,
}

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        std::io::Write::write_all(&mut std::io::stdout(), format!("{WORKS}\n").as_bytes())?;
        return Ok(());
    }
    let [prefix, n, work, runs, threads] = words.as_slice() else {
        bail!("usage: peer PREFIX N WORK RUNS THREADS");
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build_global()?;
    let job = Job {
        prefix: prefix.clone(),
        n: n.parse()?,
        runs: runs.parse()?,
    };
    let before = measure::resident();
    let mut times = Times::default();
    let answer = match work.as_str() {
        "build" => job.build(&mut times, before),
        "pagerank20" => job.page_rank(&mut times, 20, 0.0),
        "pagerank" => job.page_rank(&mut times, 200, 1e-6),
        "wcc" => job.wcc(&mut times),
        "triangles" => job.triangles(&mut times),
        "sssp" => job.sssp(&mut times),
        _ => bail!("the works are {WORKS}"),
    }?;
    let line = json!({
        "cpu": times.cpu,
        "wall": times.wall,
        "peak_bytes": measure::peak(),
        "answer": answer,
    });
    // The harness reads the line from the standard output.
    std::io::Write::write_all(&mut std::io::stdout(), format!("{line}\n").as_bytes())?;
    Ok(())
}

impl Job {
    fn build(&self, times: &mut Times, before: u64) -> anyhow::Result<Map<String, Value>> {
        measure::forget_peak()?;
        let mut edge_count = 0;
        while self.again(times) {
            // The builder takes the list, so each run gets its own; copying is not timed.
            let pairs = self.pairs(self.list())?;
            let graph: DirectedCsrGraph<u32> = times.of(|| directed(pairs));
            edge_count = graph.edge_count();
        }
        let beyond = measure::peak().saturating_sub(before) as f64;
        Ok(object(json!({
            "edges": edge_count,
            "peak_bytes_an_edge": beyond / f64::from(edge_count),
        })))
    }

    fn page_rank(
        &self,
        times: &mut Times,
        sweeps: usize,
        tolerance: f64,
    ) -> anyhow::Result<Map<String, Value>> {
        let graph = directed(self.pairs(self.list())?);
        let mut found = (Vec::new(), 0, 0.0);
        while self.again(times) {
            found = times.of(|| page_rank(&graph, PageRankConfig::new(sweeps, tolerance, 0.85)));
        }
        let greatest = f64::from(found.0.iter().copied().fold(0.0, f32::max));
        let sum: f64 = found.0.iter().map(|it| f64::from(*it)).sum();
        Ok(object(
            json!({"greatest_share": greatest / sum, "iterations": found.1}),
        ))
    }

    fn wcc(&self, times: &mut Times) -> anyhow::Result<Map<String, Value>> {
        let graph = directed(self.pairs(self.list())?);
        let mut sizes: HashMap<u32, u32> = HashMap::new();
        while self.again(times) {
            let found = times.of(|| wcc_afforest_dss(&graph, WccConfig::default()));
            sizes.clear();
            for v in 0..graph.node_count() {
                *sizes.entry(found.component(v)).or_default() += 1;
            }
        }
        let behind = self.n - graph.node_count() as usize;
        Ok(object(json!({
            "components": sizes.len() + behind,
            "largest": sizes.values().max(),
        })))
    }

    /// Includes the relabelling by degree, without which the count takes many times as long.
    fn triangles(&self, times: &mut Times) -> anyhow::Result<Map<String, Value>> {
        let mut triangles = 0;
        while self.again(times) {
            let mut graph: UndirectedCsrGraph<u32> = GraphBuilder::new()
                .csr_layout(CsrLayout::Deduplicated)
                .edges(self.pairs("_u")?)
                .build();
            triangles = times.of(|| {
                graph.make_degree_ordered();
                global_triangle_count(&graph)
            });
        }
        Ok(object(json!({ "triangles": triangles })))
    }

    fn sssp(&self, times: &mut Times) -> anyhow::Result<Map<String, Value>> {
        let pairs = self.pairs("_u")?;
        let weights = fs::read(format!("{}_u.w.u8", self.prefix))?;
        let sources = first_ends(&pairs, 4);
        // The crate searches directed graphs only, so both directions are given.
        let both = pairs.iter().zip(&weights).flat_map(|(&(u, v), &weight)| {
            let weight = f32::from(weight);
            [(u, v, weight), (v, u, weight)]
        });
        let graph: DirectedCsrGraph<u32, (), f32> = GraphBuilder::new()
            .csr_layout(CsrLayout::Sorted)
            .edges_with_values(both.collect::<Vec<_>>())
            .build();
        let (mut reached, mut farthest) = (0, 0.0);
        for run in 0..self.runs {
            for source in &sources {
                let config = DeltaSteppingConfig::new(*source as usize, 16.0);
                let distances = times.of(|| delta_stepping(&graph, config));
                let finite = distances.iter().map(|it| it.load(Ordering::Relaxed));
                let finite: Vec<f32> = finite.filter(|it| *it < f32::MAX).collect();
                if run == 0 {
                    reached += finite.len();
                    farthest += f64::from(finite.into_iter().fold(0.0, f32::max));
                }
            }
            if times.enough() {
                break;
            }
        }
        Ok(object(json!({"reached": reached, "farthest": farthest})))
    }

    fn again(&self, times: &Times) -> bool {
        times.cpu.len() < self.runs && (times.cpu.is_empty() || !times.enough())
    }

    /// The directed list where there is one.
    fn list(&self) -> &'static str {
        let path = format!("{}.src.u32", self.prefix);
        if fs::exists(path).unwrap_or(false) {
            ""
        } else {
            "_u"
        }
    }

    fn pairs(&self, list: &str) -> anyhow::Result<Pairs> {
        let (from, to) = (self.numbers(list, "src")?, self.numbers(list, "dst")?);
        ensure!(from.len() == to.len(), "the arrays differ in length");
        Ok(from.into_iter().zip(to).collect())
    }

    fn numbers(&self, list: &str, end: &str) -> anyhow::Result<Vec<u32>> {
        let path = format!("{}{list}.{end}.u32", self.prefix);
        let bytes = fs::read(&path).with_context(|| path)?;
        let number = |it: &[u8]| u32::from_le_bytes([it[0], it[1], it[2], it[3]]);
        Ok(bytes.chunks_exact(4).map(number).collect())
    }
}

fn directed(pairs: Pairs) -> DirectedCsrGraph<u32> {
    GraphBuilder::new()
        .csr_layout(CsrLayout::Sorted)
        .edges(pairs)
        .build()
}

/// The first different ends of edges in arrival order, as every peer takes them.
fn first_ends(pairs: &Pairs, count: usize) -> Vec<u32> {
    let mut found = Vec::new();
    for end in pairs.iter().flat_map(|(u, v)| [*u, *v]) {
        if found.len() < count && !found.contains(&end) {
            found.push(end);
        }
    }
    found
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
