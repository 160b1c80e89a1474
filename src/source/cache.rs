//! A directory of what was read before: checksummed files that are whole or not there.
//!
//! A file is a header (mark, version, checksum, length; 32 bytes) and sections (8 bytes of length, then
//! the content, then zeros up to a multiple of 8), all numbers little-endian. It is written beside its
//! place and moved there, so that readers and other writers never see a part of one, and a writer that is
//! killed leaves only a file that the next one removes. What does not match its checksum, version or
//! own description is not used: it is removed and made again. Nothing here is needed: a cache that cannot
//! be written is gone without, and `tracing` tells so.
//!
//! Files are read into memory and not mapped into it: a mapped file that another process cuts short ends this
//! one at the next touch, and reading costs little (0.14 s for 3.9 million edges).

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crc32fast::Hasher;

use crate::graph::Texts;

/// What a file begins with.
const MARK: &[u8; 8] = b"gaai.mem";

/// Version of all formats here. It changes with them, and with what reading makes of the same input.
pub(super) const VERSION: u32 = 1;

/// Bytes of a header.
const HEADER: u64 = 32;

/// The length of a section that is not there.
const ABSENT: u64 = u64::MAX;

/// Bytes that are read and converted at once; a multiple of 8.
const PIECE: usize = 1 << 16;

/// From this age on, a file that is still being written was left by a writer that is gone.
const ABANDONED: Duration = Duration::from_secs(3600);

/// End of the name of a file that is being written.
const UNFINISHED: &str = ".part";

/// Where what was read is kept, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheOptions {
    /// The directory; it is made when something is kept.
    pub directory: PathBuf,
    /// Bytes of all files together; the oldest are removed beyond.
    pub most_bytes: u64,
    /// Inputs of fewer bytes are read again each time: that takes no longer.
    pub least_input: u64,
}

impl CacheOptions {
    /// A cache of 2 GiB in `directory` for inputs from 4 MiB on.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            most_bytes: 2 << 30,
            least_input: 4 << 20,
        }
    }

    /// Whether a file's name begins with `start`.
    pub(super) fn has(&self, start: &str) -> bool {
        let names = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        names
            .map(|it| it.file_name())
            .any(|it| it.to_string_lossy().starts_with(start))
    }

    /// What `decode` makes of the file `name`, if it is there and whole.
    pub(super) fn read<T>(
        &self,
        name: &str,
        decode: impl FnOnce(&mut Sections) -> io::Result<T>,
    ) -> Option<T> {
        let path = self.directory.join(name);
        let file = File::open(&path).ok()?;
        match read_file(&file, decode) {
            Ok(made) => {
                // The last used is removed last; where that cannot be noted, the oldest is.
                let _ = file.set_modified(now());
                Some(made)
            }
            Err(error) if is_damage(&error) => {
                tracing::warn!("{} is damaged ({error}); it is made again", path.display());
                let _ = fs::remove_file(&path);
                None
            }
            Err(error) => {
                tracing::warn!(
                    "{} cannot be read ({error}); the files are read instead",
                    path.display()
                );
                None
            }
        }
    }

    /// Keeps what `encode` writes as the file `name`.
    pub(super) fn write(&self, name: &str, encode: impl FnOnce(&mut Writing) -> io::Result<()>) {
        if let Err(error) = self.try_write(name, encode) {
            let directory = self.directory.display();
            tracing::info!(%directory, %error, "what was read is not kept for the next time");
        }
    }

    fn try_write(&self, name: &str, encode: impl FnOnce(&mut Writing) -> io::Result<()>) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(&self.directory)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let part = format!(".{name}.{}-{number}{UNFINISHED}", std::process::id());
        let part = self.directory.join(part);
        let written = write_file(&part, encode).and_then(|()| fs::rename(&part, self.directory.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        self.tidy(name);
        written
    }

    /// Removes what was left unfinished and, beyond the size allowed, the files used longest ago.
    fn tidy(&self, newest: &str) {
        let now = now();
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let Ok(found) = entry.metadata() else {
                continue;
            };
            let modified = found.modified().unwrap_or(now);
            let name = entry.file_name().to_string_lossy().into_owned();
            let age = now.duration_since(modified).unwrap_or_default();
            if name.ends_with(UNFINISHED) {
                if age > ABANDONED {
                    let _ = fs::remove_file(entry.path());
                }
            } else if name != newest && is_ours(&name) {
                files.push((modified, found.len(), entry.path()));
            }
        }
        let newest = fs::metadata(self.directory.join(newest)).map_or(0, |it| it.len());
        let mut total = newest + files.iter().map(|it| it.1).sum::<u64>();
        files.sort();
        for (_, bytes, path) in files {
            if total <= self.most_bytes {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= bytes;
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "which file is removed first is no part of any answer"
)]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}

