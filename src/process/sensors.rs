//! What this machine does now: processors, memory, pressure, each `None` when it cannot be known.
//!
//! Read from `/proc` and the control groups we are in, below a root that tests replace. The text of those
//! files is small and stable, and half of what is needed here (pressure, limits of our own group in both
//! versions) is in no crate, so nothing but the standard library reads it. On other systems than Linux the
//! files are not there: all but the number of cores is `None`.
//!
//! Memory counts are those of the machine or of the tightest group around us, whichever leaves less.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::own_group::OwnGroup;
use crate::limits::Signals;

/// Memory is short when less than this share of it is free.
const LEAST_FREE: u64 = 20;

/// What the machine does at one moment. A sensor that is not there is `None`, never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MachineState {
    /// Use of all processors of the machine by everybody, 0 to 100, over the last second.
    pub cpu_percent: Option<f64>,
    /// Use by our own control group in percent of [`Self::cores`], over the last second. `None` outside of
    /// any group, where it would only be `cpu_percent` again.
    pub own_cpu_percent: Option<f64>,
    /// Processors we may use: those we may run on, or a group's quota if that is less; 1.5 is a quota of one
    /// and a half.
    pub cores: Option<f64>,
    /// Bytes of memory there are for us.
    pub memory_total: Option<u64>,
    /// Bytes of it that can be had without swapping.
    pub memory_available: Option<u64>,
    /// Percent of the last ten seconds in which some task of the machine waited for a processor.
    pub cpu_pressure: Option<f64>,
    /// The same for memory.
    pub memory_pressure: Option<f64>,
    /// The same for disks.
    pub io_pressure: Option<f64>,
}

impl MachineState {
    /// What a size that adapts is told of the machine.
    pub fn signals(&self) -> Signals {
        let memory = self.memory_available.zip(self.memory_total);
        Signals {
            cpu_pressure: self.cpu_pressure,
            memory_pressure: self.memory_pressure,
            cpu_percent: self.own_cpu_percent.or(self.cpu_percent),
            is_memory_short: memory.is_some_and(|(free, all)| free < all / LEAST_FREE),
            ..Signals::default()
        }
    }

    /// Whole processors we may use, at least one.
    pub fn whole_cores(&self) -> Option<usize> {
        self.cores.map(|it| (it as usize).max(1))
    }
}

/// Counts that only grow; two of them make a use.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counters {
    /// Ticks in which a processor worked, and ticks in all, of all processors.
    pub(super) machine: Option<(u64, u64)>,
    /// Time for which processors worked for our group.
    pub(super) own: Option<Duration>,
}

/// Where the sensors are read.
#[derive(Clone, Debug)]
pub struct Sensors {
    root: PathBuf,
}

impl Default for Sensors {
    /// Those of this machine.
    fn default() -> Self {
        Self::below(Path::new("/"))
    }
}

