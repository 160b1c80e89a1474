//! The control group this process is in: its limits and its use, of version 1 and version 2.
//!
//! A limit counts wherever it stands on the way up to the root of the hierarchy, so all groups on that way are
//! looked at. `/proc/self/cgroup` names the group, `/proc/self/mountinfo` where its hierarchy is mounted.
//! Pages of files that nobody used of late count as free: the kernel gives them back before a limit strikes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::CgroupPlaces;

/// The root of version 1 tells "no limit" as a number just below this.
const UNLIMITED: u64 = 1 << 62;

/// What the tightest group leaves us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupMemory {
    /// Bytes of the least limit.
    pub(super) limit: u64,
    /// Bytes that the group with the least room still gives.
    pub(super) available: u64,
}

/// A hierarchy and our place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// Where the hierarchy is mounted.
    top: PathBuf,
    /// Our group, `top` itself or below it.
    own: PathBuf,
}

impl Place {
    /// Our group and those around it, up to the top.
    fn way_up(&self) -> impl Iterator<Item = &Path> {
        self.own.ancestors().take_while(|it| it.starts_with(&self.top))
    }
}

/// Our groups: one hierarchy of version 2, and one for each controller of version 1. Either may be missing.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnGroup {
    unified: Option<Place>,
    memory: Option<Place>,
    cpu: Option<Place>,
    accounting: Option<Place>,
}

impl OwnGroup {
    /// The groups of this process as the files below `root` name them.
    pub(super) fn find(root: &Path) -> Self {
        let read = |path| fs::read_to_string(root.join(path)).unwrap_or_default();
        let (groups, mounts) = (read("proc/self/cgroup"), read("proc/self/mountinfo"));
        let place = |controller: Option<&str>| {
            let group = group_path(&groups, controller)?;
            let (mounted, top) = mount(&mounts, controller)?;
            // Where the mount shows only a part of the hierarchy, our path begins above it.
            let inside = group.strip_prefix(mounted).unwrap_or(Path::new(""));
            let is_odd = inside.components().any(|it| it.as_os_str() == "..");
            let top = root.join(top.strip_prefix("/").unwrap_or(top));
            let own = if is_odd { top.clone() } else { top.join(inside) };
            Some(Place { top, own })
        };
        Self {
            unified: place(None),
            memory: place(Some("memory")),
            cpu: place(Some("cpu")),
            accounting: place(Some("cpuacct")),
        }
    }

    /// The directories of our groups.
    pub(super) fn places(&self) -> CgroupPlaces {
        let own = |place: &Option<Place>| place.as_ref().map(|it| it.own.clone());
        CgroupPlaces {
            v2: own(&self.unified),
            v1_memory: own(&self.memory),
            v1_cpu: own(&self.cpu),
        }
    }

    /// The least limit and the least room; `None` when no group has a limit.
    pub(super) fn memory(&self) -> Option<GroupMemory> {
        let new = self.unified.iter().flat_map(|place| {
            place.way_up().filter_map(|group| {
                let limit = number(&group.join("memory.max"))?;
                let used = number(&group.join("memory.current"))?;
                Some((limit, used, stat(&group.join("memory.stat"), "inactive_file")))
            })
        });
        let old = self.memory.iter().flat_map(|place| {
            place.way_up().filter_map(|group| {
                let limit = number(&group.join("memory.limit_in_bytes")).filter(|it| *it < UNLIMITED)?;
                let used = number(&group.join("memory.usage_in_bytes"))?;
                Some((
                    limit,
                    used,
                    stat(&group.join("memory.stat"), "total_inactive_file"),
                ))
            })
        });
        new.chain(old)
            .map(|(limit, used, idle)| GroupMemory {
                limit,
                available: limit.saturating_sub(used.saturating_sub(idle.unwrap_or(0))),
            })
            .reduce(|one, other| GroupMemory {
                limit: one.limit.min(other.limit),
                available: one.available.min(other.available),
            })
    }

    /// The least quota in processors; `None` when no group has one.
    pub(super) fn cpu_quota(&self) -> Option<f64> {
        let new = self.unified.iter().flat_map(|place| {
            place.way_up().filter_map(|group| {
                let text = fs::read_to_string(group.join("cpu.max")).ok()?;
                let mut fields = text.split_whitespace();
                let quota: f64 = fields.next()?.parse().ok()?;
                Some(quota / fields.next()?.parse::<f64>().ok()?)
            })
        });
        let old = self.cpu.iter().flat_map(|place| {
            place.way_up().filter_map(|group| {
                let quota = number(&group.join("cpu.cfs_quota_us"))?;
                let period = number(&group.join("cpu.cfs_period_us"))?;
                Some(quota as f64 / period as f64)
            })
        });
        new.chain(old)
            .filter(|it| it.is_finite() && *it > 0.0)
            .reduce(f64::min)
    }

    /// Processor time of our group and those below it. `None` at the top of a hierarchy, whose count is the
    /// machine's.
    pub(super) fn cpu_time(&self) -> Option<Duration> {
        let below_top = |place: &&Place| place.own != place.top;
        let old = self.accounting.as_ref().filter(below_top);
        let new = self.unified.as_ref().filter(below_top);
        old.and_then(|it| number(&it.own.join("cpuacct.usage")))
            .map(Duration::from_nanos)
            .or_else(|| {
                new.and_then(|it| stat(&it.own.join("cpu.stat"), "usage_usec"))
                    .map(Duration::from_micros)
            })
    }
}

