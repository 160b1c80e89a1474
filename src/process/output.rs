//! Where a child prints: files that nobody has to drain, readable while it runs and afterwards.
//!
//! On Linux, memory files: no name, no disk, and the middle of a long output is given back page by page. They are opened
//! for appending, so that a child that truncates its own output (`> /dev/stdout`) leaves no hole of zeroes.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Bounds, Input, Output, Printed, ProcessError};

/// One of the two streams a child prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a child prints, now or after its end. Cheap to clone; outlives the child.
#[derive(Clone, Debug)]
pub struct Printing(Arc<Streams>);

#[derive(Debug)]
struct Streams {
    stdout: Stream,
    stderr: Stream,
    bounds: Bounds,
}

#[derive(Debug)]
struct Stream {
    file: File,
    /// Where this child's output begins: a file may hold that of an earlier one.
    start: u64,
    in_memory: bool,
    /// Up to where the middle was given back.
    freed: AtomicU64,
}

impl Printing {
    /// Opens both streams.
    pub(super) fn open(output: &Output, bounds: Bounds) -> Result<Self, ProcessError> {
        let (stdout, stderr) = match output {
            Output::Memory => (Stream::memory()?, Stream::memory()?),
            Output::Files { stdout, stderr } => (Stream::appended(stdout)?, Stream::appended(stderr)?),
        };
        Ok(Self(Arc::new(Streams {
            stdout,
            stderr,
            bounds,
        })))
    }

    /// The child's ends of both streams.
    pub(super) fn ends(&self) -> io::Result<(Stdio, Stdio)> {
        Ok((
            self.0.stdout.file.try_clone()?.into(),
            self.0.stderr.file.try_clone()?.into(),
        ))
    }

    /// Gives back what is beyond the bounds; the bytes printed so far to the longer stream.
    pub(super) fn trim(&self) -> u64 {
        let Streams {
            stdout,
            stderr,
            bounds,
        } = &*self.0;
        stdout.trim(bounds.kept).max(stderr.trim(bounds.kept))
    }

    /// Bytes printed so far.
    pub fn size(&self, channel: Channel) -> u64 {
        self.stream(channel).size()
    }

    /// What was printed so far, its middle left out beyond [`Bounds::kept`](super::Bounds).
    pub fn printed(&self, channel: Channel) -> io::Result<Printed> {
        self.stream(channel).printed(self.0.bounds.kept)
    }

    /// At most `most` bytes from byte `from` on, for a reader that follows a running child; empty when there are none
    /// yet. A middle that was given back reads as zeroes.
    pub fn read(&self, channel: Channel, from: u64, most: usize) -> io::Result<Vec<u8>> {
        let stream = self.stream(channel);
        let length = stream.size().saturating_sub(from).min(most as u64);
        stream.read(from, length)
    }

    fn stream(&self, channel: Channel) -> &Stream {
        match channel {
            Channel::Stdout => &self.0.stdout,
            Channel::Stderr => &self.0.stderr,
        }
    }
}

impl Stream {
    fn memory() -> Result<Self, ProcessError> {
        Ok(Self {
            file: anonymous().map_err(no_file)?,
            start: 0,
            in_memory: cfg!(target_os = "linux"),
            freed: AtomicU64::new(0),
        })
    }

    fn appended(path: &Path) -> Result<Self, ProcessError> {
        let open = || -> io::Result<Self> {
            let file = File::options().read(true).append(true).create(true).open(path)?;
            let start = file.metadata()?.len();
            Ok(Self {
                file,
                start,
                in_memory: false,
                freed: AtomicU64::new(start),
            })
        };
        open().map_err(|source| ProcessError::Output {
            path: path.to_owned(),
            source,
        })
    }

    fn size(&self) -> u64 {
        self.file
            .metadata()
            .map_or(0, |it| it.len().saturating_sub(self.start))
    }

    /// Frees memory between the kept beginning and the kept end; the size stays what was printed.
    fn trim(&self, kept: u64) -> u64 {
        let size = self.size();
        let (from, to) = (
            self.freed.load(Ordering::Relaxed).max(kept / 2),
            size.saturating_sub(kept - kept / 2),
        );
        // In steps, so that a slow printer does not cost a call for each page.
        if self.in_memory && to > from + kept / 4 && free(&self.file, from, to - from).is_ok() {
            self.freed.store(to, Ordering::Relaxed);
        }
        size
    }

    fn printed(&self, kept: u64) -> io::Result<Printed> {
        let total = self.size();
        if total <= kept {
            return Ok(Printed {
                head: self.read(0, total)?,
                tail: Vec::new(),
                total,
            });
        }
        Ok(Printed {
            head: self.read(0, kept / 2)?,
            tail: self.read(total - (kept - kept / 2), kept - kept / 2)?,
            total,
        })
    }

