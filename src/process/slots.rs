//! Places shared by all gaai processes of a host, released by the kernel when their holder dies.
//!
//! A pool is a directory. Each place is a file, and who holds it holds the kernel's lock on that file: it
//! ends with the process, however that ends, so no place leaks and nothing has to be tidied up. The number in a
//! held file is its holder's process id, for people; nothing is decided by it. The file `size` says how many
//! places may be held together, for all processes alike. Who looks or takes holds the lock on the file `gate`
//! meanwhile, for as long as it takes to open that many files, and never waits for a place while it has one.
//!
//! The directory must be on a local disk of this host. A place is an open file: a claim of weight 8 is eight.
//!
//! Law: what is granted never makes more than `size` held. After a pool became smaller more may still be held
//! for a while; nothing is granted until enough of it came back.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

/// The largest size of a pool: each place held is an open file of its holder.
pub const MOST_SLOTS: u32 = 1024;

/// How often the gate is tried before a claim is given up as contended. Each try yields the processor.
const GATE_TRIES: u32 = 64;

/// Why a pool of slots could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// A file of the pool could not be read, written or locked.
    #[error("use the slots in {path}: {source}; the folder must be writable and on a local disk")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A size that no pool can have.
    #[error("make a pool of {size} slots: a pool has 1 to {MOST_SLOTS}")]
    Size {
        /// The size that was asked for.
        size: u32,
    },
}

/// What came of a claim.
#[derive(Debug)]
pub enum Claim {
    /// All of it was taken.
    Granted(HeldSlots),
    /// Nothing was taken, for so many are held of so many.
    Full {
        /// Held now, by whomever.
        held: u32,
        /// Places in all.
        size: u32,
    },
    /// Nothing was taken, for others were looking at the same moment; to be tried again at once.
    Contended,
}

/// A place that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotHolder {
    /// Which place, from 0.
    pub slot: u32,
    /// The holder's process id as it wrote it; `None` while it has not.
    pub pid: Option<u32>,
}

/// Places that are held until this is dropped or its process ends.
#[derive(Debug)]
#[must_use]
pub struct HeldSlots {
    /// Locked.
    files: Vec<File>,
}

impl HeldSlots {
    /// How many places these are.
    pub fn weight(&self) -> u32 {
        self.files.len() as u32
    }
}

impl Drop for HeldSlots {
    fn drop(&mut self) {
        for file in &self.files {
            // Closing is not enough: a child that is just being started holds a copy of the file for a moment.
            let _ = file.unlock();
        }
    }
}

/// A pool of places of this host. Any number of processes and handles may use one directory.
#[derive(Clone, Debug)]
pub struct SlotPool {
    directory: PathBuf,
}

impl SlotPool {
    /// The pool in `directory`, which is made with `size` places if there is none; an existing one keeps its
    /// size until [`Self::resize`].
    ///
    /// # Errors
    /// [`SlotError::Size`] outside 1 to [`MOST_SLOTS`], [`SlotError::File`] when the directory cannot be used.
    pub fn open(directory: &Path, size: u32) -> Result<Self, SlotError> {
        check_size(size)?;
        fs::create_dir_all(directory).map_err(|source| at(directory, source))?;
        let pool = Self {
            directory: directory.to_path_buf(),
        };
        let gate = pool.lock_gate()?;
        if pool.read_size()?.is_none() {
            pool.write_size(size)?;
        }
        drop(gate);
        Ok(pool)
    }

    /// Places in all.
    ///
    /// # Errors
    /// [`SlotError::File`] when it cannot be read.
    pub fn size(&self) -> Result<u32, SlotError> {
        let _gate = self.lock_gate()?;
        self.size_behind_gate()
    }

