//! Exit codes that no ordinary run has: what gaai cannot read of its own, and a part that failed.

use std::fs;

use gaai::model::event::Event;
use gaai::trace::{self, Durability, EventSink, JOURNAL, Journal};

use super::program::{data, done, expect};

/// A vertical of which one pattern ranks by a column that no result has.
const FAULTY: &str = r#"
name = "mine"
title = "Mine"
version = 1
description = "One topic."
entities = []
attributes = []
cues = []
[[topics]]
id = "odd"
title = "Odd ones"
question = "Which are odd?"
proposed = true
cues = [{ weight = 1.0, any = ["odd"] }]
[[patterns]]
id = "odd_ones"
topic = "odd"
title = "Odd ones"
why = "They differ."
algorithm = "degree"
projection = {}
detector = { order_by = "oddness" }
facts = []
severity = [{ level = "info", reason = "They are odd." }]
action = { what = "Look at them.", owner = "owner", effort = "days", effect = "Known.", check = "Look again." }
caveats = []
[patterns.wording]
headline = "There are odd ones."
claims = []
so_what = "They are odd."
nothing = "Nothing is odd."
"#;

#[test]
fn a_part_that_failed_is_told_apart_from_success() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("mine.toml"), FAULTY).unwrap();
    let london = data("london");
    let words = [
        "run",
        "--graph",
        london.to_str().unwrap(),
        "--vertical",
        "mine.toml",
        "--ask",
        "Which stations are odd?",
        "--ask",
        "Which stations cut others off?",
        "--run-id",
        "r",
    ];
    let run = done(place.path(), &words);
    let out = String::from_utf8_lossy(&run.stdout).into_owned();
    let error = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(5), "{out}\n{error}");
    assert!(
        out.contains("partiallySucceeded") && out.contains("(critical_points.1)"),
        "{out}"
    );
    assert!(
        out.contains("failed: Odd ones: ") && out.contains("no column `oddness`"),
        "{out}"
    );
    // The vertical would have to be mended, and then it is another run.
    assert!(!error.contains("gaai resume"), "{error}");
    // What stands is true.
    expect(place.path(), &["verify", "r"], 0);
}

#[test]
fn what_gaai_wrote_and_cannot_read_is_a_defect() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let london = london.to_str().unwrap();
    expect(place.path(), &["run", "--graph", london, "--run-id", "r"], 0);
    let run = place.path().join("output/r");
    let records = trace::read(&run).unwrap();
    fs::remove_file(run.join(JOURNAL)).unwrap();
    let journal = Journal::create(&run, Durability::Strict, std::sync::Arc::new(|| 0)).unwrap();
    for record in records {
        let mut event = record.event;
        if let Event::RunStarted { request, .. } = &mut event {
            "no request".clone_into(request);
        }
        journal.record(&event).unwrap();
    }
    journal.sync().unwrap();
    drop(journal);
    let scored = done(place.path(), &["score", "r"]);
    let error = String::from_utf8_lossy(&scored.stderr).into_owned();
    assert_eq!(scored.status.code(), Some(4), "{error}");
    assert!(error.contains("defect of gaai"), "{error}");
}
