//! How much memory the host lets this process use, from `/proc` and its control groups.
//!
//! The file tree is handed in, so that tests bring their own. Where nothing can be read (not
//! Linux), nothing is known.

use std::fs;
use std::path::{Path, PathBuf};

/// Values of a control group's limit from here on mean "no limit" (version 1 writes nearly 2^63).
const NO_LIMIT: u64 = 1 << 60;

/// Bytes that can still be used: the least of what the system has available and what each control
/// group of this process leaves under its limit. `root` is `/`.
pub fn available_memory(root: &Path) -> Option<u64> {
    let system = meminfo(&root.join("proc/meminfo"));
    let groups = group_directories(root);
    groups
        .iter()
        .filter_map(|it| left_in_group(it))
        .chain(system)
        .min()
}

fn meminfo(path: &Path) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|it| it.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The memory groups of this process, its own and all above it, in both versions' places.
fn group_directories(root: &Path) -> Vec<PathBuf> {
    let listed = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut found = Vec::new();
    for line in listed.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let hierarchy = match controllers {
            "" => root.join("sys/fs/cgroup"),
            it if it.split(',').any(|name| name == "memory") => root.join("sys/fs/cgroup/memory"),
            _ => continue,
        };
        // Within a container the path may be the host's; the hierarchy's root is then our own group.
        let mut directory = hierarchy.join(path.trim_start_matches('/'));
        while directory.starts_with(&hierarchy) {
            found.push(directory.clone());
            if !directory.pop() {
                break;
            }
        }
    }
    found
}

/// Bytes under the group's limit, counting file pages that the system gives back as free.
fn left_in_group(directory: &Path) -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        let text = fs::read_to_string(directory.join(name)).ok()?;
        text.trim().parse().ok()
    };
    let limit = ["memory.max", "memory.high", "memory.limit_in_bytes"]
        .into_iter()
        .filter_map(number)
        .filter(|it| *it < NO_LIMIT)
        .min()?;
    let used = number("memory.current")
        .or_else(|| number("memory.usage_in_bytes"))
        .unwrap_or(0);
    let stat = fs::read_to_string(directory.join("memory.stat")).unwrap_or_default();
    let reclaimable = stat
        .lines()
        .filter_map(|it| it.split_once(' '))
        .find(|(name, _)| matches!(*name, "inactive_file" | "total_inactive_file"))
        .and_then(|(_, bytes)| bytes.trim().parse().ok())
        .unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(reclaimable)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Path and content.
    type File = (&'static str, &'static str);

    fn host(files: &[File]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MEMINFO: File = ("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    4000 kB\n");

    #[test]
    fn the_least_limit_counts() {
        let cases: [(&[File], Option<u64>); 6] = [
            (&[], None),
            (&[MEMINFO], Some(4000 * 1024)),
            (
                &[
                    MEMINFO,
                    ("proc/self/cgroup", "0::/user/job\n"),
                    ("sys/fs/cgroup/user/job/memory.max", "max\n"),
                    ("sys/fs/cgroup/user/memory.max", "3000000\n"),
                    ("sys/fs/cgroup/user/memory.current", "1000000\n"),
                    ("sys/fs/cgroup/user/memory.stat", "anon 1\ninactive_file 400000\n"),
                ],
                Some(2_400_000),
            ),
            (
                &[
                    MEMINFO,
                    ("proc/self/cgroup", "0::/not/visible/inside\n"),
                    ("sys/fs/cgroup/memory.max", "2000000\n"),
                ],
                Some(2_000_000),
            ),
            (
                &[
                    MEMINFO,
                    ("proc/self/cgroup", "5:cpu:/\n4:hugetlb,memory:/docker/1\n"),
                    ("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "1000000"),
                    ("sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes", "1500000"),
                    (
                        "sys/fs/cgroup/memory/memory.limit_in_bytes",
                        "9223372036854771712",
                    ),
                ],
                Some(0),
            ),
            (
                &[
                    MEMINFO,
                    ("proc/self/cgroup", "nonsense\n"),
                    ("sys/fs/cgroup/memory.max", "1"),
                ],
                Some(4000 * 1024),
            ),
        ];
        for (files, expected) in cases {
            assert_eq!(available_memory(host(files).path()), expected, "{files:?}");
        }
    }
}
