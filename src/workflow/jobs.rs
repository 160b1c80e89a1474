//! How many tasks of a batch run at once when nobody says a number, and the sets of limits with names.

use super::resources::Thresholds;

/// What the tasks of a batch mostly do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// They compute.
    Cpu,
    /// They wait for networks and disks.
    Io,
    /// Some of both, or nobody knows.
    #[default]
    Mixed,
}

/// Systems whose processes cost differently much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Processes are dear.
    Windows,
    /// Linux, macOS and the like.
    Unix,
}

impl Platform {
    /// The one this was built for.
    pub const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// Cores taken for granted where the system does not tell.
const UNKNOWN_CORES: usize = 4;

/// Tasks at once for `--jobs auto`, at least one.
///
/// | Profile | Unix | Windows |
/// | --- | --- | --- |
/// | `cpu` | cores | cores |
/// | `io` | 3 × cores | 2 × cores |
/// | `mixed` | 2 × cores | half the cores, at least 2 |
pub fn auto_jobs(profile: Profile, cores: Option<usize>, platform: Platform) -> usize {
    let cores = cores.unwrap_or(UNKNOWN_CORES).max(1);
    match (profile, platform) {
        (Profile::Cpu, _) => cores,
        (Profile::Io, Platform::Unix) => cores.saturating_mul(3),
        (Profile::Io, Platform::Windows) | (Profile::Mixed, Platform::Unix) => cores.saturating_mul(2),
        (Profile::Mixed, Platform::Windows) => (cores / 2).max(2),
    }
}

/// A set of limits with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// For a machine that must stay usable: 70 %, 8 GB, 5 tasks at once.
    Gentle,
    /// For tasks that are refused too often: 90 %, 2 GB, 3 tasks at once.
    Permissive,
}

impl Preset {
    /// When there is no room for one more task.
    pub fn thresholds(self) -> Thresholds {
        let (cpu_percent, memory_gb) = match self {
            Self::Gentle => (70.0, 8.0),
            Self::Permissive => (90.0, 2.0),
        };
        Thresholds {
            cpu_percent,
            memory_gb,
            ..Thresholds::default()
        }
    }

    /// Tasks at once.
    pub const fn jobs(self) -> usize {
        match self {
            Self::Gentle => 5,
            Self::Permissive => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_follow_the_table() {
        use Platform::{Unix, Windows};
        use Profile::{Cpu, Io, Mixed};
        for (profile, cores, platform, jobs) in [
            (Cpu, Some(8), Unix, 8),
            (Cpu, Some(8), Windows, 8),
            (Io, Some(8), Unix, 24),
            (Io, Some(8), Windows, 16),
            (Mixed, Some(8), Unix, 16),
            (Mixed, Some(8), Windows, 4),
            (Mixed, Some(1), Windows, 2),
            (Mixed, None, Unix, 8),
            (Mixed, None, Windows, 2),
            (Cpu, Some(0), Unix, 1),
        ] {
            assert_eq!(
                auto_jobs(profile, cores, platform),
                jobs,
                "{profile:?} {cores:?} {platform:?}"
            );
        }
    }

    #[test]
    fn presets_have_their_numbers() {
        let numbers = |it: Preset| (it.thresholds().cpu_percent, it.thresholds().memory_gb, it.jobs());
        assert_eq!(numbers(Preset::Gentle), (70.0, 8.0, 5));
        assert_eq!(numbers(Preset::Permissive), (90.0, 2.0, 3));
    }
}
