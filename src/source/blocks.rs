//! Reads a file in blocks of whole records and works on them in waves: while one wave is parsed in
//! parallel, the one before it is taken over in order and the next one is read.
//!
//! Memory: two waves of blocks, each as many as twice the threads. What comes of a file does not depend
//! on the size of blocks or waves.

use std::fs::File;
use std::io::Read;

use bytes::Buf;
use rayon::prelude::*;

use super::error::{SourceError, check};
use super::layout::{Content, Entry};
use super::meter::Meter;
use crate::algorithms::Control;
use crate::model::id::{ContentHash, ContentHasher};

/// Bytes of a block, unless a record is longer.
const BLOCK: usize = 1 << 20;

/// Blocks of a wave for each thread: so many that one long block holds up little.
const WIDTH: usize = 2;

/// A file that is read once from its beginning to its end.
pub(super) struct Blocks {
    place: String,
    input: Box<dyn Read + Send>,
    /// Read and not yet handed out.
    ahead: Vec<u8>,
    is_whole: bool,
    /// Bytes of a block.
    block: usize,
    /// Bytes of the file.
    size: u64,
    digest: ContentHasher,
    bytes: u64,
    meter: Meter,
    control: Control,
}

/// What was read, once all of it was.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Input {
    /// Hash of the file.
    pub(super) hash: ContentHash,
    /// Its bytes.
    pub(super) bytes: u64,
}

impl Blocks {
    /// Opens the file of `entry`; what is read counts as progress of `control`.
    pub(super) fn open(entry: &Entry, meter: Meter, control: &Control) -> Result<Self, SourceError> {
        let unreadable = |error: std::io::Error| SourceError::Unreadable {
            path: entry.place.clone(),
            reason: error.to_string(),
        };
        let (input, bytes): (Box<dyn Read + Send>, u64) = match &entry.content {
            Content::OnDisk(path) => {
                let file = File::open(path).map_err(unreadable)?;
                let bytes = file.metadata().map_err(unreadable)?.len();
                (Box::new(file), bytes)
            }
            Content::InMemory(bytes) => (Box::new(bytes.clone().reader()), bytes.len() as u64),
        };
        control.expect(bytes);
        let sizes = (BLOCK, bytes);
        Ok(Self::over(&entry.place, input, sizes, meter, control))
    }

    /// The blocks of `bytes`, about `size` bytes each.
    #[cfg(test)]
    pub(super) fn of(place: &str, bytes: &[u8], size: usize, control: &Control) -> Self {
        let input = bytes::Bytes::copy_from_slice(bytes).reader();
        Self::over(
            place,
            Box::new(input),
            (size, bytes.len() as u64),
            Meter::new(None),
            control,
        )
    }

    fn over(
        place: &str,
        input: Box<dyn Read + Send>,
        (block, size): (usize, u64),
        meter: Meter,
        control: &Control,
    ) -> Self {
        Self {
            place: place.to_owned(),
            input,
            ahead: Vec::new(),
            is_whole: false,
            block,
            size,
            digest: ContentHasher::default(),
            bytes: 0,
            meter,
            control: control.clone(),
        }
    }

    /// The next `bytes` bytes without taking them; fewer where the file ends.
    pub(super) fn peek(&mut self, bytes: usize) -> Result<&[u8], SourceError> {
        if self.ahead.len() < bytes {
            self.fill(bytes - self.ahead.len())?;
        }
        Ok(&self.ahead)
    }

