//! Starts children and answers for them until the last member of the last tree is gone.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::cgroup::Cgroup;
use super::confine::{Confinement, Ladder};
use super::guardian::{Guardian, cgroup_made, cgroup_removed, group_began, group_ended};
use super::kin::Kin;
use super::tree::{Force, Left, Tree, lead};
use super::{CgroupPlaces, Child, Command, Printing, ProcessError, Rung, output, resolve};

/// How long the end of a spawner waits for what it killed.
const LAST: Duration = Duration::from_secs(1);

/// What a spawner is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The program that calls [`entered`](super::entered) first of all: guardian and launcher. Without it, trees outlive
    /// a gaai that is killed by `kill -9`, and no rung but the scope holds.
    pub program: Option<PathBuf>,
    /// Whether orphans of trees come to this process, so that they are found when they left their group. For a process
    /// all of whose children are started by its spawner: it reaps every orphan it is given. Linux only.
    pub adopt: bool,
    /// The rungs to try for limits, in this order.
    pub rungs: Vec<Rung>,
    /// Where control groups may be made.
    pub places: CgroupPlaces,
}

impl Settings {
    /// For a process that is gaai itself, found at `program`: orphans come to it, and every rung is tried.
    pub fn of_program(program: PathBuf) -> Self {
        Self {
            program: Some(program),
            adopt: true,
            rungs: Rung::ALL.to_vec(),
            places: CgroupPlaces::of_this_process(),
        }
    }
}

/// Starts children. Clones are the same spawner; one is enough for a process.
#[derive(Clone, Debug)]
pub struct Spawner(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    ladder: Ladder,
    guardian: Option<Guardian>,
    pub(super) kin: Kin,
    next: AtomicU64,
    alive: Mutex<Alive>,
    /// Trees that were killed and are not gone yet.
    left: Mutex<Vec<Held>>,
}

/// Which trees there are.
#[derive(Debug, Default)]
pub(super) struct Alive {
    /// Trees whose leader runs, by their numbers.
    pub(super) trees: BTreeSet<u64>,
    /// Leaders that were not reaped.
    pub(super) leaders: BTreeSet<u32>,
    /// Leaders that may exist without being in `leaders` yet.
    pub(super) starting: usize,
}

/// A tree and what belongs to it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) tree: Tree,
    pub(super) cgroup: Option<Cgroup>,
    number: u64,
    /// Whether nobody and nothing of it is left.
    cleared: bool,
}

impl Spawner {
    /// A spawner without children. Nothing is started before the first of them.
    pub fn new(settings: Settings) -> Self {
        let kin = Kin::new(settings.adopt);
        let guardian = settings
            .program
            .clone()
            .map(|program| Guardian::new(program, kin.mark()));
        Self(Arc::new(Inner {
            ladder: Ladder {
                rungs: settings.rungs,
                launcher: settings.program,
                places: settings.places,
            },
            guardian,
            kin,
            next: AtomicU64::new(1),
            alive: Mutex::default(),
            left: Mutex::default(),
        }))
    }

    /// Starts `command` as the leader of a tree of its own. Must be called within a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// Nothing runs then. See [`ProcessError`].
    pub fn spawn(&self, command: &Command) -> Result<Child, ProcessError> {
        let inner = &self.0;
        inner.sweep();
        let program = resolve::program(command)?;
        let number = inner.next.fetch_add(1, Ordering::Relaxed);
        let path = command.environment.get(OsStr::new("PATH")).map(|it| &**it);
        let confinement = inner.ladder.confine(&command.limits, number, path)?;
        let started = inner.start(command, &program, &confinement, number);
        let (tree, printing) = match started {
            Ok(started) => started,
            Err(error) => {
                if let Some(cgroup) = &confinement.cgroup {
                    cgroup.remove();
                }
                return Err(error);
            }
        };
        let Confinement {
            enforcement,
            cgroup,
            watched,
            ..
        } = confinement;
        let held = Held {
            tree,
            cgroup,
            number,
            cleared: false,
        };
        Ok(Child::new(
            Arc::clone(inner),
            held,
            printing,
            enforcement,
            command.bounds,
            watched,
        ))
    }

