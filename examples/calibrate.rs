//! Prints how many elementary steps a second each kernel does on one core of this machine, and how
//! many edges are loaded and rows written.
//!
//! `cargo run --release --example calibrate [NAME…]` measures each, or those named, on random graphs of three sizes; the
//! slowest figure of an algorithm is its rate in `engine::estimate`. Steps are those that the kernel
//! announces, an upper bound, so a rate also says how far a random graph stays below the bound.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use gaai::algorithms::{Algorithm, Control, Extent, Info, Inputs, ItemCodes};
use gaai::engine::{ResultTables, write_tables};
use gaai::graph::{
    Csr, EdgeList, ProjectionRules, build,
    generate::{uniform, weighted},
};
use gaai::model::template::Projection;
use gaai::source::{GivenEdges, GraphSource, LoadedGraph, MemorySource};

/// Vertices; each has eight edges on average.
const SIZES: [u32; 3] = [1_000, 10_000, 60_000];

const EDGES_A_VERTEX: u32 = 8;

/// Kernels that take n times m steps are not measured beyond this.
const MOST_STEPS: u64 = 20_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    // One thread: rates are per core.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    writeln!(
        out,
        "{:18} {:>8} {:>14} {:>9} {:>12}",
        "what", "vertices", "steps", "seconds", "a second"
    )?;
    let named: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |info: &&&Info| named.is_empty() || named.iter().any(|it| it == info.name);
    for info in Algorithm::all().iter().filter(is_wanted) {
        for n in SIZES {
            let graph = random_graph(n);
            let algorithm = algorithm(info)?;
            let steps = algorithm
                .work(Extent {
                    n: u64::from(n),
                    m: graph.edge_count,
                    attributes: 4,
                })
                .operations;
            if steps <= MOST_STEPS {
                let inputs = inputs(n);
                let began = Instant::now();
                match pool.install(|| algorithm.run(&graph, &inputs, &Control::default())) {
                    Ok(_) => line(&mut out, info.name, n, steps, began)?,
                    Err(error) => writeln!(out, "{:18} {n:>8} {error}", info.name)?,
                }
            }
        }
    }
    if !named.is_empty() {
        return Ok(());
    }
    let (n, edges) = (SIZES[2], edges(SIZES[2]));
    let source = source(&edges)?;
    let projection = Projection {
        vertices: vec!["nodes".to_owned()],
        edges: vec!["links".to_owned()],
        ..Projection::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let began = Instant::now();
    let graph = runtime.block_on(source.load(&projection, &Control::default()))?;
    line(&mut out, "load, in edges", n, graph.csr.edge_count, began)?;
    let began = Instant::now();
    written(&graph)?;
    line(&mut out, "write, in rows", n, u64::from(n), began)?;
    Ok(())
}

fn line(out: &mut impl Write, what: &str, n: u32, steps: u64, began: Instant) -> io::Result<()> {
    let seconds = began.elapsed().as_secs_f64();
    let rate = steps as f64 / seconds;
    writeln!(out, "{what:18} {n:>8} {steps:>14} {seconds:>9.3} {rate:>12.3e}")
}

/// The algorithm with its defaults; where it needs a source or a target, those of [`inputs`].
fn algorithm(info: &Info) -> Result<Algorithm, Box<dyn Error>> {
    let mut parameters: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    if info.name == "pagerank" {
        // All sweeps, as on a graph that does not settle.
        parameters.insert("tolerance".to_owned(), 0.into());
    }
    let mut made = Algorithm::from_parameters(info.name, &parameters);
    for needed in ["sources", "targets"] {
        if made.is_err() {
            parameters.insert(needed.to_owned(), "nodes/0".into());
            made = Algorithm::from_parameters(info.name, &parameters);
        }
    }
    Ok(made?)
}

/// Vertex 0 as source, the last as target, and items that four vertices share.
fn inputs(n: u32) -> Inputs {
    Inputs {
        sources: vec![0],
        targets: vec![n - 1],
        items: vec![ItemCodes {
            name: "item".to_owned(),
            codes: (0..n).map(|v| v / 4).collect(),
        }],
        ..Inputs::default()
    }
}

/// Edges with weights and with times over two years, the same each time.
fn edges(n: u32) -> EdgeList {
    let m = n * EDGES_A_VERTEX;
    EdgeList {
        times: Some(
            (0..i64::from(m))
                .map(|row| row * 7919 % 1_000_003 * 60_000)
                .collect(),
        ),
        ..weighted(uniform(n, m, 1), 1, 100, 2)
    }
}

fn random_graph(n: u32) -> Csr {
    build(n, edges(n), ProjectionRules::default())
}

fn source(edges: &EdgeList) -> Result<MemorySource, Box<dyn Error>> {
    let ends = edges.sources.iter().zip(&edges.targets);
    let links = GivenEdges {
        name: "links".to_owned(),
        ends: ends
            .map(|(u, v)| (format!("nodes/{u}"), format!("nodes/{v}")))
            .collect(),
        directed: true,
        ..GivenEdges::default()
    };
    Ok(MemorySource::new("random", Vec::new(), vec![links])?)
}

fn written(graph: &LoadedGraph) -> Result<(), Box<dyn Error>> {
    let degree = Algorithm::from_parameters("degree", &BTreeMap::new())?;
    let outcome = degree.run(&graph.csr, &Inputs::default(), &Control::default())?;
    let directory = tempfile::tempdir()?;
    write_tables(
        &ResultTables::from_outcome(&outcome, graph)?,
        directory.path(),
        "degree",
    )?;
    Ok(())
}
