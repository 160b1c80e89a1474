//! The statuses that a sink did not take, in a file of lines with checksums, until it does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::status::StatusRecord;
use crate::trace::line;

/// The file. It exists only while it keeps something.
pub struct StatusJournal {
    path: PathBuf,
    file: Mutex<Kept>,
}

struct Kept {
    file: Option<File>,
    /// Records that the sink has not taken.
    records: u64,
    /// Bytes of the file, and how many of them in front the sink has taken.
    length: u64,
    sent: u64,
    /// Bytes of the files that there were before this one.
    before: u64,
}

impl StatusJournal {
    /// The journal at `path`, with what an earlier process left there. A torn last line is cut off: it was
    /// never said to be kept.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (records, length) = match fs::read(path) {
            Ok(bytes) => {
                let whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
                let records = count(&bytes[..whole])?;
                (records, whole as u64)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (0, 0),
            Err(error) => return Err(error),
        };
        let kept = Kept {
            file: None,
            records,
            length,
            sent: 0,
            before: 0,
        };
        Ok(Self {
            path: path.to_path_buf(),
            file: Mutex::new(kept),
        })
    }

    /// Records in it that the sink has not taken.
    pub fn kept(&self) -> u64 {
        self.lock().records
    }

    /// Adds records and forces them to the disk, once for all of them.
    pub fn append(&self, records: &[StatusRecord]) -> io::Result<()> {
        let mut text = String::new();
        for record in records {
            text.push_str(&line::write(record).map_err(io::Error::other)?);
        }
        let mut kept = self.lock();
        let length = kept.length;
        let file = match &mut kept.file {
            Some(file) => file,
            empty => empty.insert(self.create(length)?),
        };
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // The next one begins where this one did.
            kept.file = None;
            return Err(error);
        }
        kept.records += records.len() as u64;
        kept.length += text.len() as u64;
        Ok(())
    }

    fn create(&self, length: u64) -> io::Result<File> {
        let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        file.set_len(length)?;
        Ok(file)
    }

    /// What it keeps, in the order in which it came, `most` records at most, and from where to where they
    /// stand among all bytes that it was ever given.
    pub fn next(&self, most: usize) -> io::Result<(Vec<StatusRecord>, Range<u64>)> {
        let kept = self.lock();
        let start = kept.before + kept.sent;
        if kept.sent == kept.length {
            return Ok((Vec::new(), start..start));
        }
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(kept.sent))?;
        let mut lines = BufReader::new(file);
        let (mut records, mut end) = (Vec::new(), kept.sent);
        let mut text = Vec::new();
        while records.len() < most && end < kept.length {
            text.clear();
            let length = lines.read_until(b'\n', &mut text)?;
            if length == 0 {
                return Err(io::Error::other("it was cut while it was in use"));
            }
            end += length as u64;
            let line = text.strip_suffix(b"\n").unwrap_or(&text);
            let record = line::read(line).map_err(|problem| wrong(&format!("byte {end}"), &problem))?;
            records.push(record);
        }
        Ok((records, start..kept.before + end))
    }

    /// Forgets so many records, which stand there: the sink has them. Of two runs that gave it the same
    /// ones, the second is too late.
    pub(super) fn sent(&self, records: usize, place: &Range<u64>) -> io::Result<()> {
        let mut kept = self.lock();
        if kept.before + kept.sent != place.start {
            return Ok(());
        }
        kept.records = kept.records.saturating_sub(records as u64);
        kept.sent = place.end - kept.before;
        if kept.sent < kept.length {
            return Ok(());
        }
        fs::remove_file(&self.path)?;
        *kept = Kept {
            file: None,
            records: 0,
            length: 0,
            sent: 0,
            before: place.end,
        };
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many records there are; each of them is read.
fn count(bytes: &[u8]) -> io::Result<u64> {
    let lines = bytes.split(|it| *it == b'\n').filter(|it| !it.is_empty());
    let mut count = 0;
    for text in lines {
        count += 1;
        line::read::<StatusRecord>(text).map_err(|problem| wrong(&format!("line {count}"), &problem))?;
    }
    Ok(count)
}

fn wrong(place: &str, problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{place}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::RunId;
    use crate::workflow::branches::Status;

    fn record(seq: u64) -> StatusRecord {
        StatusRecord {
            run: RunId::from("r"),
            seq,
            at_us: 7,
            task: Some(0),
            name: "a".to_owned(),
            status: Status::Started { attempt: 1 },
        }
    }

    #[test]
    fn what_it_keeps_is_there_for_the_next_process_and_a_torn_line_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("status.jsonl");
        let journal = StatusJournal::open(&path).unwrap();
        assert!(!path.exists());
        journal.append(&[record(0), record(1)]).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(b"{\"crc\":\"00");
        fs::write(&path, bytes).unwrap();

        let journal = StatusJournal::open(&path).unwrap();
        assert_eq!(journal.kept(), 2);
        journal.append(&[record(2)]).unwrap();
        let journal = StatusJournal::open(&path).unwrap();
        let (records, place) = journal.next(2).unwrap();
        assert_eq!(records, [record(0), record(1)]);
        journal.sent(2, &place).unwrap();
        journal.sent(2, &place).unwrap();
        assert_eq!(journal.kept(), 1);
        // What comes meanwhile is behind, and what was sent does not come again.
        journal.append(&[record(3)]).unwrap();
        let (records, place) = journal.next(9).unwrap();
        assert_eq!(records, [record(2), record(3)]);
        journal.sent(2, &place).unwrap();
        assert!(!path.exists() && journal.kept() == 0);
    }

    #[test]
    fn a_line_that_was_altered_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("status.jsonl");
        StatusJournal::open(&path).unwrap().append(&[record(0)]).unwrap();
        let text = fs::read_to_string(&path)
            .unwrap()
            .replace("\"at_us\":7", "\"at_us\":8");
        fs::write(&path, text).unwrap();
        let error = StatusJournal::open(&path).err().unwrap().to_string();
        assert!(error.contains("line 1") && error.contains("checksum"), "{error}");
    }
}
