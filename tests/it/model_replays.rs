//! What was recorded of a server is replayed to the same bytes where there is no network, and what is to open no
//! socket opens none.

use std::collections::BTreeMap;
use std::path::Path;

use super::peers::python;
use super::program::{assert_same, data, lasting};
use super::sockets::cut_off;

/// Replays the run `words` twice, cut off, in directories without any cache, from `place/tape`: both end as the
/// one that was recorded in `place`, with the same bytes.
pub(super) fn is_replayed_without_network(place: &Path, words: &[&str], code: i32) {
    let tape = place.join("tape");
    let replay = ["--replay", tape.to_str().unwrap()];
    let recorded = files(place);
    assert!(
        recorded.contains_key("reports/index.html"),
        "{:?}",
        recorded.keys()
    );
    for more in [&["--offline"][..], &[]] {
        let elsewhere = tempfile::tempdir().unwrap();
        let words = [words, &replay, more].concat();
        let (output, sockets) = cut_off(elsewhere.path(), &words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        assert_eq!(sockets, Vec::<String>::new(), "{words:?}");
        assert_same(&recorded, &files(elsewhere.path()));
    }
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    lasting(&directory.join("output/peer"))
}

#[test]
fn a_run_without_a_model_opens_no_socket() {
    // Cut off by programs that tests/run installs.
    let Some(_) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let graph = data("karate");
    let ask = "Which vertices cut others off?";
    let run = ["run", "--graph", graph.to_str().unwrap(), "--ask", ask];
    for words in [&[&run[..], &["--offline"]].concat()[..], &run] {
        let (output, sockets) = cut_off(place.path(), words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert_eq!(sockets, Vec::<String>::new(), "{words:?}");
    }
    // The same eyes see a socket where there is one.
    let url = "http://127.0.0.1:9/v1";
    let words = ["doctor", "--model", "custom/m", "--model-url", url];
    let (output, sockets) = cut_off(place.path(), &words);
    let has_called = sockets.iter().any(|it| it.contains("sin_port=htons(9)"));
    assert!(has_called, "{sockets:?} {output:?}");
}
