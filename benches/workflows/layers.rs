//! Layers of ten steps that do nothing, each after two of the layer before, by gaai and by its peers.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::ensure;

use crate::{measured, peer, spread};

/// Steps that run at once.
const JOBS: usize = 4;
/// Steps of a layer.
const WIDTH: usize = 10;

/// Compares with the peers and measures taking the run up again.
pub(crate) fn compare(steps: usize, directory: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let folder = directory.join(steps.to_string());
    fs::create_dir(&folder)?;
    let file = folder.join("layers.yaml");
    fs::write(&file, workflow(steps))?;
    let peers = peers(steps, &folder)?;
    let rounds = if steps > 2_000 { 3 } else { 7 };
    let mut ours: Vec<f64> = Vec::new();
    let mut theirs: Vec<Vec<f64>> = vec![Vec::new(); peers.len()];
    let (mut peak_kib, mut resumed, mut resumed_whole) = (0, Vec::new(), Vec::new());
    for round in 0..rounds {
        let run = folder.join(format!("run-{round}"));
        let took = measured::measure(&file, &run, JOBS)?;
        ours.push(took.wall.as_secs_f64());
        peak_kib = peak_kib.max(took.peak_kib);
        for (peer, walls) in peers.iter().zip(&mut theirs) {
            walls.push(peer.measure(&folder)?);
        }
        let took = measured::measure(&file, &run, JOBS)?;
        resumed.push(took.run.as_secs_f64() * 1e3);
        resumed_whole.push(took.wall.as_secs_f64() * 1e3);
        fs::remove_dir_all(&run)?;
    }
    writeln!(
        out,
        "{steps} steps in layers of {WIDTH}, {JOBS} at once, {rounds} rounds in turns: median (least-most)"
    )?;
    let (own, least, most) = spread(ours);
    writeln!(
        out,
        "  gaai    {own:.3} s ({least:.3}-{most:.3}), {:.1} MB at most",
        peak_kib as f64 * 1.024e-3
    )?;
    for (peer, walls) in peers.iter().zip(theirs) {
        let (median, least, most) = spread(walls);
        writeln!(
            out,
            "  {:<7} {median:.3} s ({least:.3}-{most:.3}), gaai takes {:.2} of it",
            peer.name,
            own / median
        )?;
    }
    let (run, least, most) = spread(resumed);
    let (whole, ..) = spread(resumed_whole);
    writeln!(
        out,
        "  taken up again when all had succeeded: {run:.0} ms ({least:.0}-{most:.0}), the whole process {whole:.0} ms"
    )?;
    Ok(())
}

/// Those that a step waits for.
fn before(step: usize) -> Vec<usize> {
    match step / WIDTH {
        0 => Vec::new(),
        layer => [0, 3]
            .map(|it| (layer - 1) * WIDTH + (step + it) % WIDTH)
            .to_vec(),
    }
}

fn workflow(steps: usize) -> String {
    let mut text = "name: Layers\nversion: 1.0.0\nsteps:\n".to_owned();
    for step in 0..steps {
        let names: Vec<String> = before(step).iter().map(|it| format!("s{it}")).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "  - id: s{step}\n    type: script\n    config: {{ command: /bin/true }}"
        );
        if !names.is_empty() {
            let _ = writeln!(text, "    dependsOn: [{}]", names.join(", "));
        }
    }
    text
}

struct Peer {
    name: &'static str,
    program: PathBuf,
    words: Vec<String>,
}

impl Peer {
    fn measure(&self, folder: &Path) -> anyhow::Result<f64> {
        // What a peer remembers of the last round would spare it this one.
        for kept in [".doit.db", ".doit.db.db", ".ninja_log", ".ninja_deps"] {
            if folder.join(kept).exists() {
                fs::remove_file(folder.join(kept))?;
            }
        }
        let began = Instant::now();
        let status = Command::new(&self.program)
            .args(&self.words)
            .current_dir(folder)
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "{} failed", self.name);
        Ok(began.elapsed().as_secs_f64())
    }
}

/// The peers that are here, with the same steps in their own files.
fn peers(steps: usize, folder: &Path) -> anyhow::Result<Vec<Peer>> {
    let (mut make, mut ninja, mut just) = (String::new(), String::new(), String::new());
    let mut doit = "from doit.action import CmdAction\n\ndef task_s():\n".to_owned();
    let all: Vec<String> = (0..steps).map(|it| format!("s{it}")).collect();
    let _ = writeln!(make, "all: {0}\n.PHONY: all {0}", all.join(" "));
    let _ = writeln!(ninja, "rule nothing\n  command = /bin/true");
    for step in 0..steps {
        let names: Vec<String> = before(step).iter().map(|it| format!("s{it}")).collect();
        let (spaced, quoted) = (
            names.join(" "),
            names
                .iter()
                .map(|it| format!("'s:{it}'"))
                .collect::<Vec<_>>()
                .join(", "),
        );
        let _ = writeln!(make, "s{step}: {spaced}\n\t@/bin/true");
        let _ = writeln!(ninja, "build s{step}: nothing {spaced}");
        let _ = writeln!(just, "s{step}: {spaced}\n    @/bin/true");
        let _ = writeln!(
            doit,
            "    yield {{'name': 's{step}', 'actions': [['/bin/true']], 'task_dep': [{quoted}]}}"
        );
    }
    let last: Vec<String> = (0..steps).rev().take(WIDTH).map(|it| format!("s{it}")).collect();
    let _ = writeln!(just, "all: {}", last.join(" "));
    fs::write(folder.join("Makefile"), make)?;
    fs::write(folder.join("build.ninja"), ninja)?;
    fs::write(folder.join("justfile"), just)?;
    fs::write(folder.join("dodo.py"), doit)?;
    let jobs = format!("-j{JOBS}");
    let known: [(&str, Vec<String>); 4] = [
        ("make", vec!["-s".into(), jobs.clone()]),
        ("ninja", vec!["--quiet".into(), jobs]),
        (
            "doit",
            vec!["-n".into(), JOBS.to_string(), "-P".into(), "thread".into()],
        ),
        ("just", vec!["all".into()]),
    ];
    let mut peers = Vec::new();
    for (name, words) in known {
        // just runs one after the other; ten thousand of them say nothing more.
        match peer(name).filter(|_| name != "just" || steps <= 2_000) {
            Some(program) => peers.push(Peer { name, program, words }),
            None => writeln!(std::io::stderr(), "{name} is left out")?,
        }
    }
    Ok(peers)
}