/// Only files that this room writes are removed.
fn is_ours(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|it| it == "census" || it == "graph")
}

/// Whether an error tells of a file's content. Others, like a disk or a network that is gone, may pass.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn read_file<T>(file: &File, decode: impl FnOnce(&mut Sections) -> io::Result<T>) -> io::Result<T> {
    let length = file.metadata()?.len();
    let mut input = BufReader::with_capacity(PIECE, file);
    let mut header = [0; HEADER as usize];
    input.read_exact(&mut header)?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let payload = u64::from(word(16)) | u64::from(word(20)) << 32;
    if &header[..8] != MARK || word(8) != VERSION || header[24..] != [0; 8] {
        return Err(damaged("it is of another kind or version"));
    }
    if length.checked_sub(HEADER) != Some(payload) {
        return Err(damaged("it has another length than it says"));
    }
    let mut sections = Sections {
        input: Box::new(input),
        left: payload,
        hasher: Hasher::new(),
    };
    let made = decode(&mut sections)?;
    if sections.left != 0 {
        return Err(damaged("it holds more than it should"));
    }
    if sections.hasher.finalize() != word(12) {
        return Err(damaged("its checksum does not match"));
    }
    Ok(made)
}

fn write_file(path: &Path, encode: impl FnOnce(&mut Writing) -> io::Result<()>) -> io::Result<()> {
    let mut writing = Writing {
        output: BufWriter::with_capacity(PIECE, File::create(path)?),
        hasher: Hasher::new(),
        length: 0,
    };
    writing.output.write_all(&[0; HEADER as usize])?;
    encode(&mut writing)?;
    let Writing {
        mut output,
        hasher,
        length,
    } = writing;
    output.flush()?;
    let mut header = Vec::with_capacity(HEADER as usize);
    header.extend_from_slice(MARK);
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.extend_from_slice(&hasher.finalize().to_le_bytes());
    header.extend_from_slice(&length.to_le_bytes());
    header.resize(HEADER as usize, 0);
    output.seek(SeekFrom::Start(0))?;
    output.write_all(&header)?;
    output.flush()
}

/// The sections of a file that is being written.
pub(super) struct Writing {
    output: BufWriter<File>,
    hasher: Hasher,
    length: u64,
}

impl Writing {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.output.write_all(bytes)
    }

    fn pad(&mut self) -> io::Result<()> {
        let over = (self.length % 8) as usize;
        self.put(&[0; 8][..(8 - over) % 8])
    }

    /// A section of bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.put(&(bytes.len() as u64).to_le_bytes())?;
        self.put(bytes)?;
        self.pad()
    }

    /// A section of numbers, or that there is none.
    pub(super) fn numbers<T: Copy, const N: usize>(
        &mut self,
        numbers: Option<&[T]>,
        bytes_of: impl Fn(T) -> [u8; N],
    ) -> io::Result<()> {
        let Some(numbers) = numbers else {
            return self.put(&ABSENT.to_le_bytes());
        };
        self.put(&((numbers.len() * N) as u64).to_le_bytes())?;
        let mut piece = Vec::with_capacity(PIECE);
        for block in numbers.chunks(PIECE / N) {
            piece.clear();
            piece.extend(block.iter().flat_map(|it| bytes_of(*it)));
            self.put(&piece)?;
        }
        self.pad()
    }

    /// Two sections: all texts, and where each ends.
    pub(super) fn texts(&mut self, texts: &Texts) -> io::Result<()> {
        let (text, ends) = texts.parts();
        self.bytes(text.as_bytes())?;
        self.numbers(Some(ends), |it| (it as u64).to_le_bytes())
    }
}

