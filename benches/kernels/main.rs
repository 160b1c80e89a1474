//! What the kernels cost: processor seconds of all threads and wall seconds of the kernel alone.
//!
//! `cargo bench --bench kernels` prints a table with the figures that are to be reached; `-- --help` lists
//! the options. `benches/peers/run` calls the same program and compares it with other libraries.

mod answers;
mod form;
mod graphs;
mod loads;
mod measure;
mod table;
mod work;
mod works;

use std::io::{self, Write};

use anyhow::ensure;
use clap::Parser;
use gaai::graph::{Csr, Direction, EdgeList, ParallelEdges, ProjectionRules, build, build_by_degree};

use form::Form;
use graphs::{Files, GRAPHS, GraphKind};
use loads::{LOADS, Load};
use measure::Times;
use table::Measured;
use work::{Answer, Shape, Work};
use works::WORKS;

/// The work that is no kernel: from arrays to lists in both directions.
const BUILD: &str = "build";

/// Measures the kernels on generated graphs.
#[derive(Parser)]
struct Options {
    /// Graphs, separated by commas; by default those that each work names.
    #[arg(long, value_delimiter = ',')]
    graph: Vec<String>,
    /// Works, separated by commas; by default all.
    #[arg(long, value_delimiter = ',')]
    work: Vec<String>,
    /// Threads; 0 takes one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Runs of each work; fewer are made of slow ones.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Leaves out graphs with more than two to this many vertices.
    #[arg(long, default_value_t = 32)]
    scale_limit: u32,
    /// Adds the large graphs.
    #[arg(long)]
    full: bool,
    /// Keeps the numbers of the vertices instead of numbering them by degree.
    #[arg(long)]
    keep_order: bool,
    /// Packs the lists of neighbours before the kernels run, and measures that too.
    #[arg(long)]
    compressed: bool,
    /// Prints a JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// Only makes the graphs and prints where their files are.
    #[arg(long)]
    generate: bool,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn check(&self) -> anyhow::Result<()> {
        for name in &self.graph {
            ensure!(
                GRAPHS.iter().any(|it| it.name == name),
                "no graph is called `{name}`"
            );
        }
        for name in &self.work {
            let mut known = WORKS
                .iter()
                .map(|it| it.name)
                .chain(LOADS.iter().map(|it| it.work));
            ensure!(
                name == BUILD || known.any(|it| it == name),
                "no work is called `{name}`"
            );
        }
        Ok(())
    }

    fn wants(&self, graph: &GraphKind, work: &str, usual: &[&str], large: &[&str]) -> bool {
        let by_default = usual.contains(&graph.name) || self.full && large.contains(&graph.name);
        let of_graph = match self.graph.as_slice() {
            [] => by_default,
            named => named.iter().any(|it| it == graph.name),
        };
        let of_work = self.work.is_empty() || self.work.iter().any(|it| it == work);
        of_graph && of_work && graph.scale <= self.scale_limit
    }

    fn wants_build(&self, graph: &GraphKind) -> bool {
        self.wants(
            graph,
            BUILD,
            &["rmat18", "rmat20"],
            &["rmat22", "urand20", "grid2000"],
        )
    }

    fn wants_load(&self, graph: &GraphKind, load: Load) -> bool {
        self.wants(graph, load.work, &["rmat20"], &["rmat22"])
    }

    fn wants_work(&self, graph: &GraphKind, work: &Work) -> bool {
        self.wants(graph, work.name, work.graphs, work.large)
    }

    fn wants_graph(&self, graph: &GraphKind) -> bool {
        self.wants_build(graph)
            || LOADS.iter().any(|it| self.wants_load(graph, *it))
            || WORKS.iter().any(|it| self.wants_work(graph, it))
    }

    fn build(&self, n: u32, edges: EdgeList, direction: Direction) -> Csr {
        // The lists of the generator have no self-loops and no parallel edges.
        let rules = ProjectionRules {
            direction,
            parallel: ParallelEdges::Keep,
            self_loops: false,
        };
        if self.keep_order {
            build(n, edges, rules)
        } else {
            build_by_degree(n, edges, rules)
        }
    }

    fn print(&self, measured: &Measured) -> io::Result<()> {
        let out = &mut io::stdout();
        if self.json {
            table::json_line(out, measured)
        } else {
            table::row(out, measured)
        }
    }

