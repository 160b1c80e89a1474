//! The ladder of limits: the first rung that holds on this machine carries a child's limits, and says so.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use super::cgroup::Cgroup;
use super::own_group::OwnGroup;
use super::{Limits, ProcessError};

/// A way to enforce limits, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// A control group of the unified hierarchy that was delegated to us.
    CgroupV2,
    /// A scope asked of systemd. What is killed for lack of memory is not told apart from other kills.
    SystemdScope,
    /// Control groups of the first version, for memory and cpu.
    CgroupV1,
    /// The launcher's limit on each process's data, its cores, and a look each second at the memory of the group.
    ///
    /// The limit is on data and not on address space: runtimes reserve many times the memory they use.
    Watchdog,
}

impl Rung {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::CgroupV2, Self::SystemdScope, Self::CgroupV1, Self::Watchdog];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::CgroupV2 => "cgroup v2",
            Self::SystemdScope => "systemd scope",
            Self::CgroupV1 => "cgroup v1",
            Self::Watchdog => "watchdog",
        }
    }
}

/// Directories of control groups under which gaai makes one for each child that has limits; those that are not there
/// take their rung away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CgroupPlaces {
    /// In the unified hierarchy.
    pub v2: Option<PathBuf>,
    /// In the first version's memory hierarchy.
    pub v1_memory: Option<PathBuf>,
    /// In the first version's cpu hierarchy.
    pub v1_cpu: Option<PathBuf>,
}

impl CgroupPlaces {
    /// The groups this process is in, of the hierarchies that are mounted.
    pub fn of_this_process() -> Self {
        OwnGroup::find(Path::new("/")).places()
    }
}

/// Who enforces the limits of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// It has no limits.
    NotAsked,
    /// This rung.
    By(Rung),
    /// Nobody: no rung holds here.
    Nobody,
}

impl fmt::Display for Enforcement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAsked => "not asked",
            Self::By(rung) => rung.name(),
            Self::Nobody => "none",
        })
    }
}

/// What carries the limits of one child.
#[derive(Debug)]
pub(super) struct Confinement {
    pub(super) enforcement: Enforcement,
    /// A program and its words to put before the child's own.
    pub(super) before: Option<(PathBuf, Vec<OsString>)>,
    pub(super) cgroup: Option<Cgroup>,
    /// Bytes of memory at which the watchdog kills.
    pub(super) watched: Option<u64>,
}

impl Confinement {
    fn none(enforcement: Enforcement) -> Self {
        Self {
            enforcement,
            before: None,
            cgroup: None,
            watched: None,
        }
    }
}

/// The rungs to try and what they need.
#[derive(Debug)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "elsewhere no rung holds, whatever it has")
)]
pub(super) struct Ladder {
    pub(super) rungs: Vec<Rung>,
    /// The launcher; without it only the scope can hold.
    pub(super) launcher: Option<PathBuf>,
    pub(super) places: CgroupPlaces,
}

impl Ladder {
    /// Prepares the first rung that holds for child `number`; `path` is where its programs are searched.
    pub(super) fn confine(
        &self,
        limits: &Limits,
        number: u64,
        path: Option<&OsStr>,
    ) -> Result<Confinement, ProcessError> {
        if limits.memory == Some(0) {
            return Err(ProcessError::BadLimit { limit: "memory" });
        }
        if limits.cpu.is_some_and(|it| !(it.is_finite() && it > 0.0)) {
            return Err(ProcessError::BadLimit { limit: "cpu" });
        }
        if limits.is_empty() {
            return Ok(Confinement::none(Enforcement::NotAsked));
        }
        let mut tried = Vec::new();
        for rung in &self.rungs {
            match self.rung(*rung, limits, number, path) {
                Ok(confinement) => return Ok(confinement),
                Err(reason) => tried.push(format!("{}: {reason}", rung.name())),
            }
        }
        if limits.require {
            return Err(ProcessError::LimitsUnavailable {
                tried: tried.join("; "),
            });
        }
        tracing::warn!(
            tried = tried.join("; "),
            "nothing here enforces the limits of a child"
        );
        Ok(Confinement::none(Enforcement::Nobody))
    }

    #[cfg(not(target_os = "linux"))]
    fn rung(&self, _: Rung, _: &Limits, _: u64, _: Option<&OsStr>) -> Result<Confinement, String> {
        Err("not on this system".to_owned())
    }

    #[cfg(target_os = "linux")]
    fn rung(
        &self,
        rung: Rung,
        limits: &Limits,
        number: u64,
        path: Option<&OsStr>,
    ) -> Result<Confinement, String> {
        use super::launcher::Launch;
        let name = format!("gaai-{}-{number}", std::process::id());
        let mut confinement = Confinement::none(Enforcement::By(rung));
        let launch = match rung {
            Rung::SystemdScope => {
                confinement.before = Some(scope(&name, limits, path)?);
                return Ok(confinement);
            }
            Rung::Watchdog => {
                confinement.watched = limits.memory;
                Launch {
                    data: limits.memory,
                    cores: limits.cpu.map(|it| cores(it, number)).unwrap_or_default(),
                    ..Launch::default()
                }
            }
            Rung::CgroupV2 | Rung::CgroupV1 => Launch::default(),
        };
        let program = self.launcher.clone().ok_or("there is no launcher")?;
        let made = match rung {
            Rung::CgroupV2 => Some(Cgroup::unified(&self.places, &name, limits)),
            Rung::CgroupV1 => Some(Cgroup::separate(&self.places, &name, limits)),
            Rung::SystemdScope | Rung::Watchdog => None,
        };
        confinement.cgroup = made.transpose().map_err(|it| it.to_string())?;
        let join = confinement.cgroup.as_ref().map(Cgroup::doors).unwrap_or_default();
        confinement.before = Some((program, Launch { join, ..launch }.words()));
        Ok(confinement)
    }
}

