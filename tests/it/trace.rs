//! The journal: what a crash leaves, what a second process may do, what alterations show; and the
//! figures counted from records.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gaai::flow::Policy;
use gaai::model::event::{Event, Record, RunState, Stage, TaskId};
use gaai::model::id::{ContentHash, RunId};
use gaai::trace::{
    Clock, Durability, EventSink, History, JOURNAL, Journal, Spans, TraceError, TraceFormat, TraceSummary,
    export, parse, print_summary, read,
};
use proptest::prelude::*;

use crate::flow_random::{play, specs};

fn steady() -> Clock {
    let now = AtomicI64::new(1_700_000_000_000_000);
    Arc::new(move || now.fetch_add(1_000, Ordering::Relaxed))
}

fn resumed(reused: u64) -> Event {
    Event::RunResumed {
        reused,
        effort: String::new(),
    }
}

fn started() -> Event {
    Event::RunStarted {
        run: RunId::from("20261121-041015-fraud"),
        version: "0.1.0".to_owned(),
        request: "{}".to_owned(),
        inputs: ContentHash::from("in"),
    }
}

fn write(directory: &std::path::Path, events: &[Event]) {
    let journal = Journal::create(directory, Durability::Batched, steady()).unwrap();
    events.iter().for_each(|it| journal.record(it).unwrap());
    journal.sync().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A journal cut at any byte reads as a prefix of its records, and folds to a history that the
    /// rest of the journal only adds to.
    #[test]
    fn a_cut_journal_is_a_valid_prefix(
        specs in specs(), dice in prop::collection::vec(any::<u8>(), 61), cuts in prop::collection::vec(0.0..1.0_f64, 24),
    ) {
        let mut events = vec![started()];
        events.extend(play(&specs, &Policy::parallel(3), &dice).0);
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &events);
        let bytes = fs::read(root.path().join(JOURNAL)).unwrap();
        let whole = parse(&bytes, "whole").unwrap();
        let end = History::replay(&whole.records).unwrap();
        prop_assert_eq!(whole.records.iter().map(|it| &it.event).collect::<Vec<_>>(), events.iter().collect::<Vec<_>>());
        for cut in cuts {
            let cut = (bytes.len() as f64 * cut) as usize;
            let part = parse(&bytes[..cut], "part").unwrap();
            prop_assert_eq!(part.kept + part.torn, cut as u64);
            prop_assert_eq!(&part.records[..], &whole.records[..part.records.len()]);
            let history = History::replay(&part.records).unwrap();
            for (task, artefact) in &history.finished {
                prop_assert_eq!(end.finished.get(task), Some(artefact));
            }
            prop_assert!(history.running.iter().all(|it| !history.finished.contains_key(it)));
        }
    }

    /// Any changed byte that is not in the last line is noticed.
    #[test]
    fn an_altered_journal_is_refused(at in 0.0..1.0_f64, change in 1..255_u8) {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &[started(), queued("a"), queued("b"), queued("c")]);
        let mut bytes = fs::read(root.path().join(JOURNAL)).unwrap();
        let last = bytes[..bytes.len() - 1].iter().rposition(|it| *it == b'\n').unwrap();
        bytes[(last as f64 * at) as usize] ^= change;
        let parsed = parse::<Event>(&bytes, "altered");
        prop_assert!(matches!(parsed, Err(TraceError::Broken { .. })), "{:?}", parsed);
    }
}

fn queued(task: &str) -> Event {
    Event::TaskQueued {
        task: task.into(),
        stage: Stage::Schema,
        after: Vec::new(),
    }
}

