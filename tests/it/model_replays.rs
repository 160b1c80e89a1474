//! What was recorded of a server is replayed to the same bytes where there is no network, and what is to open no
//! socket opens none.

use std::collections::BTreeMap;
use std::path::Path;

use super::model_servers::{CANARY, faulty_aimock, llama};
use super::peers::python;
use super::program::{assert_same, gaai, lasting};
use super::sockets::cut_off;

/// Records a run of the fraud demo and replays it twice, cut off, in directories without any cache.
fn is_replayed_to_the_same_bytes(place: &Path, model: &str, url: &str, key: &str) {
    let tape = place.join("tape");
    let tape = tape.to_str().unwrap();
    let run = [
        "run",
        "--graph",
        "demo:fraud",
        "--run-id",
        "run",
        "--model",
        model,
    ];
    let asking = [&run[..], &["--model-url", url]].concat();
    let at = |name: &str| {
        let directory = place.join(name);
        std::fs::create_dir(&directory).unwrap();
        directory
    };
    let recorded = at("recorded");
    let output = gaai(&recorded, &[&asking[..], &["--record", tape]].concat())
        .env(key, CANARY)
        .env("LLM_MAX_RETRIES", "2")
        .output()
        .unwrap();
    let (code, told) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
    assert!(matches!(code, Some(0 | 5)), "{code:?}: {told}");
    let recorded = files(&recorded);
    assert!(
        recorded.contains_key("reports/index.html"),
        "{:?}",
        recorded.keys()
    );
    for more in [&["--replay", tape, "--offline"][..], &["--replay", tape]] {
        let directory = at(if more.len() == 3 { "offline" } else { "replayed" });
        let (output, sockets) = cut_off(&directory, &[&asking[..], more].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), code, "{told}");
        assert_eq!(sockets, Vec::<String>::new(), "{more:?}");
        assert_same(&recorded, &files(&directory));
    }
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    lasting(&directory.join("output/run"))
}

#[test]
fn a_run_with_a_real_server_is_replayed_without_network_to_the_same_bytes() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = llama(&python, place.path());
    let url = server.at("/v1");
    is_replayed_to_the_same_bytes(place.path(), "llamacpp/tiny-random", &url, "LLAMACPP_API_KEY");
}

#[test]
fn a_run_with_a_provider_that_fails_often_is_replayed_without_network_to_the_same_bytes() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = faulty_aimock(&python, 3);
    let url = server.at("/v1");
    is_replayed_to_the_same_bytes(place.path(), "openai/gpt-4o-mini", &url, "OPENAI_API_KEY");
}

#[test]
fn a_run_without_a_model_opens_no_socket() {
    // Cut off by programs that tests/run installs.
    let Some(_) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let run = ["run", "--graph", "demo:fraud"];
    for words in [&[&run[..], &["--offline"]].concat()[..], &run] {
        let (output, sockets) = cut_off(place.path(), words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert_eq!(sockets, Vec::<String>::new(), "{words:?}");
    }
    // The same eyes see a socket where there is one.
    let url = "http://127.0.0.1:9/v1";
    let (output, sockets) = cut_off(
        place.path(),
        &["doctor", "--model", "custom/m", "--model-url", url],
    );
    assert!(
        sockets.iter().any(|it| it.contains("sin_port=htons(9)")),
        "{sockets:?} {output:?}"
    );
}