    /// Changes the number of places, for all processes. Places that are held stay held.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn resize(&self, size: u32) -> Result<(), SlotError> {
        check_size(size)?;
        let _gate = self.lock_gate()?;
        self.write_size(size)
    }

    /// Takes `weight` places or none, without waiting. A weight of 0 is always granted.
    ///
    /// # Errors
    /// [`SlotError::File`] when a file of the pool cannot be used.
    pub fn try_acquire(&self, weight: u32) -> Result<Claim, SlotError> {
        let Some(_gate) = self.try_gate()? else {
            return Ok(Claim::Contended);
        };
        let size = self.size_behind_gate()?;
        let (mut free, mut held) = (Vec::new(), 0);
        self.each_slot(size, |_, mut file, is_held| {
            if is_held {
                held += 1;
            } else if free.len() < weight as usize {
                write_pid(&mut file)?;
                free.push(file);
            }
            Ok(())
        })?;
        if u64::from(held) + u64::from(weight) > u64::from(size) && weight > 0 {
            return Ok(Claim::Full { held, size });
        }
        Ok(Claim::Granted(HeldSlots { files: free }))
    }

    /// Who holds places, in their order.
    ///
    /// # Errors
    /// [`SlotError::File`] when a file of the pool cannot be used.
    pub fn holders(&self) -> Result<Vec<SlotHolder>, SlotError> {
        let _gate = self.lock_gate()?;
        let mut holders = Vec::new();
        self.each_slot(self.size_behind_gate()?, |slot, mut file, is_held| {
            if is_held {
                let mut text = String::new();
                file.read_to_string(&mut text)?;
                let pid = text.trim().parse().ok();
                holders.push(SlotHolder { slot, pid });
            }
            Ok(())
        })?;
        Ok(holders)
    }

    /// Opens the places up to `size`, and those above that a larger size left behind, and says of each whether
    /// somebody holds it. Those that are free are locked for as long as `look` keeps the file.
    fn each_slot(
        &self,
        size: u32,
        mut look: impl FnMut(u32, File, bool) -> io::Result<()>,
    ) -> Result<(), SlotError> {
        for slot in 0..MOST_SLOTS {
            let path = self.directory.join(format!("{slot}.slot"));
            let open = options().create(slot < size).open(&path);
            let file = match open {
                // Places are made in their order and never removed: there are none above.
                Err(error) if slot >= size && error.kind() == io::ErrorKind::NotFound => break,
                opened => opened.map_err(|source| at(&path, source))?,
            };
            let is_held = !try_lock(&file).map_err(|source| at(&path, source))?;
            look(slot, file, is_held).map_err(|source| at(&path, source))?;
        }
        Ok(())
    }

    /// The gate, once it is free: who has it gives it back after opening some files.
    fn lock_gate(&self) -> Result<File, SlotError> {
        let (gate, path) = self.open_gate()?;
        gate.lock().map_err(|source| at(&path, source))?;
        Ok(gate)
    }

    /// The gate, unless others keep it busy.
    fn try_gate(&self) -> Result<Option<File>, SlotError> {
        let (gate, path) = self.open_gate()?;
        for _ in 0..GATE_TRIES {
            if try_lock(&gate).map_err(|source| at(&path, source))? {
                return Ok(Some(gate));
            }
            thread::yield_now();
        }
        Ok(None)
    }

    fn open_gate(&self) -> Result<(File, PathBuf), SlotError> {
        let path = self.directory.join("gate");
        let gate = options().create(true).open(&path);
        Ok((gate.map_err(|source| at(&path, source))?, path))
    }

    fn size_behind_gate(&self) -> Result<u32, SlotError> {
        self.read_size()?.ok_or_else(|| {
            let kind = io::ErrorKind::InvalidData;
            at(&self.size_path(), io::Error::new(kind, "it holds no size"))
        })
    }

    /// `None` when there is no size yet, or none that a pool can have.
    fn read_size(&self) -> Result<Option<u32>, SlotError> {
        let path = self.size_path();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok().filter(|it| check_size(*it).is_ok())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(at(&path, source)),
        }
    }

    fn write_size(&self, size: u32) -> Result<(), SlotError> {
        let path = self.size_path();
        fs::write(&path, format!("{size}\n")).map_err(|source| at(&path, source))
    }

    fn size_path(&self) -> PathBuf {
        self.directory.join("size")
    }
}

fn check_size(size: u32) -> Result<(), SlotError> {
    match (1..=MOST_SLOTS).contains(&size) {
        true => Ok(()),
        false => Err(SlotError::Size { size }),
    }
}

fn at(path: &Path, source: io::Error) -> SlotError {
    SlotError::File {
        path: path.to_path_buf(),
        source,
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).truncate(false);
    options
}

/// Whether nobody else holds the lock; then it is ours until `file` is closed.
fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(source),
    }
}

