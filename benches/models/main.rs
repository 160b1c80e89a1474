//! What a model costs a run beside its own time: waits that a schedule adds, and what the client adds to a call.
//!
//! `cargo bench --bench models` prints medians and spread beside the figures to reach; `-- run`, `-- seed` and
//! `-- calls` measure just one. All servers are on this machine. The calls at once take 2,000 open files
//! (`ulimit -n`).

mod calls;
#[path = "../kernels/measure.rs"]
#[allow(dead_code, reason = "the kernels take more of it")]
mod measure;
mod run;
mod seed;
mod server;
mod twenty;

use std::io::{self, Write};
use std::time::Duration;

use clap::Parser;
use gaai::pipeline::Mode;

use measure::median;
use server::Server;

/// Measures runs and calls with models.
#[derive(Parser)]
struct Options {
    /// What is measured; all by default.
    #[arg(value_parser = ["run", "seed", "calls"])]
    figures: Vec<String>,
    /// Runs of each figure.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Prints a figure with its spread and whether its median is at most `limit`.
fn print(what: &str, values: &[f64], unit: &str, limit: Option<f64>) -> io::Result<()> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let digits = if unit.is_empty() || unit == "s" { 3 } else { 0 };
    let mark = limit.map_or(String::new(), |limit| {
        let mark = if median(values) <= limit { "PASS" } else { "FAIL" };
        format!("  {mark}: at most {limit}")
    });
    writeln!(
        io::stdout(),
        "  {what:<52} {:>8.digits$} {unit:<2} ({:.digits$}-{:.digits$}){mark}",
        median(values),
        sorted[0],
        sorted[sorted.len() - 1]
    )
}

async fn runs(rounds: usize) -> anyhow::Result<()> {
    let server = Server::start(|_| run::LATENCY)?;
    for places in [8, 20] {
        let mut figures = Vec::new();
        for _ in 0..rounds {
            figures.push(run::round(&server, places).await?);
        }
        let of = |it: fn(&run::Round) -> f64| figures.iter().map(it).collect::<Vec<f64>>();
        writeln!(
            io::stdout(),
            "run of {} templates, replies after 500 ms, {places} at once",
            twenty::QUESTIONS
        )?;
        print("makespan", &of(|it| it.makespan), "s", None)?;
        print("critical path", &of(|it| it.path), "s", None)?;
        print("what no schedule can beat", &of(|it| it.bound), "s", None)?;
        print(
            "makespan / critical path",
            &of(|it| it.makespan / it.path),
            "",
            None,
        )?;
        print(
            "makespan / bound",
            &of(|it| it.makespan / it.bound),
            "",
            Some(1.05),
        )?;
        print(
            "reports begun before the last execution ended",
            &of(|it| it.early as f64),
            "of 20",
            None,
        )?;
    }
    Ok(())
}

async fn seed_case(rounds: usize) -> anyhow::Result<()> {
    let server = Server::start(seed::latency)?;
    let (mut sequential, mut parallel, mut narrow) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        sequential.push(seed::round(&server, Mode::Sequential, None).await?);
        parallel.push(seed::round(&server, Mode::Parallel, Some(5)).await?);
        narrow.push(seed::round(&server, Mode::Parallel, None).await?);
    }
    let left = |of: &[f64]| -> Vec<f64> {
        let pairs = of.iter().zip(&sequential);
        pairs
            .map(|(parallel, sequential)| parallel / sequential)
            .collect()
    };
    let (sum, chain) = seed::SUMS;
    writeln!(
        io::stdout(),
        "the predecessor's case at a hundredth: waits of {sum:.2} s in all, {chain:.2} s in the longest chain"
    )?;
    print("sequential", &sequential, "s", None)?;
    print("parallel, 5 executions at once", &parallel, "s", None)?;
    print(
        "  of sequential (the predecessor's guide: 0.43)",
        &left(&parallel),
        "",
        Some(0.40),
    )?;
    print(
        "parallel, as many executions at once as cores",
        &narrow,
        "s",
        None,
    )?;
    print("  of sequential", &left(&narrow), "", None)?;
    Ok(())
}

async fn call_costs(rounds: usize) -> anyhow::Result<()> {
    let (at_once, prompt) = (
        Server::start(|_| Duration::ZERO)?,
        Server::start(|_| calls::HELD)?,
    );
    let mut figures = Vec::new();
    for _ in 0..rounds {
        figures.push(calls::round(&at_once).await?);
    }
    let of = |it: fn(&calls::Round) -> f64| figures.iter().map(it).collect::<Vec<f64>>();
    writeln!(io::stdout(), "calls of a server that answers at once")?;
    print("by the model", &of(|it| it.ours), "us", None)?;
    print(
        "by the HTTP client alone, with the same bytes",
        &of(|it| it.bare),
        "us",
        None,
    )?;
    print(
        "what the client adds",
        &of(|it| it.ours - it.bare),
        "us",
        Some(300.0),
    )?;
    let mut peaks = Vec::new();
    for _ in 0..rounds.min(3) {
        peaks.push(calls::memory(&prompt).await? as f64 / 1e6);
    }
    writeln!(io::stdout(), "{} calls at once", calls::AT_ONCE)?;
    print(
        "peak memory of the process, server included",
        &peaks,
        "MB",
        Some(200.0),
    )?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let rounds = options.rounds.max(1);
    let wants = |figure: &str| options.figures.is_empty() || options.figures.iter().any(|it| it == figure);
    if wants("calls") {
        call_costs(rounds).await?;
    }
    if wants("run") {
        runs(rounds).await?;
    }
    if wants("seed") {
        seed_case(rounds).await?;
    }
    Ok(())
}