impl Sensors {
    /// Those below `root`, which has `proc` and `sys` folders.
    pub fn below(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// What can be told from one look: all but the two uses of processors.
    pub fn read(&self) -> MachineState {
        let group = OwnGroup::find(&self.root);
        let memory = self.text("proc/meminfo").unwrap_or_default();
        let machine_total = kilobytes(&memory, "MemTotal:");
        let machine_available = kilobytes(&memory, "MemAvailable:");
        let limited = group.memory();
        MachineState {
            cpu_percent: None,
            own_cpu_percent: None,
            cores: self.cores(group.cpu_quota()),
            memory_total: smaller(machine_total, limited.map(|it| it.limit)),
            memory_available: smaller(machine_available, limited.map(|it| it.available)),
            cpu_pressure: self.pressure("cpu"),
            memory_pressure: self.pressure("memory"),
            io_pressure: self.pressure("io"),
        }
    }

    /// The counts as they stand now.
    pub(super) fn counters(&self) -> Counters {
        Counters {
            machine: self.text("proc/stat").and_then(|it| ticks(&it)),
            own: OwnGroup::find(&self.root).cpu_time(),
        }
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok()
    }

    fn cores(&self, quota: Option<f64>) -> Option<f64> {
        let allowed = self
            .text("proc/self/status")
            .and_then(|it| allowed_cores(&it))
            .or_else(|| std::thread::available_parallelism().ok().map(|it| it.get()));
        smaller(allowed.map(|it| it as f64), quota)
    }

    /// `some avg10` of a resource.
    fn pressure(&self, resource: &str) -> Option<f64> {
        let text = self.text(&format!("proc/pressure/{resource}"))?;
        let some = text.lines().find_map(|it| it.strip_prefix("some "))?;
        some.split_whitespace()
            .find_map(|it| it.strip_prefix("avg10="))?
            .parse()
            .ok()
            .filter(|it: &f64| it.is_finite())
    }
}

/// The smaller of what is known.
fn smaller<T: PartialOrd>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other < one { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// Bytes of a line like `MemTotal:  16384 kB`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|it| it.strip_prefix(name))?;
    let count: u64 = line.split_whitespace().next()?.parse().ok()?;
    count.checked_mul(1024)
}

/// Busy ticks and all ticks of the line of all processors. Waiting for a disk is not work; time that the host
/// gave to others is; guests are counted within user time already.
fn ticks(text: &str) -> Option<(u64, u64)> {
    let line = text.lines().find_map(|it| it.strip_prefix("cpu "))?;
    let fields: Vec<u64> = line
        .split_whitespace()
        .take(8)
        .map_while(|it| it.parse().ok())
        .collect();
    let (idle, waiting) = (fields.get(3)?, fields.get(4).unwrap_or(&0));
    let all: u64 = fields.iter().sum();
    Some((all.checked_sub(idle + waiting)?, all))
}

/// How many processors a line like `Cpus_allowed_list: 0-3,8` names.
fn allowed_cores(text: &str) -> Option<usize> {
    let list = text
        .lines()
        .find_map(|it| it.strip_prefix("Cpus_allowed_list:"))?;
    let mut count = 0;
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        count += last.checked_sub(first)? + 1;
    }
    Some(count)
}

#[cfg(test)]
pub(super) mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A root with these files.
    pub(in super::super) fn root(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            write(&root, path, text);
        }
        root
    }

    pub(in super::super) fn write(root: &TempDir, path: &str, text: &str) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    const PRESSURE: &str = "some avg10=4.35 avg60=3.14 avg300=3.34 total=30190974571\n\
                            full avg10=0.10 avg60=0.00 avg300=0.00 total=0\n";

    #[test]
    fn a_machine_without_groups_tells_its_own_values() {
        let root = root(&[
            (
                "proc/meminfo",
                "MemTotal:       16384 kB\nMemFree: 1 kB\nMemAvailable:    8192 kB\n",
            ),
            ("proc/pressure/cpu", PRESSURE),
            (
                "proc/self/status",
                "Name:\tgaai\nCpus_allowed:\t10f\nCpus_allowed_list:\t0-3,8\n",
            ),
        ]);
        let expected = MachineState {
            cores: Some(5.0),
            memory_total: Some(16 << 20),
            memory_available: Some(8 << 20),
            cpu_pressure: Some(4.35),
            ..MachineState::default()
        };
        assert_eq!(Sensors::below(root.path()).read(), expected);
    }

    #[test]
    fn what_is_missing_or_garbled_is_none() {
        let root = root(&[
            ("proc/meminfo", "MemTotal: lots\n"),
            ("proc/pressure/io", "some avg10=NaN\n"),
            ("proc/stat", "cpu 1 2\n"),
            ("proc/self/status", "Cpus_allowed_list:\t3-1\n"),
        ]);
        let sensors = Sensors::below(root.path());
        let state = sensors.read();
        let known = std::thread::available_parallelism()
            .ok()
            .map(|it| it.get() as f64);
        let expected = MachineState {
            cores: known,
            ..MachineState::default()
        };
        assert_eq!(state, expected);
        assert_eq!(sensors.counters(), Counters::default());
    }

    #[test]
    fn ticks_of_idling_and_of_waiting_for_disks_are_not_work() {
        let text = "cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(ticks(text), Some((81, 531)));
    }

    #[test]
    fn a_quota_below_one_core_still_leaves_one() {
        let with = |cores| MachineState {
            cores,
            ..MachineState::default()
        };
        assert_eq!(with(Some(0.5)).whole_cores(), Some(1));
        assert_eq!(with(Some(3.9)).whole_cores(), Some(3));
        assert_eq!(with(None).whole_cores(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_cores_and_memory() {
        let state = Sensors::default().read();
        let (total, available) = (state.memory_total.unwrap(), state.memory_available.unwrap());
        assert!(available > 0 && available <= total);
        assert!(state.cores.unwrap() > 0.0);
    }
}
