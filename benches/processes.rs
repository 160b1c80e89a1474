//! What child processes cost: `cargo bench --bench processes [-- GIBIBYTES]` prints medians over interleaved rounds.
//!
//! * a spawn of `/bin/true` and its wait, four at a time: by the standard library alone, by gaai, and by gaai behind the
//!   launcher;
//! * the same with so many gibibytes resident (4 unless told), divided by the cost without them;
//! * stopping 1,000 trees of two processes that obey, and 1,000 that are deaf, beyond their grace.

use std::io::{self, Write};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use gaai::process::{
    CgroupPlaces, Channel, Child, Command, Limits, Rung, Settings, Spawner, entered, raise_open_files,
};

const SPAWNS: usize = 1000;
const WORKERS: usize = 4;
const ROUNDS: usize = 5;
const TREES: usize = 1000;
const GRACE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    // This program is its own guardian and launcher.
    if let Some(code) = entered(std::env::args_os()) {
        return code;
    }
    let gibibytes = std::env::args()
        .skip(1)
        .find_map(|it| it.parse().ok())
        .unwrap_or(4);
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from);
    match runtime.and_then(|it| it.block_on(measured(gibibytes))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "failed to measure: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measured(gibibytes: usize) -> anyhow::Result<()> {
    let spawner = Spawner::new(Settings {
        program: Some(std::env::current_exe()?),
        adopt: true,
        rungs: vec![Rung::Watchdog],
        places: CgroupPlaces::default(),
    });
    let mut out = io::stdout().lock();
    let small = costs(&spawner).await?;
    writeln!(out, "spawn and wait of /bin/true, {WORKERS} at a time, ms each:")?;
    writeln!(out, "  standard library  {:.3}", small[0])?;
    writeln!(out, "  gaai              {:.3}", small[1])?;
    writeln!(out, "  gaai, launcher    {:.3}", small[2])?;
    // Every page touched, so that it is resident.
    let mut large = vec![0_u8; gibibytes << 30];
    large.iter_mut().step_by(4096).for_each(|it| *it = 1);
    let laden = costs(&spawner).await?;
    drop(std::hint::black_box(large));
    writeln!(
        out,
        "  gaai with {gibibytes} GiB resident {:.3}, ratio {:.2}",
        laden[1],
        laden[1] / small[1]
    )?;
    for (name, script) in [
        ("obey", "sleep 1000 & echo up; wait"),
        (
            "are deaf",
            "trap '' TERM; sleep 1000 & echo up; while :; do wait; done",
        ),
    ] {
        let took = stopped(&spawner, script).await?;
        let beyond = if name == "obey" {
            took
        } else {
            took.saturating_sub(GRACE)
        };
        writeln!(
            out,
            "stop of {TREES} trees that {name}: {:.2} s",
            beyond.as_secs_f64()
        )?;
    }
    Ok(())
}

/// Milliseconds a spawn by each way, medians over rounds in which the ways take turns.
async fn costs(spawner: &Spawner) -> anyhow::Result<[f64; 3]> {
    let plain = Command::new("/bin/true", "/");
    let limited = Command {
        limits: Limits {
            memory: Some(1 << 30),
            cpu: None,
            require: true,
        },
        ..plain.clone()
    };
    let mut ways = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        ways[0].push(by_library().await?);
        ways[1].push(by_gaai(spawner, &plain).await?);
        ways[2].push(by_gaai(spawner, &limited).await?);
    }
    Ok(ways.map(|mut rounds| {
        rounds.sort_by(f64::total_cmp);
        rounds[ROUNDS / 2]
    }))
}

async fn by_gaai(spawner: &Spawner, command: &Command) -> anyhow::Result<f64> {
    let began = Instant::now();
    let workers = (0..WORKERS).map(|_| {
        let (spawner, command) = (spawner.clone(), command.clone());
        tokio::spawn(async move {
            for _ in 0..SPAWNS / WORKERS {
                let exit = spawner.spawn(&command)?.wait().await;
                anyhow::ensure!(exit.is_success(), "/bin/true ended with {exit:?}");
            }
            Ok(())
        })
    });
    for worker in join_all(workers).await {
        worker??;
    }
    Ok(began.elapsed().as_secs_f64() * 1e3 / SPAWNS as f64)
}

/// What the standard library needs: a thread a worker, nothing kept, nothing watched.
async fn by_library() -> anyhow::Result<f64> {
    let began = Instant::now();
    let workers = (0..WORKERS).map(|_| {
        tokio::task::spawn_blocking(|| {
            for _ in 0..SPAWNS / WORKERS {
                let status = std::process::Command::new("/bin/true")
                    .env_clear()
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()?;
                anyhow::ensure!(status.success(), "/bin/true ended with {status}");
            }
            Ok(())
        })
    });
    for worker in join_all(workers).await {
        worker??;
    }
    Ok(began.elapsed().as_secs_f64() * 1e3 / SPAWNS as f64)
}

/// How long it takes to stop all trees at once; they are up before.
async fn stopped(spawner: &Spawner, script: &str) -> anyhow::Result<Duration> {
    let mut command = Command::new("sh", "/");
    command.args = vec!["-c".into(), script.into()];
    let mut children: Vec<Child> = Vec::new();
    for _ in 0..TREES {
        children.push(spawner.spawn(&command)?);
    }
    for child in &children {
        while child.printed(Channel::Stdout).total == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let began = Instant::now();
    join_all(children.iter_mut().map(|it| it.stop(GRACE))).await;
    Ok(began.elapsed())
}
