//! The control group of one child: made with its limits, joined by the launcher, emptied and removed after the end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use super::{CgroupPlaces, Limits};

/// The period of which a quota is a share, in microseconds.
const PERIOD_US: u64 = 100_000;

/// The directories of a child's group; the first one holds the memory limit if there is one.
#[derive(Debug)]
pub(super) struct Cgroup {
    directories: Vec<PathBuf>,
    /// Where the kernel counts kills for lack of memory.
    kills: Option<PathBuf>,
}

impl Cgroup {
    /// A group of the unified hierarchy. Needs the controllers delegated to us.
    pub(super) fn unified(places: &CgroupPlaces, name: &str, limits: &Limits) -> io::Result<Self> {
        let place = places
            .v2
            .as_deref()
            .ok_or_else(|| missing("no unified hierarchy"))?;
        let mut needed = Vec::new();
        needed.extend(limits.memory.map(|_| "memory"));
        needed.extend(limits.cpu.map(|_| "cpu"));
        delegated(place, &needed)?;
        let directory = place.join(name);
        let group = Self {
            kills: limits.memory.map(|_| directory.join("memory.events")),
            directories: vec![directory.clone()],
        };
        let write = |file: &str, text: String| fs::write(directory.join(file), text);
        let fill = || -> io::Result<()> {
            fs::create_dir(&directory)?;
            if let Some(bytes) = limits.memory {
                write("memory.max", bytes.to_string())?;
                write("memory.oom.group", "1".into())?;
                // Absent without swap accounting; then the limit is on memory alone.
                let _ = write("memory.swap.max", "0".into());
            }
            if let Some(cores) = limits.cpu {
                write("cpu.max", format!("{} {PERIOD_US}", quota(cores)))?;
            }
            Ok(())
        };
        group.or_nothing(fill())
    }

    /// A group in each hierarchy of the first version that the limits need.
    pub(super) fn separate(places: &CgroupPlaces, name: &str, limits: &Limits) -> io::Result<Self> {
        let under = |place: &Option<PathBuf>, what: &str| {
            place
                .as_ref()
                .map(|it| it.join(name))
                .ok_or_else(|| missing(what))
        };
        let memory = limits
            .memory
            .map(|bytes| Ok::<_, io::Error>((bytes, under(&places.v1_memory, "no memory hierarchy")?)))
            .transpose()?;
        let cpu = limits
            .cpu
            .map(|cores| Ok::<_, io::Error>((cores, under(&places.v1_cpu, "no cpu hierarchy")?)))
            .transpose()?;
        let group = Self {
            kills: memory.as_ref().map(|(_, it)| it.join("memory.oom_control")),
            directories: memory
                .iter()
                .map(|(_, it)| it.clone())
                .chain(cpu.iter().map(|(_, it)| it.clone()))
                .collect(),
        };
        let fill = || -> io::Result<()> {
            if let Some((bytes, directory)) = &memory {
                fs::create_dir(directory)?;
                fs::write(directory.join("memory.limit_in_bytes"), bytes.to_string())?;
                // Absent without swap accounting; then the limit is on memory alone.
                let _ = fs::write(directory.join("memory.memsw.limit_in_bytes"), bytes.to_string());
            }
            if let Some((cores, directory)) = &cpu {
                fs::create_dir(directory)?;
                fs::write(directory.join("cpu.cfs_period_us"), PERIOD_US.to_string())?;
                fs::write(directory.join("cpu.cfs_quota_us"), quota(*cores).to_string())?;
            }
            Ok(())
        };
        group.or_nothing(fill())
    }

    /// A half-made group is removed.
    fn or_nothing(self, made: io::Result<()>) -> io::Result<Self> {
        match made {
            Ok(()) => Ok(self),
            Err(error) => {
                self.remove();
                Err(error)
            }
        }
    }

    /// The files a process writes itself into to join.
    pub(super) fn doors(&self) -> Vec<PathBuf> {
        self.directories
            .iter()
            .map(|it| it.join("cgroup.procs"))
            .collect()
    }

    pub(super) fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// Whether the kernel killed a member because the group was out of memory.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let counts = self.kills.as_ref().and_then(|it| fs::read_to_string(it).ok());
        counts.as_deref().unwrap_or_default().lines().any(|it| {
            it.strip_prefix("oom_kill ")
                .is_some_and(|count| count.trim() != "0")
        })
    }

    /// Kills every member, also those that left their process group.
    pub(super) fn kill(&self) {
        for directory in &self.directories {
            kill_members(directory);
        }
    }

    /// Whether the group is gone; it cannot go while a member is there.
    pub(super) fn remove(&self) -> bool {
        // Counted, because each of them must be tried.
        self.directories.iter().filter(|it| !remove(it)).count() == 0
    }
}