#[test]
fn a_torn_last_line_is_cut_off_and_the_journal_goes_on() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[started(), queued("a")]);
    let path = root.path().join(JOURNAL);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 7]).unwrap();
    let (journal, records) = Journal::reopen(root.path(), Durability::Strict, steady()).unwrap();
    assert_eq!(records.len(), 1);
    journal.record(&resumed(0)).unwrap();
    journal.record(&queued("a")).unwrap();
    drop(journal);
    let events: Vec<Event> = read(root.path())
        .unwrap()
        .into_iter()
        .map(|it| it.event)
        .collect();
    assert_eq!(events, [started(), resumed(0), queued("a")]);
}

#[test]
fn a_missing_line_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[started(), queued("a"), queued("b")]);
    let text = fs::read_to_string(root.path().join(JOURNAL)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without = format!("{}\n{}\n{}\n", lines[0], lines[2], lines[2]);
    let error = parse::<Event>(without.as_bytes(), "j").unwrap_err().to_string();
    assert_eq!(error, "j, record 1: it says that it is record 2");
}

#[test]
fn two_runs_in_one_directory_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let first = Journal::create(root.path(), Durability::None, steady()).unwrap();
    first.record(&started()).unwrap();
    let second = Journal::create(root.path(), Durability::None, steady());
    assert!(matches!(second, Err(TraceError::Busy { .. })));
    let resumed = Journal::reopen(root.path(), Durability::None, steady());
    assert!(matches!(resumed, Err(TraceError::Busy { .. })));
    drop(first);
    let later = Journal::create(root.path(), Durability::None, steady());
    assert!(matches!(later, Err(TraceError::Exists { .. })));
    let nowhere = Journal::reopen(&root.path().join("no"), Durability::None, steady());
    let message = nowhere.err().unwrap().to_string();
    assert!(message.contains("no run was recorded there"), "{message}");
}

#[test]
fn times_never_go_back() {
    let now = AtomicI64::new(5_000_000);
    let clock: Clock = Arc::new(move || now.fetch_sub(1_000_000, Ordering::Relaxed));
    let root = tempfile::tempdir().unwrap();
    let journal = Journal::create(root.path(), Durability::None, clock).unwrap();
    journal.record(&started()).unwrap();
    journal.record(&queued("a")).unwrap();
    let times: Vec<i64> = read(root.path()).unwrap().iter().map(|it| it.at_ms).collect();
    assert_eq!(times, [5000, 5000]);
}

#[test]
fn a_journal_that_does_not_begin_or_ends_what_never_began_has_no_history() {
    let record = |seq, event| Record { seq, at_ms: 0, event };
    assert!(History::replay(&[record(0, queued("a"))]).is_err());
    let finished = Event::TaskFinished {
        task: "a".into(),
        artefact: ContentHash::from("x"),
        elapsed_us: 1,
    };
    let records = [record(0, started()), record(1, queued("a")), record(2, finished)];
    let error = History::replay(&records).unwrap_err().to_string();
    assert!(
        error.ends_with("record 2: `a` ended without having begun"),
        "{error}"
    );
}

