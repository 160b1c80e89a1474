//! What workflows cost: `cargo bench --bench workflows [-- STEPS...]` prints medians over interleaved rounds.
//!
//! * layers of no-op process steps, concurrency 4, journal and logs on, beside GNU make, ninja, doit and just;
//! * taking up the journal of a run again in which everything had succeeded;
//! * tasks within this program, and the scheduler alone;
//! * chain, diamond, wide and mixed shapes with real processes: makespan by what no schedule can beat;
//! * the same shapes of branches within this program, ten at once beside one after the other (`-- branches` alone).
//!
//! Peers are looked for in `target/bench-workflows/bin` and on the path; `benches/workflows/peers.txt` says how they
//! get there. One that is missing is left out, and said so.

mod branches;
mod layers;
mod measured;
mod shapes;
mod tasks;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use gaai::process::{entered, raise_open_files};

/// Sizes of the layered flow unless told.
const STEPS: [usize; 2] = [1_000, 10_000];

fn main() -> ExitCode {
    // This program is its own guardian, launcher and run of a workflow.
    if let Some(code) = entered(std::env::args_os()) {
        return code;
    }
    raise_open_files();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let ended = match words.split_first() {
        Some((first, rest)) if first == measured::RUN => measured::run(rest),
        _ => all(&words),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "failed to measure: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn all(words: &[String]) -> anyhow::Result<()> {
    let out = &mut io::stdout();
    if words.iter().any(|it| it == "branches") {
        return branches::measure(out);
    }
    let sizes: Vec<usize> = words.iter().filter_map(|it| it.parse().ok()).collect();
    let sizes = if sizes.is_empty() { STEPS.to_vec() } else { sizes };
    let directory = tempfile::tempdir()?;
    for steps in sizes {
        layers::compare(steps, directory.path(), out)?;
    }
    tasks::measure(out)?;
    shapes::measure(directory.path(), out)?;
    branches::measure(out)
}

/// The middle of some figures, with the least and the most.
pub(crate) fn spread(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_by(f64::total_cmp);
    (figures[figures.len() / 2], figures[0], figures[figures.len() - 1])
}

/// A program of a peer, in our own folder or on the path.
pub(crate) fn peer(name: &str) -> Option<std::path::PathBuf> {
    let own = Path::new("target/bench-workflows/bin").join(name);
    if own.is_file() {
        return std::fs::canonicalize(own).ok();
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|it| it.join(name))
        .find(|it| it.is_file())
}