/// Kills every member of the group at `directory`.
pub(super) fn kill_members(directory: &Path) {
    // Without creating it: only the unified hierarchy has it, since Linux 5.14.
    let at_once = fs::File::options()
        .write(true)
        .open(directory.join("cgroup.kill"))
        .and_then(|mut it| io::Write::write_all(&mut it, b"1"));
    if at_once.is_ok() {
        return;
    }
    let members = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    for member in members.lines() {
        if let Some(process) = member.parse().ok().filter(|it| *it > 0).and_then(Pid::from_raw) {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// Whether the group at `directory` is gone.
pub(super) fn remove(directory: &Path) -> bool {
    match fs::remove_dir(directory) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Makes sure that groups under `place` have these controllers.
///
/// A group with members hands no controllers on. If we are its only member, as in a delegated service, we move into a
/// group beneath it first; with strangers in it, it is not ours to arrange.
fn delegated(place: &Path, needed: &[&str]) -> io::Result<()> {
    let has = |file: &str, controller: &str| {
        fs::read_to_string(place.join(file))
            .unwrap_or_default()
            .split_ascii_whitespace()
            .any(|it| it == controller)
    };
    if let Some(lacking) = needed.iter().find(|it| !has("cgroup.controllers", it)) {
        return Err(missing(&format!("controller {lacking} is not there")));
    }
    if needed.iter().all(|it| has("cgroup.subtree_control", it)) {
        return Ok(());
    }
    let words: Vec<String> = needed.iter().map(|it| format!("+{it}")).collect();
    let enable = || fs::write(place.join("cgroup.subtree_control"), words.join(" "));
    if enable().is_ok() {
        return Ok(());
    }
    let own = std::process::id().to_string();
    let members = fs::read_to_string(place.join("cgroup.procs"))?;
    if members.lines().any(|it| it != own) {
        return Err(missing("the group is shared with other processes"));
    }
    let below = place.join("gaai");
    if let Err(error) = fs::create_dir(&below)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    fs::write(below.join("cgroup.procs"), own)?;
    enable()
}

/// Microseconds of each period for so many cores; the kernel takes no less than 1,000.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "checked to be above zero; a quota beyond all cores is none"
)]
fn quota(cores: f64) -> u64 {
    ((cores * PERIOD_US as f64).round() as u64).max(1_000)
}

fn missing(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        memory: Some(1 << 29),
        cpu: Some(1.5),
        require: false,
    };

    /// A directory that looks like a group of the unified hierarchy.
    fn tree(controllers: &str, enabled: &str, members: &str) -> (tempfile::TempDir, CgroupPlaces) {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("cgroup.controllers"), controllers).unwrap();
        fs::write(place.path().join("cgroup.subtree_control"), enabled).unwrap();
        fs::write(place.path().join("cgroup.procs"), members).unwrap();
        let places = CgroupPlaces {
            v2: Some(place.path().to_owned()),
            ..CgroupPlaces::default()
        };
        (place, places)
    }

    #[test]
    fn a_unified_group_has_the_limits_in_its_files() {
        let (place, places) = tree("cpu io memory\n", "", "");
        let group = Cgroup::unified(&places, "gaai-1", &LIMITS).unwrap();
        let read = |file: &str| fs::read_to_string(place.path().join(file)).unwrap();
        assert_eq!(read("cgroup.subtree_control"), "+memory +cpu");
        assert_eq!(read("gaai-1/memory.max"), "536870912");
        assert_eq!(read("gaai-1/memory.swap.max"), "0");
        assert_eq!(read("gaai-1/cpu.max"), "150000 100000");
        assert_eq!(group.doors(), [place.path().join("gaai-1/cgroup.procs")]);
        assert!(!group.ran_out_of_memory());
        fs::write(
            place.path().join("gaai-1/memory.events"),
            "low 0\noom 1\noom_kill 0\n",
        )
        .unwrap();
        assert!(!group.ran_out_of_memory());
        fs::write(place.path().join("gaai-1/memory.events"), "oom 1\noom_kill 2\n").unwrap();
        assert!(group.ran_out_of_memory());
        fs::write(place.path().join("gaai-1/cgroup.kill"), "").unwrap();
        group.kill();
        assert_eq!(read("gaai-1/cgroup.kill"), "1");
    }

    #[test]
    fn a_controller_that_is_not_there_is_named() {
        let (_place, places) = tree("cpu\n", "cpu\n", "");
        let error = Cgroup::unified(&places, "gaai-1", &LIMITS).unwrap_err();
        assert_eq!(error.to_string(), "controller memory is not there");
        let cpu = Limits {
            memory: None,
            ..LIMITS
        };
        assert!(Cgroup::unified(&places, "gaai-1", &cpu).is_ok());
    }

    #[test]
    fn a_group_that_was_half_made_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let places = CgroupPlaces {
            v1_memory: Some(place.path().join("absent")),
            v1_cpu: Some(place.path().to_owned()),
            ..CgroupPlaces::default()
        };
        assert!(Cgroup::separate(&places, "gaai-1", &LIMITS).is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_quota_is_a_share_of_the_period_and_never_nothing() {
        assert_eq!(quota(1.0), 100_000);
        assert_eq!(quota(0.25), 25_000);
        assert_eq!(quota(1e-9), 1_000);
    }
}