/// The sections of a file that is being read. What they say is not to be believed before the last one was
/// read and the checksum matched; lengths are checked at once.
pub(super) struct Sections<'a> {
    input: Box<dyn Read + 'a>,
    left: u64,
    hasher: Hasher,
}

impl Sections<'_> {
    fn take(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| damaged("a section is cut short"))?;
        self.input.read_exact(bytes)?;
        self.hasher.update(bytes);
        Ok(())
    }

    /// Length of the next section; `None` when it is not there.
    fn length(&mut self) -> io::Result<Option<usize>> {
        let mut bytes = [0; 8];
        self.take(&mut bytes)?;
        match u64::from_le_bytes(bytes) {
            ABSENT => Ok(None),
            length if length <= self.left => Ok(Some(length as usize)),
            _ => Err(damaged("a section is longer than the file")),
        }
    }

    fn skip_pad(&mut self, length: usize) -> io::Result<()> {
        let mut pad = [0; 8];
        self.take(&mut pad[..(8 - length % 8) % 8])
    }

    /// A section of bytes.
    pub(super) fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let length = self.length()?.ok_or_else(|| damaged("a section is missing"))?;
        let mut bytes = vec![0; length];
        self.take(&mut bytes)?;
        self.skip_pad(length)?;
        Ok(bytes)
    }

    /// A section of text.
    pub(super) fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.bytes()?).map_err(|_| damaged("a text is not UTF-8"))
    }

    /// A section of numbers, if there is one.
    pub(super) fn numbers<T, const N: usize>(
        &mut self,
        number: impl Fn([u8; N]) -> T,
    ) -> io::Result<Option<Vec<T>>> {
        let Some(length) = self.length()? else {
            return Ok(None);
        };
        if length % N != 0 {
            return Err(damaged("a section holds parts of numbers"));
        }
        let mut numbers = Vec::with_capacity(length / N);
        let mut piece = vec![0; PIECE.min(length)];
        let mut left = length;
        while left > 0 {
            let now = left.min(PIECE);
            self.take(&mut piece[..now])?;
            numbers.extend(piece[..now].as_chunks::<N>().0.iter().map(|it| number(*it)));
            left -= now;
        }
        self.skip_pad(length)?;
        Ok(Some(numbers))
    }

    /// A section of numbers that must be there.
    pub(super) fn all<T, const N: usize>(&mut self, number: impl Fn([u8; N]) -> T) -> io::Result<Vec<T>> {
        self.numbers(number)?
            .ok_or_else(|| damaged("a section is missing"))
    }

    /// What [`Writing::texts`] wrote.
    pub(super) fn texts(&mut self) -> io::Result<Texts> {
        let text = self.text()?;
        let ends = self.all(|it| u64::from_le_bytes(it) as usize)?;
        Texts::of_parts(text, ends).ok_or_else(|| damaged("texts are cut where they do not end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_damaged_file_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let options = CacheOptions::in_directory(place.path());
        options.write("x.graph", |it| it.bytes(b"kept"));
        let read = |kind: io::ErrorKind| options.read("x.graph", |_| Err::<(), _>(io::Error::from(kind)));
        assert_eq!(read(io::ErrorKind::PermissionDenied), None);
        assert_eq!(options.read("x.graph", |it| it.bytes()), Some(b"kept".to_vec()));
        assert_eq!(read(io::ErrorKind::InvalidData), None);
        assert!(!place.path().join("x.graph").exists());
    }
}