/// Two chains of which one fails, a crash of 60 s between, a model call, a hostile name.
fn story() -> Vec<Record> {
    let task = |it: &str| TaskId::from(it);
    let start = |it: &str, attempt| Event::TaskStarted {
        task: task(it),
        attempt,
    };
    let finish = |it: &str, elapsed_us| Event::TaskFinished {
        task: task(it),
        artefact: ContentHash(format!("{it}-artefact")),
        elapsed_us,
    };
    let queue = |it: &str, stage, after: &[&str]| Event::TaskQueued {
        task: task(it),
        stage,
        after: after.iter().map(|it| TaskId::from(*it)).collect(),
    };
    let hostile = "execution:<script>alert(1)</script>|x";
    let mut at = 1_700_000_000_000;
    let mut records = Vec::new();
    let mut push = |after_ms: i64, event: Event| {
        at += after_ms;
        records.push(Record {
            seq: records.len() as u64,
            at_ms: at,
            event,
        });
    };
    push(0, started());
    push(0, queue("schema", Stage::Schema, &[]));
    push(0, queue("requirements", Stage::Requirements, &[]));
    push(0, start("schema", 1));
    push(0, start("requirements", 1));
    push(20, finish("requirements", 20_400));
    push(20, finish("schema", 40_000));
    push(0, queue(hostile, Stage::Execution, &["schema"]));
    push(0, queue("report:a", Stage::Report, &[hostile, "requirements"]));
    push(0, start(hostile, 1));
    push(100, resumed(2));
    push(0, start(hostile, 1));
    push(
        0,
        Event::ModelCalled {
            task: task(hostile),
            prompt: "findings/write 1".to_owned(),
            model: "m".to_owned(),
            tokens: 45_230,
            saved_tokens: 0,
            cost_usd: Some(0.0453),
            elapsed_us: 28_300_000,
        },
    );
    push(
        50,
        Event::TaskFailed {
            task: task(hostile),
            attempt: 1,
            reason: "no <room>".to_owned(),
            elapsed_us: 50_000,
        },
    );
    push(0, start(hostile, 2));
    push(60, finish(hostile, 60_000));
    push(
        0,
        Event::ArtefactHanded {
            from: task(hostile),
            to: task("report:a"),
            artefact: ContentHash::from("0123456789abcdef"),
        },
    );
    push(0, start("report:a", 1));
    push(10, finish("report:a", 9_000));
    push(
        0,
        Event::RunFinished {
            state: RunState::Succeeded,
        },
    );
    records
}

#[test]
fn the_summary_has_the_known_blocks_with_counted_values() {
    let mut text = Vec::new();
    print_summary(&TraceSummary::of(&story()), &mut text).unwrap();
    insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
    ======================================================================
     Workflow Trace Summary
    ======================================================================

    Trace ID: 20261121-041015-fraud
    Total Events: 20

    Performance:
     Total Time: 0.16s
     Steps Completed: 4
     Avg Time/Step: 40ms

    LLM Usage:
     Total Calls: 1
     Total Time: 28.30s
     Total Tokens: 45,230
     Estimated Cost: $0.0453 USD

    Communication:
     Messages Exchanged: 1
     Errors: 1

    Slowest Agents:
     1. Execution Specialist: 110ms
     2. Schema Analyst: 40ms
     3. Requirements Analyst: 20ms

    Critical Path: 0.16s
     1. schema: 40ms
     2. execution:<script>alert(1)</script>|x: 110ms
     3. report:a: 9.0ms

    Achieved Parallelism: 1.12
");
}

#[test]
fn the_pause_between_processes_is_no_time_of_the_run() {
    let spans = Spans::of(&story());
    assert_eq!(spans.total_us, 160_000);
    let summary = TraceSummary::of(&story());
    let busy: u64 = spans.spans.iter().map(|it| it.elapsed_us).sum();
    assert!((summary.parallelism - busy as f64 / 160_000.0).abs() < 1e-9);
}

#[test]
fn every_form_of_a_trace_is_inert_and_whole() {
    for format in TraceFormat::ALL {
        let mut bytes = Vec::new();
        export(&story(), format, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("report:a") && text.ends_with('\n'), "{format:?}");
        match format {
            TraceFormat::Json => {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(value["records"].as_array().unwrap().len(), story().len());
                assert_eq!(value["summary"]["communication"]["messages"], 1);
            }
            TraceFormat::Html | TraceFormat::Svg => {
                assert!(!text.contains("<script>"), "{format:?}");
                assert_eq!(text.matches("<rect").count(), 6);
            }
            // Within a fence nothing is markup.
            TraceFormat::Markdown => {
                assert!(text.split("```").step_by(2).all(|it| !it.contains("<script>")));
            }
        }
    }
}

#[test]
fn a_trace_of_nothing_is_drawn_too() {
    for format in TraceFormat::ALL {
        export(&[], format, &mut Vec::new()).unwrap();
        export(&story()[..1], format, &mut Vec::new()).unwrap();
    }
}
