//! The statuses that a sink did not take, in a file of lines with checksums, until it does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
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
    records: u64,
    length: u64,
}

impl StatusJournal {
    /// The journal at `path`, with what an earlier process left there. A torn last line is cut off: it was
    /// never said to be kept.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (records, length) = match fs::read(path) {
            Ok(bytes) => {
                let whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
                let records = parse(&bytes[..whole])?.len() as u64;
                (records, whole as u64)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (0, 0),
            Err(error) => return Err(error),
        };
        let kept = Kept {
            file: None,
            records,
            length,
        };
        Ok(Self {
            path: path.to_path_buf(),
            file: Mutex::new(kept),
        })
    }

    /// Records in it.
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

    /// What it keeps, by run and place in it, and the length it has so far.
    pub fn read(&self) -> io::Result<(Vec<StatusRecord>, u64)> {
        let kept = self.lock();
        let bytes = fs::read(&self.path)?;
        let length = kept.length.min(bytes.len() as u64);
        let mut records = parse(&bytes[..length as usize])?;
        records.sort_by(|one, other| (&one.run, one.seq).cmp(&(&other.run, other.seq)));
        Ok((records, length))
    }

    /// Forgets all, unless something came since it had `length`.
    pub(super) fn clear(&self, length: u64) -> io::Result<()> {
        let mut kept = self.lock();
        if kept.length == length {
            fs::remove_file(&self.path)?;
            *kept = Kept {
                file: None,
                records: 0,
                length: 0,
            };
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(bytes: &[u8]) -> io::Result<Vec<StatusRecord>> {
    let lines = bytes.split(|it| *it == b'\n').filter(|it| !it.is_empty());
    lines
        .enumerate()
        .map(|(index, text)| {
            line::read(text).map_err(|problem| {
                let number = index + 1;
                io::Error::new(io::ErrorKind::InvalidData, format!("line {number}: {problem}"))
            })
        })
        .collect()
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
        journal.append(&[record(1), record(0)]).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(b"{\"crc\":\"00");
        fs::write(&path, bytes).unwrap();

        let journal = StatusJournal::open(&path).unwrap();
        assert_eq!(journal.kept(), 2);
        journal.append(&[record(2)]).unwrap();
        let (records, length) = StatusJournal::open(&path).unwrap().read().unwrap();
        assert_eq!(records, [record(0), record(1), record(2)]);
        journal.clear(length - 1).unwrap();
        assert_eq!(journal.kept(), 3);
        journal.clear(length).unwrap();
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
