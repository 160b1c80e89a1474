//! Programs that we did not write, against which answers are compared.

use std::path::{Path, PathBuf};

/// Python with the packages of `tests/peers.txt`, or `None` where peers are to be skipped.
pub(super) fn python() -> Option<PathBuf> {
    match std::env::var_os("GAAI_TEST_PEERS") {
        None => panic!("GAAI_TEST_PEERS names no environment; run tests/run, or set it to `skip`"),
        Some(peers) if peers == "skip" => None,
        Some(peers) => Some(Path::new(&peers).join("bin/python")),
    }
}