    /// Waits until every tree that was killed is gone, at most `limit`; whether none is left.
    ///
    /// Children that are still held by somebody are not touched.
    pub async fn settled(&self, limit: Duration) -> bool {
        let gone = async {
            while !self.0.sweep() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(limit, gone).await.is_ok()
    }
}

impl Inner {
    fn start(
        &self,
        command: &Command,
        program: &std::path::Path,
        confinement: &Confinement,
        number: u64,
    ) -> Result<(Tree, Printing), ProcessError> {
        let spawn_failed = |source| resolve::refused(command, program, source);
        let mut system = system_command(command, program, confinement)?;
        let outer = |name: &OsStr| command.environment.get(name).map(|it| &**it);
        system.envs(self.kin.variable(outer, number));
        let printing = Printing::open(&command.output, command.bounds)?;
        let (stdout, stderr) = printing.ends().map_err(spawn_failed)?;
        system
            .stdin(output::input(&command.input)?)
            .stdout(stdout)
            .stderr(stderr);
        if let Some(guardian) = &self.guardian {
            guardian.ensure(|| self.known())?;
            for directory in confinement.cgroup.iter().flat_map(Cgroup::directories) {
                guardian.tell(&cgroup_made(directory));
            }
        }
        {
            let mut alive = self.alive();
            alive.trees.insert(number);
            alive.starting += 1;
        }
        let spawned = system.spawn();
        let mut alive = self.alive();
        alive.starting -= 1;
        let held = spawned.and_then(Tree::of);
        match &held {
            Ok(tree) => drop(alive.leaders.insert(tree.number())),
            Err(_) => drop(alive.trees.remove(&number)),
        }
        drop(alive);
        let tree = held.map_err(spawn_failed)?;
        self.tell(|| group_began(tree.number()));
        if command.nice > 0 {
            tree.renice(command.nice);
        }
        Ok((tree, printing))
    }

    fn alive(&self) -> MutexGuard<'_, Alive> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, line: impl FnOnce() -> String) {
        if let Some(guardian) = &self.guardian {
            guardian.tell(&line());
        }
    }

    /// What a guardian that starts late has to know.
    fn known(&self) -> Vec<String> {
        self.alive().leaders.iter().map(|it| group_began(*it)).collect()
    }

    /// Kills what is left of a tree whose leader ended or must end; whether all of it is gone.
    pub(super) fn clear(&self, held: &mut Held) -> bool {
        held.tree.signal(Force::Final);
        if let Some(cgroup) = &held.cgroup {
            cgroup.kill();
        }
        let mut alive = self.alive();
        alive.trees.remove(&held.number);
        let is_empty = self.is_empty(&mut held.tree);
        // Afterwards: whom the last of the group leaves behind is this process's child only then.
        let orphans = self.kin.clear(&alive);
        let gone = is_empty && held.cgroup.as_ref().is_none_or(Cgroup::remove) && !orphans;
        if gone {
            held.cleared = true;
            alive.leaders.remove(&held.tree.number());
            drop(alive);
            self.tell(|| group_ended(held.tree.number()));
            for directory in held.cgroup.iter().flat_map(Cgroup::directories) {
                self.tell(|| cgroup_removed(directory));
            }
        }
        gone
    }

    /// Whether no member of the tree's group lives.
    pub(super) fn is_empty(&self, tree: &mut Tree) -> bool {
        match tree.reap() {
            Left::Nobody => true,
            Left::Living => false,
            Left::Strangers => {
                let lives = self.kin.lives(tree.number());
                if !lives {
                    tree.forget();
                }
                !lives
            }
        }
    }

    /// Takes over a killed tree of which somebody may be left.
    pub(super) fn keep(&self, held: Held) {
        if !held.cleared {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.push(held);
        }
    }

    /// Clears what was left; whether nothing is.
    fn sweep(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.retain_mut(|held| !self.clear(held));
        left.is_empty()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let end = std::time::Instant::now() + LAST;
        let mut nothing_left = self.sweep();
        while !nothing_left && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
            nothing_left = self.sweep();
        }
        if let Some(guardian) = &mut self.guardian {
            guardian.dismiss(nothing_left);
        }
    }
}

/// The program and its words, behind the launcher where limits need it.
fn system_command(
    command: &Command,
    program: &std::path::Path,
    confinement: &Confinement,
) -> Result<process::Command, ProcessError> {
    let mut system = match &confinement.before {
        None => process::Command::new(program),
        Some((before, words)) => {
            // The launcher would meet it too late to say it in other words than on standard error.
            resolve::interpreted(program)?;
            let mut system = process::Command::new(before);
            system.args(words).arg(program);
            system
        }
    };
    lead(&mut system);
    system
        .args(&command.args)
        .env_clear()
        .envs(&command.environment)
        .current_dir(&command.directory);
    Ok(system)
}