/// Our path in the hierarchy of a controller, or of version 2.
fn group_path<'a>(groups: &'a str, controller: Option<&str>) -> Option<&'a Path> {
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let is_it = match controller {
            Some(controller) => controllers.split(',').any(|it| it == controller),
            None => controllers.is_empty(),
        };
        is_it.then_some(Path::new(path))
    })
}

/// Which part of a hierarchy is mounted, and where. Spaces in paths, which are escaped, are not expected here.
fn mount<'a>(mounts: &'a str, controller: Option<&str>) -> Option<(&'a Path, &'a Path)> {
    mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split_whitespace();
        let (kind, options) = (after.next()?, after.nth(1)?);
        let is_it = match controller {
            Some(controller) => kind == "cgroup" && options.split(',').any(|it| it == controller),
            None => kind == "cgroup2",
        };
        let mut before = before.split_whitespace().skip(3);
        let (mounted, top) = (before.next()?, before.next()?);
        is_it.then_some((Path::new(mounted), Path::new(top)))
    })
}

/// A file that holds one number; `None` for `max` and for -1.
fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// One line of a file of names and numbers.
fn stat(path: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(' ')?;
        (found == name).then(|| value.trim().parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::super::sensors::Sensors;
    use super::super::sensors::tests::root;
    use super::*;

    const V1_MOUNTS: &str = "30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
                             31 24 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";

    const V2_MOUNTS: &str = "24 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn the_tightest_group_of_version_one_counts() {
        let root = root(&[
            (
                "proc/self/cgroup",
                "5:memory:/jobs/one\n4:cpu,cpuacct:/jobs/one\n0::/\n",
            ),
            ("proc/self/mountinfo", V1_MOUNTS),
            ("proc/meminfo", "MemTotal: 16384 kB\nMemAvailable: 8192 kB\n"),
            ("proc/self/status", "Cpus_allowed_list:\t0-7\n"),
            (
                "sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n"),
            // The outer group has the least limit, the inner one the least room.
            ("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "4194304\n"),
            ("sys/fs/cgroup/memory/jobs/memory.usage_in_bytes", "1048576\n"),
            ("sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes", "6291456\n"),
            ("sys/fs/cgroup/memory/jobs/one/memory.usage_in_bytes", "5242880\n"),
            (
                "sys/fs/cgroup/memory/jobs/one/memory.stat",
                "cache 9\ntotal_inactive_file 1048576\n",
            ),
            ("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "250000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/jobs/one/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/jobs/one/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/jobs/one/cpuacct.usage", "2500000000\n"),
        ]);
        let state = Sensors::below(root.path()).read();
        assert_eq!(state.memory_total, Some(4 << 20));
        assert_eq!(state.memory_available, Some(2 << 20));
        assert_eq!(state.cores, Some(2.5));
        let own = OwnGroup::find(root.path());
        assert_eq!(own.cpu_time(), Some(Duration::from_millis(2500)));
        let groups = root.path().join("sys/fs/cgroup");
        let places = CgroupPlaces {
            v2: None,
            v1_memory: Some(groups.join("memory/jobs/one")),
            v1_cpu: Some(groups.join("cpu,cpuacct/jobs/one")),
        };
        assert_eq!(own.places(), places);
    }

    #[test]
    fn groups_of_version_two_count_up_to_their_mount() {
        let root = root(&[
            ("proc/self/cgroup", "0::/user/step\n"),
            ("proc/self/mountinfo", V2_MOUNTS),
            ("sys/fs/cgroup/user/memory.max", "8192\n"),
            ("sys/fs/cgroup/user/memory.current", "1000\n"),
            ("sys/fs/cgroup/user/memory.stat", "anon 7\ninactive_file 192\n"),
            ("sys/fs/cgroup/user/step/memory.max", "max\n"),
            ("sys/fs/cgroup/user/step/memory.current", "900\n"),
            ("sys/fs/cgroup/user/step/cpu.max", "50000 100000\n"),
            ("sys/fs/cgroup/user/cpu.max", "max 100000\n"),
            (
                "sys/fs/cgroup/user/step/cpu.stat",
                "usage_usec 1500\nuser_usec 1\n",
            ),
        ]);
        let group = OwnGroup::find(root.path());
        let memory = GroupMemory {
            limit: 8192,
            available: 7384,
        };
        assert_eq!(group.memory(), Some(memory));
        assert_eq!(group.cpu_quota(), Some(0.5));
        assert_eq!(group.cpu_time(), Some(Duration::from_micros(1500)));
    }

    /// A container without a name space of its own: the path is the host's, the mount shows only our part.
    #[test]
    fn a_mount_of_a_part_of_the_hierarchy_is_our_top() {
        let root = root(&[
            ("proc/self/cgroup", "0::/docker/abc\n"),
            (
                "proc/self/mountinfo",
                "24 1 0:22 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
            ),
            ("sys/fs/cgroup/memory.max", "4096\n"),
            ("sys/fs/cgroup/memory.current", "96\n"),
            ("sys/fs/cgroup/cpu.stat", "usage_usec 1500\n"),
        ]);
        let group = OwnGroup::find(root.path());
        assert_eq!(group.memory().map(|it| it.available), Some(4000));
        assert_eq!(group.cpu_time(), None);
    }

    #[test]
    fn no_groups_are_no_limits() {
        let root = root(&[
            ("proc/self/cgroup", "0::/../..\n"),
            ("proc/self/mountinfo", V2_MOUNTS),
        ]);
        let group = OwnGroup::find(root.path());
        assert_eq!(
            (group.memory(), group.cpu_quota(), group.cpu_time()),
            (None, None, None)
        );
        assert_eq!(OwnGroup::find(Path::new("/nowhere")).memory(), None);
    }
}