/// The words that make systemd put what follows into a scope. `systemd-run` then becomes it, so number and group stay.
#[cfg(target_os = "linux")]
fn scope(name: &str, limits: &Limits, path: Option<&OsStr>) -> Result<(PathBuf, Vec<OsString>), String> {
    if !Path::new("/run/systemd/system").is_dir() {
        return Err("systemd does not run this machine".to_owned());
    }
    let program = super::resolve::on_path("systemd-run".as_ref(), path, Path::new("/"))
        .map_err(|_| "systemd-run is not on PATH")?;
    let as_user = !rustix::process::geteuid().is_root();
    Ok((program, scope_words(name, limits, as_user)))
}

#[cfg(target_os = "linux")]
fn scope_words(name: &str, limits: &Limits, as_user: bool) -> Vec<OsString> {
    let mut words: Vec<String> = vec!["--scope".into(), "--quiet".into(), "--collect".into()];
    if as_user {
        words.push("--user".into());
    }
    words.push(format!("--unit={name}"));
    if let Some(bytes) = limits.memory {
        words.push(format!("--property=MemoryMax={bytes}"));
        words.push("--property=MemorySwapMax=0".into());
    }
    if let Some(cores) = limits.cpu {
        words.push(format!("--property=CPUQuota={:.0}%", (cores * 100.0).max(1.0)));
    }
    words.push("--".into());
    words.into_iter().map(OsString::from).collect()
}

/// So many of the cores this process may use, rounded up, starting elsewhere for each child so that they spread.
#[cfg(target_os = "linux")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "above zero, and no machine has more cores than the type holds"
)]
fn cores(limit: f64, number: u64) -> Vec<usize> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let allowed: Vec<usize> = match sched_getaffinity(None) {
        Ok(set) => (0..CpuSet::MAX_CPU).filter(|it| set.is_set(*it)).collect(),
        Err(_) => return Vec::new(),
    };
    if allowed.is_empty() {
        return allowed;
    }
    let first = (number % allowed.len() as u64) as usize;
    let wanted = (limit.ceil() as usize).min(allowed.len());
    (0..wanted)
        .map(|it| allowed[(first + it) % allowed.len()])
        .collect()
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        memory: Some(1 << 20),
        cpu: Some(0.5),
        require: false,
    };

    fn ladder(rungs: &[Rung], launcher: bool) -> Ladder {
        Ladder {
            rungs: rungs.to_vec(),
            launcher: launcher.then(|| "/gaai".into()),
            places: CgroupPlaces::default(),
        }
    }

    #[test]
    fn no_limits_need_no_rung_and_bad_ones_are_refused() {
        let ladder = ladder(&Rung::ALL, true);
        let of = |limits| ladder.confine(&limits, 1, None).map(|it| it.enforcement);
        assert_eq!(of(Limits::default()).unwrap(), Enforcement::NotAsked);
        for cpu in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let limits = Limits {
                cpu: Some(cpu),
                ..LIMITS
            };
            assert!(matches!(of(limits), Err(ProcessError::BadLimit { limit: "cpu" })));
        }
    }

    #[test]
    fn a_rung_that_does_not_hold_gives_way_and_required_limits_refuse_the_start() {
        let confined = ladder(&[Rung::CgroupV2, Rung::CgroupV1, Rung::Watchdog], true)
            .confine(&LIMITS, 1, None)
            .unwrap();
        assert_eq!(confined.enforcement, Enforcement::By(Rung::Watchdog));
        assert_eq!(confined.watched, Some(1 << 20));
        let none = ladder(&Rung::ALL, false);
        let loose = none.confine(&LIMITS, 1, Some("/nowhere".as_ref())).unwrap();
        assert_eq!(loose.enforcement, Enforcement::Nobody);
        let required = Limits {
            require: true,
            ..LIMITS
        };
        let error = none.confine(&required, 1, Some("/nowhere".as_ref())).unwrap_err();
        for rung in Rung::ALL {
            assert!(error.to_string().contains(rung.name()), "{error}");
        }
    }

    #[test]
    fn a_scope_is_asked_for_with_the_limits() {
        let words = scope_words("gaai-7-1", &LIMITS, true);
        let expected = "--scope --quiet --collect --user --unit=gaai-7-1 --property=MemoryMax=1048576 \
                        --property=MemorySwapMax=0 --property=CPUQuota=50% --";
        assert_eq!(words.join(" ".as_ref()), expected);
    }

    #[test]
    fn cores_are_rounded_up_and_spread() {
        let all = cores(1e6, 0);
        assert!(!all.is_empty());
        assert_eq!(cores(0.5, 0), [all[0]]);
        assert_eq!(cores(0.5, 1), [all[1 % all.len()]]);
    }
}
