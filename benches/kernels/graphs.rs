//! The benchmark graphs: made once by `benches/peers/gen.c`, kept in `target/bench-graphs`, read as raw
//! arrays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use gaai::graph::EdgeList;

/// A graph that can be made.
pub(crate) struct GraphKind {
    /// Its name on the command line and of its files.
    pub(crate) name: &'static str,
    /// Rounded binary logarithm of the vertices.
    pub(crate) scale: u32,
    /// Whether there is a directed list beside the undirected one.
    pub(crate) directed: bool,
    /// What the generator is asked for.
    words: &'static str,
}

pub(crate) const GRAPHS: &[GraphKind] = &[
    kind("rmat12", 12, true, "rmat 12 16"),
    kind("rmat14", 14, true, "rmat 14 16"),
    kind("rmat18", 18, true, "rmat 18 16"),
    kind("planted18", 18, false, "planted 262144 512 12 4"),
    kind("rmat20", 20, true, "rmat 20 16"),
    kind("urand20", 20, true, "urand 20 16"),
    kind("grid2000", 22, false, "grid 2000 2000"),
    kind("rmat22", 22, true, "rmat 22 16"),
];

const fn kind(name: &'static str, scale: u32, directed: bool, words: &'static str) -> GraphKind {
    GraphKind {
        name,
        scale,
        directed,
        words,
    }
}

/// Where the files of a graph are.
pub(crate) struct Files {
    prefix: PathBuf,
    /// Vertices.
    pub(crate) n: u32,
}

impl GraphKind {
    /// The files of the graph, made now if they are missing.
    pub(crate) fn files(&self) -> anyhow::Result<Files> {
        // Cargo sets this directory for benchmarks: `tmp` below the target directory.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = target.parent().unwrap_or(target).join("bench-graphs");
        fs::create_dir_all(&directory)?;
        let prefix = directory.join(self.name);
        let sizes = prefix.with_extension("txt");
        // The generator writes the sizes last, so that a file of sizes says that all others are whole.
        if !sizes.exists() {
            let mut command = Command::new(generator(&directory)?);
            command.args(self.words.split(' ')).arg(&prefix);
            succeed(&mut command)?;
        }
        let text = fs::read_to_string(&sizes)?;
        let n = text.split_whitespace().find_map(|it| it.strip_prefix("n="));
        let n = n.with_context(|| format!("{} names no vertices", sizes.display()))?;
        Ok(Files {
            prefix,
            n: n.parse()?,
        })
    }
}

/// The generator, compiled anew when its source is newer. Compilers without OpenMP make a slower one.
fn generator(directory: &Path) -> anyhow::Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/gen.c");
    let program = directory.join("gen");
    let written = |path: &Path| fs::metadata(path).and_then(|it| it.modified());
    if written(&program).is_ok_and(|it| written(&source).is_ok_and(|of_source| it > of_source)) {
        return Ok(program);
    }
    let compile = |flags: &[&str]| {
        let mut command = Command::new("cc");
        command.args(flags).arg(&source).arg("-o").arg(&program);
        succeed(&mut command)
    };
    compile(&["-O3", "-fopenmp"]).or_else(|_| compile(&["-O3", "-Wno-unknown-pragmas"]))?;
    Ok(program)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {command:?}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {told}");
    Ok(())
}

impl Files {
    /// What the files' names begin with.
    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// What the names of the directed or the undirected list's files begin with.
    pub(crate) fn stem(&self, directed: bool) -> PathBuf {
        let list = if directed { "" } else { "_u" };
        PathBuf::from(format!("{}{list}", self.prefix.display()))
    }

    /// The directed or the undirected list, in arrival order.
    pub(crate) fn edges(&self, directed: bool, weighted: bool) -> anyhow::Result<EdgeList> {
        let weights = || -> anyhow::Result<Vec<f64>> {
            let bytes = self.read(directed, "w.u8")?;
            Ok(bytes.into_iter().map(f64::from).collect())
        };
        Ok(EdgeList {
            sources: self.numbers(directed, "src.u32")?,
            targets: self.numbers(directed, "dst.u32")?,
            weights: weighted.then(weights).transpose()?,
            times: None,
        })
    }

    fn numbers(&self, directed: bool, suffix: &str) -> anyhow::Result<Vec<u32>> {
        let bytes = self.read(directed, suffix)?;
        let word = |it: &[u8]| u32::from_le_bytes([it[0], it[1], it[2], it[3]]);
        Ok(bytes.chunks_exact(4).map(word).collect())
    }

    fn read(&self, directed: bool, suffix: &str) -> anyhow::Result<Vec<u8>> {
        let path = PathBuf::from(format!("{}.{suffix}", self.stem(directed).display()));
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// The first `count` different ends of edges in arrival order, the source of an edge before its target.
/// Every peer takes the same.
pub(crate) fn first_ends(edges: &EdgeList, count: usize) -> Vec<u32> {
    let mut found = Vec::with_capacity(count);
    for (&u, &v) in edges.sources.iter().zip(&edges.targets) {
        for end in [u, v] {
            if found.len() < count && !found.contains(&end) {
                found.push(end);
            }
        }
        if found.len() == count {
            break;
        }
    }
    found
}

/// The same edges between the vertices that have one, renumbered in their order, and how many those are.
pub(crate) fn without_isolated(n: u32, mut edges: EdgeList) -> (u32, EdgeList) {
    let mut number = vec![0_u32; n as usize];
    for v in edges.sources.iter().chain(&edges.targets) {
        number[*v as usize] = 1;
    }
    let mut kept = 0;
    for slot in &mut number {
        let has_edge = *slot;
        *slot = kept;
        kept += has_edge;
    }
    for v in edges.sources.iter_mut().chain(&mut edges.targets) {
        *v = number[*v as usize];
    }
    (kept, edges)
}
