//! Writes files whole: one that exists under its own name is complete, whatever happened.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Ending of a file that is being written; one that is found belongs to an interrupted process.
pub const PART: &str = "part";

/// Puts `bytes` at `path`, whose directories are made if need be: through a file beside it that is
/// synced and renamed. When it fails, nothing of it is left behind.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    // The process id keeps two processes apart; within one, equal paths hold equal bytes.
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.{PART}", std::process::id()));
    let part = path.with_file_name(name);
    let permissions = fs::metadata(path).ok().map(|it| it.permissions());
    let written = write_through(&part, permissions, bytes).and_then(|()| fs::rename(&part, path));
    if let Err(error) = written {
        // The file may not exist at all; then there is nothing to remove.
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    sync_directory(directory)
}

/// Makes what was created in or renamed within `directory` survive a loss of power.
fn sync_directory(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    File::open(directory)?.sync_all()
}

fn write_through(part: &Path, permissions: Option<fs::Permissions>, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(part)?;
    if let Some(permissions) = permissions {
        // Before there is anything to read in it.
        file.set_permissions(permissions)?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// What to do about a path that cannot be written.
pub fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free some space or choose another place with --out, then resume the run"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "make it writable or choose another place with --out"
        }
        _ => "check the path given with --out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `/dev/full` answers every write as a full disk does.
    #[test]
    fn a_full_disk_says_to_free_space() {
        let error = write_through(Path::new("/dev/full"), None, b"bytes").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert!(advice(&error).contains("free some space"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_there_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("w.yaml");
        fs::write(&path, "a").unwrap();
        for mode in [0o600, 0o640] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            write_whole(&path, b"b").unwrap();
            let kept = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!((kept, fs::read(&path).unwrap()), (mode, b"b".to_vec()));
        }
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let blocked = root.path().join("report.html");
        fs::create_dir(&blocked).unwrap();
        fs::write(blocked.join("inside"), b"x").unwrap();
        assert!(write_whole(&blocked, b"text").is_err());
        let names: Vec<_> = fs::read_dir(root.path())
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        assert_eq!(names, ["report.html"]);
    }
}