/// Always as long, in place: cutting a file off first makes some file systems write it to disk at once.
fn write_pid(file: &mut File) -> io::Result<()> {
    file.write_all(format!("{:010}\n", std::process::id()).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    /// Names the directory to a child of [`a_killed_holder_frees_its_slots`].
    const DIRECTORY: &str = "GAAI_TEST_SLOTS";

    fn granted(pool: &SlotPool, weight: u32) -> HeldSlots {
        match pool.try_acquire(weight).unwrap() {
            Claim::Granted(held) => held,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_or_nothing_is_taken_and_dropping_gives_it_back() {
        let directory = tempfile::tempdir().unwrap();
        let one = SlotPool::open(directory.path(), 4).unwrap();
        // The first to come sets the size.
        let two = SlotPool::open(directory.path(), 9).unwrap();
        let held = granted(&one, 3);
        let refused = two.try_acquire(2).unwrap();
        assert!(matches!(refused, Claim::Full { held: 3, size: 4 }), "{refused:?}");
        let last = granted(&two, 1);
        assert_eq!((held.weight(), last.weight()), (3, 1));
        drop(held);
        assert_eq!(granted(&two, 3).weight(), 3);
    }

    #[test]
    fn a_smaller_pool_grants_nothing_until_enough_came_back() {
        let directory = tempfile::tempdir().unwrap();
        let pool = SlotPool::open(directory.path(), 4).unwrap();
        let (low, high) = (granted(&pool, 2), granted(&pool, 2));
        pool.resize(2).unwrap();
        drop(low);
        // Places 0 and 1 are free, but 2 and 3 are still held.
        assert!(matches!(
            pool.try_acquire(1).unwrap(),
            Claim::Full { held: 2, size: 2 }
        ));
        drop(high);
        let all = granted(&pool, 2);
        pool.resize(3).unwrap();
        assert_eq!(granted(&pool, 1).weight() + all.weight(), 3);
    }

    #[test]
    fn holders_are_named_while_they_hold() {
        let directory = tempfile::tempdir().unwrap();
        let pool = SlotPool::open(directory.path(), 3).unwrap();
        let held = granted(&pool, 2);
        let pid = Some(std::process::id());
        let expected = [0, 1].map(|slot| SlotHolder { slot, pid });
        assert_eq!(pool.holders().unwrap(), expected);
        drop(held);
        assert_eq!(pool.holders().unwrap(), []);
    }

    #[test]
    fn sizes_that_no_pool_can_have_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        for size in [0, MOST_SLOTS + 1] {
            let error = SlotPool::open(directory.path(), size).unwrap_err();
            assert!(matches!(error, SlotError::Size { .. }));
        }
        let pool = SlotPool::open(directory.path(), 1).unwrap();
        fs::write(directory.path().join("size"), "many").unwrap();
        let error = pool.try_acquire(1).unwrap_err().to_string();
        assert!(error.contains("it holds no size"), "{error}");
    }

    /// What [`a_killed_holder_frees_its_slots`] starts and kills.
    #[test]
    #[ignore = "a child of another test: it holds slots until it is killed"]
    fn holds_until_killed() {
        let Some(directory) = std::env::var_os(DIRECTORY) else {
            return;
        };
        let pool = SlotPool::open(Path::new(&directory), 3).unwrap();
        let held = granted(&pool, 2);
        println!("\nheld {}", held.weight());
        // Ends at the latest with the parent, which closes this pipe.
        let _ = io::stdin().read_line(&mut String::new());
    }

    #[test]
    fn a_killed_holder_frees_its_slots() {
        let directory = tempfile::tempdir().unwrap();
        let pool = SlotPool::open(directory.path(), 3).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--ignored",
                "--nocapture",
                "process::slots::tests::holds_until_killed",
            ])
            .env(DIRECTORY, directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|it| it == "held 2"));
        assert!(matches!(
            pool.try_acquire(2).unwrap(),
            Claim::Full { held: 2, size: 3 }
        ));
        assert_eq!(pool.holders().unwrap()[0].pid, Some(child.id()));
        // SIGKILL on Unix: the child gets to run nothing.
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(granted(&pool, 3).weight(), 3);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Acquire { handle: usize, weight: u32 },
        Release { nth: usize },
        Resize { size: u32 },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let acquire = (0..3_usize, 0..5_u32).prop_map(|(handle, weight)| Step::Acquire { handle, weight });
        let release = (0..8_usize).prop_map(|nth| Step::Release { nth });
        let resize = (1..7_u32).prop_map(|size| Step::Resize { size });
        prop::collection::vec(prop_oneof![4 => acquire, 3 => release, 1 => resize], 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Over several handles, against a plain sum: a claim is granted exactly when it fits.
        #[test]
        fn what_is_granted_fits_and_what_fits_is_granted(size in 1..7_u32, steps in steps()) {
            let directory = tempfile::tempdir().unwrap();
            let handles: Vec<_> = (0..3)
                .map(|_| SlotPool::open(directory.path(), size).unwrap())
                .collect();
            let (mut size, mut held, mut next) = (size, BTreeMap::new(), 0);
            for step in steps {
                let sum: u32 = held.values().map(HeldSlots::weight).sum();
                match step {
                    Step::Acquire { handle, weight } => match handles[handle].try_acquire(weight).unwrap() {
                        Claim::Granted(granted) => {
                            prop_assert_eq!(granted.weight(), weight);
                            prop_assert!(weight == 0 || sum + weight <= size);
                            held.insert(next, granted);
                            next += 1;
                        }
                        Claim::Full { held, size: told } => {
                            prop_assert!(weight > 0 && sum + weight > size);
                            prop_assert_eq!((held, told), (sum, size));
                        }
                        Claim::Contended => prop_assert!(false, "one thread contends with nobody"),
                    },
                    Step::Release { nth } => {
                        let key = held.keys().nth(nth).copied();
                        key.map(|it| held.remove(&it));
                    }
                    Step::Resize { size: new } => {
                        handles[0].resize(new).unwrap();
                        size = new;
                    }
                }
            }
        }
    }
}
