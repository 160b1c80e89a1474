//! Processor time, wall time and peak memory of one piece of work, from what Linux keeps about a process.

use std::fs;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// No further run begins once those before took this long together.
const ENOUGH: Duration = Duration::from_secs(20);

/// Times of the runs, in seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    /// User and system time of all threads.
    pub(crate) cpu: Vec<f64>,
    /// Time that went by.
    pub(crate) wall: Vec<f64>,
}

impl Times {
    /// Runs `work` and notes what it took.
    pub(crate) fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (cpu, began) = (cpu_seconds(), Instant::now());
        let result = work();
        self.wall.push(began.elapsed().as_secs_f64());
        self.cpu.push(cpu_seconds() - cpu);
        result
    }

    /// Whether the runs so far took so long that no more are wanted.
    pub(crate) fn enough(&self) -> bool {
        self.wall.iter().sum::<f64>() > ENOUGH.as_secs_f64()
    }
}

/// Processor time of this process so far, all threads.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Median; 0 of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => (sorted[even / 2 - 1] + sorted[even / 2]) / 2.0,
    }
}

/// Resident bytes now.
pub(crate) fn resident() -> u64 {
    status("VmRSS:")
}

/// Greatest resident bytes since [`forget_peak`].
pub(crate) fn peak() -> u64 {
    status("VmHWM:")
}

/// Lets [`peak`] start again from what is resident now.
pub(crate) fn forget_peak() -> std::io::Result<()> {
    fs::write("/proc/self/clear_refs", "5")
}

fn status(field: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|it| it.strip_prefix(field));
    let kib = line.and_then(|it| it.split_whitespace().next());
    kib.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1024
}