    fn read(&self, from: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        let mut filled = 0;
        while filled < bytes.len() {
            let at = self.start + from + filled as u64;
            match read_at(&self.file, &mut bytes[filled..], at)? {
                // Truncated by the child meanwhile.
                0 => break,
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

/// What a child reads: complete before it starts, so that nobody has to feed it.
pub(super) fn input(input: &Input) -> Result<Stdio, ProcessError> {
    use std::io::{Seek, Write};
    let Input::Bytes(bytes) = input else {
        return Ok(Stdio::null());
    };
    let filled = || -> io::Result<File> {
        let mut file = anonymous()?;
        file.write_all(bytes)?;
        file.rewind()?;
        Ok(file)
    };
    filled().map(Stdio::from).map_err(no_file)
}

/// A file without a name failed: descriptors or memory ran out.
fn no_file(source: io::Error) -> ProcessError {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        if matches!(Errno::from_io_error(&source), Some(Errno::MFILE | Errno::NFILE)) {
            return ProcessError::TooManyFiles { source };
        }
    }
    ProcessError::Output {
        path: "memory".into(),
        source,
    }
}

#[cfg(target_os = "linux")]
fn anonymous() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, memfd_create};
    let descriptor = memfd_create("gaai", MemfdFlags::CLOEXEC)?;
    fcntl_setfl(&descriptor, OFlags::APPEND)?;
    Ok(descriptor.into())
}

#[cfg(target_os = "linux")]
fn free(file: &File, from: u64, length: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    Ok(fallocate(
        file,
        FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
        from,
        length,
    )?)
}

/// A file in the directory for temporary ones, without a name as soon as it is open.
#[cfg(not(target_os = "linux"))]
fn anonymous() -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!(
        "gaai-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let path = std::env::temp_dir().join(name);
    let mut options = File::options();
    options.read(true).append(true).create_new(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        // FILE_FLAG_DELETE_ON_CLOSE.
        options.custom_flags(0x0400_0000);
    }
    let file = options.open(&path)?;
    #[cfg(unix)]
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(not(target_os = "linux"))]
fn free(_: &File, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

#[cfg(windows)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, at)
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn printing(kept: u64) -> Printing {
        let bounds = Bounds {
            kept,
            ..Bounds::default()
        };
        Printing::open(&Output::Memory, bounds).unwrap()
    }

    #[test]
    fn the_middle_of_a_long_output_takes_no_memory_and_its_ends_stay() {
        let printing = printing(1 << 16);
        let mut file = printing.0.stdout.file.try_clone().unwrap();
        let mut most_blocks = 0;
        for block in 0..256_u32 {
            file.write_all(&vec![(block % 251) as u8; 1 << 16]).unwrap();
            printing.trim();
            most_blocks = most_blocks.max(file.metadata().unwrap().blocks());
        }
        // 512-byte blocks: twice the bound, plus what one round printed.
        assert!(most_blocks * 512 < 4 << 16, "{most_blocks} blocks");
        let printed = printing.printed(Channel::Stdout).unwrap();
        assert_eq!(printed.total, 256 << 16);
        assert_eq!(printed.head, vec![0; 1 << 15]);
        assert_eq!(printed.tail, vec![255 % 251; 1 << 15]);
    }

    #[test]
    fn a_file_keeps_what_it_held_and_gives_what_is_new() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        std::fs::write(&path, "before\n").unwrap();
        let output = Output::Files {
            stdout: path.clone(),
            stderr: path.clone(),
        };
        let printing = Printing::open(&output, Bounds::default()).unwrap();
        (&printing.0.stdout.file).write_all(b"one\n").unwrap();
        (&printing.0.stderr.file).write_all(b"two\n").unwrap();
        assert_eq!(printing.printed(Channel::Stdout).unwrap().text(), "one\ntwo\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\none\ntwo\n");
        assert_eq!(printing.read(Channel::Stdout, 4, 2).unwrap(), b"tw");
    }

    #[test]
    fn an_output_within_its_bound_is_whole() {
        let printing = printing(4);
        (&printing.0.stderr.file).write_all(b"abcd").unwrap();
        assert_eq!(printing.printed(Channel::Stderr).unwrap().text(), "abcd");
        (&printing.0.stderr.file).write_all(b"e").unwrap();
        let printed = printing.printed(Channel::Stderr).unwrap();
        assert_eq!(
            (&*printed.head, &*printed.tail, printed.left_out()),
            (&b"ab"[..], &b"de"[..], 1)
        );
    }
}