    /// Whether all that is left was read already.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_whole
    }

    /// Takes `bytes` bytes that were peeked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.ahead.drain(..bytes);
    }

    /// The next block, cut where `cut` says that the last whole record in it ends; at the end of the
    /// file all that is left.
    fn next(
        &mut self,
        cut: &(impl Fn(&[u8]) -> Option<usize> + Sync),
    ) -> Result<Option<Vec<u8>>, SourceError> {
        let mut wanted = self.block;
        loop {
            self.peek(wanted)?;
            if self.is_whole {
                let block = std::mem::take(&mut self.ahead);
                return Ok((!block.is_empty()).then_some(block));
            }
            if let Some(end) = cut(&self.ahead) {
                let mut rest = Vec::with_capacity(self.block);
                rest.extend_from_slice(&self.ahead[end..]);
                self.ahead.truncate(end);
                return Ok(Some(std::mem::replace(&mut self.ahead, rest)));
            }
            // The record is longer than the block; doubling keeps the search for its end linear.
            wanted = self.ahead.len() * 2;
        }
    }

    fn fill(&mut self, bytes: usize) -> Result<(), SourceError> {
        if self.is_whole {
            return Ok(());
        }
        check(&self.control)?;
        let start = self.ahead.len();
        // A limit below what was asked for tells the end of the file.
        let read = self
            .input
            .by_ref()
            .take(bytes as u64)
            .read_to_end(&mut self.ahead);
        let read = read.map_err(|error| SourceError::Unreadable {
            path: self.place.clone(),
            reason: error.to_string(),
        })?;
        self.is_whole = read < bytes;
        self.digest.update(&self.ahead[start..]);
        self.bytes += read as u64;
        self.control.advance(read as u64);
        Ok(())
    }

    /// Parses all that is left in parallel and hands the parts to `take` in file order, which says how many
    /// bytes are held.
    pub(super) fn for_each<P: Send>(
        &mut self,
        cut: impl Fn(&[u8]) -> Option<usize> + Sync,
        parse: impl Fn(&[u8]) -> P + Sync,
        mut take: impl FnMut(P) -> Result<u64, SourceError> + Send,
    ) -> Result<(), SourceError> {
        let width = WIDTH * rayon::current_num_threads();
        let mut parsed: Vec<P> = Vec::new();
        let mut wave = self.wave(width, &cut)?;
        while !wave.is_empty() || !parsed.is_empty() {
            let before = std::mem::take(&mut parsed);
            let (next, done) = rayon::join(
                || {
                    for part in before {
                        check(&self.control)?;
                        let held = take(part)?;
                        self.meter.check(&self.place, held, self.bytes, self.size)?;
                    }
                    self.wave(width, &cut)
                },
                || wave.into_par_iter().map(|it| parse(&it)).collect(),
            );
            wave = next?;
            parsed = done;
        }
        Ok(())
    }

    fn wave(
        &mut self,
        width: usize,
        cut: &(impl Fn(&[u8]) -> Option<usize> + Sync),
    ) -> Result<Vec<Vec<u8>>, SourceError> {
        let mut wave = Vec::with_capacity(width);
        while wave.len() < width {
            match self.next(cut)? {
                Some(block) => wave.push(block),
                None => break,
            }
        }
        Ok(wave)
    }

    /// What was read. What nobody took is read here, since the hash is the whole file's.
    pub(super) fn finish(mut self) -> Result<Input, SourceError> {
        while !self.is_whole {
            self.ahead.clear();
            self.fill(self.block)?;
        }
        Ok(Input {
            hash: self.digest.finish(),
            bytes: self.bytes,
        })
    }
}

/// Where the last line in `text` ends.
pub(super) fn last_line_end(text: &[u8]) -> Option<usize> {
    memchr::memrchr(b'\n', text).map(|it| it + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_lines_in_order_whatever_their_size() {
        let text: String = (0..300).map(|it| format!("{}\n", "x".repeat(it % 17))).collect();
        for size in [1, 2, 7, 64, 10_000] {
            let control = Control::default();
            let mut blocks = Blocks::of("t", text.as_bytes(), size, &control);
            let mut seen = Vec::new();
            blocks
                .for_each(last_line_end, <[u8]>::to_vec, |it| {
                    assert!(it.ends_with(b"\n"));
                    seen.extend(it);
                    Ok(0)
                })
                .unwrap();
            assert_eq!(seen, text.as_bytes(), "{size}");
            let input = blocks.finish().unwrap();
            assert_eq!(input.hash, ContentHash::of(text.as_bytes()));
            assert_eq!(
                (input.bytes, control.progress().0),
                (text.len() as u64, text.len() as u64)
            );
        }
    }

    #[test]
    fn a_cancelled_reading_ends() {
        let control = Control::default();
        let mut blocks = Blocks::of("t", &[b'\n'; 4096], 16, &control);
        let stop = |_| {
            control.cancel();
            Ok(0)
        };
        let ended = blocks.for_each(last_line_end, <[u8]>::len, stop);
        assert_eq!(ended, Err(SourceError::Cancelled));
    }
}