    fn print_without(&self, graph: &str, work: &str, why: &str) -> io::Result<()> {
        let out = &mut io::stdout();
        if self.json {
            table::json_without(out, graph, work, why)
        } else {
            table::row_without(out, graph, work, why)
        }
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    options.check()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()?;
    if !options.json && !options.generate {
        let (threads, runs) = (pool.current_num_threads(), options.runs);
        writeln!(io::stdout(), "{threads} threads, at most {runs} runs each\n")?;
        table::heading(&mut io::stdout())?;
    }
    for graph in GRAPHS.iter().filter(|it| options.wants_graph(it)) {
        let files = graph.files()?;
        if options.generate {
            let (name, n, prefix) = (graph.name, files.n, files.prefix().display());
            writeln!(io::stdout(), "{name} {n} {prefix}")?;
        } else {
            pool.install(|| measure_graph(&options, graph, &files))?;
        }
    }
    Ok(())
}

/// All that is wanted on one graph.
fn measure_graph(options: &Options, graph: &GraphKind, files: &Files) -> anyhow::Result<()> {
    for load in LOADS.iter().filter(|it| options.wants_load(graph, **it)) {
        options.print(&load.measure(options.runs, graph, files)?)?;
    }
    if options.wants_build(graph) {
        options.print(&measure_build(options, graph, files)?)?;
    }
    let mut loaded = None;
    for work in WORKS.iter().filter(|it| options.wants_work(graph, it)) {
        // One graph is held at a time; works on the same shape stand together.
        if loaded.as_ref().is_none_or(|it: &Loaded| it.shape != work.shape) {
            drop(loaded.take());
        }
        let held = match loaded.take() {
            Some(held) => held,
            None => Loaded::new(options, graph, files, work.shape)?,
        };
        match measure_kernel(options, graph, work, &held) {
            Ok(measured) => options.print(&measured)?,
            Err(error) => options.print_without(graph.name, work.name, &error.to_string())?,
        }
        loaded = Some(held);
    }
    Ok(())
}

/// A graph as a work wants it.
struct Loaded {
    shape: Shape,
    form: Form,
    /// Where searches start.
    starts: Vec<u32>,
}

impl Loaded {
    fn new(options: &Options, kind: &GraphKind, files: &Files, shape: Shape) -> anyhow::Result<Self> {
        let directed = shape == Shape::Directed && kind.directed;
        let mut edges = files.edges(directed, shape == Shape::Weighted)?;
        let mut n = files.n;
        if shape == Shape::Compact {
            (n, edges) = graphs::without_isolated(n, edges);
        }
        let direction = match shape {
            Shape::Directed | Shape::Acyclic => Direction::Directed,
            Shape::Undirected | Shape::Weighted | Shape::Compact => Direction::Undirected,
        };
        let starts = graphs::first_ends(&edges, 16);
        let form = Form::new(options.build(n, edges, direction), options.compressed)?;
        Ok(Self { shape, starts, form })
    }
}

/// From arrays to both directions. The peak counts from before the arrays are read.
fn measure_build(options: &Options, kind: &GraphKind, files: &Files) -> anyhow::Result<Measured> {
    let before = measure::resident();
    measure::forget_peak()?;
    let direction = if kind.directed {
        Direction::Directed
    } else {
        Direction::Undirected
    };
    let mut times = Times::default();
    let mut answer = Answer::new();
    for _ in 0..options.runs.max(1) {
        let edges = files.edges(kind.directed, false)?;
        let built = || Form::new(options.build(files.n, edges, direction), options.compressed);
        let form = times.of(built)?;
        let (edge_count, bytes) = form.size();
        answer.insert("edges", edge_count);
        answer.insert("bytes_an_edge", bytes / edge_count);
        drop(form);
        if times.enough() {
            break;
        }
    }
    let peak = measure::peak();
    let beyond = peak.saturating_sub(before) as f64;
    if let Some(edges) = answer.get("edges").copied() {
        answer.insert("peak_bytes_an_edge", beyond / edges);
    }
    Ok(Measured {
        graph: kind.name,
        work: BUILD,
        threads: rayon::current_num_threads(),
        times,
        peak,
        answer,
    })
}

/// The kernel alone, and the answer of its first run; numbers of several searches are added.
fn measure_kernel(
    options: &Options,
    kind: &GraphKind,
    work: &Work,
    loaded: &Loaded,
) -> anyhow::Result<Measured> {
    let algorithm = work.algorithm()?;
    let inputs = work.inputs(loaded.form.vertex_count(), &loaded.starts);
    measure::forget_peak()?;
    let mut times = Times::default();
    let mut answer = Answer::new();
    for run in 0..options.runs.max(1) {
        for input in &inputs {
            let outcome = times.of(|| loaded.form.run(&algorithm, input))?;
            if run == 0 {
                for (name, value) in loaded.form.answer(work, &outcome) {
                    *answer.entry(name).or_insert(0.0) += value;
                }
            }
        }
        if times.enough() {
            break;
        }
    }
    Ok(Measured {
        graph: kind.name,
        work: work.name,
        threads: rayon::current_num_threads(),
        times,
        peak: measure::peak(),
        answer,
    })
}
