//! Which directories a run may begin in.

use super::*;

fn clock() -> Clock {
    Arc::new(|| 1_700_000_000_000_000)
}

fn begin(output: &Path, names: &[&str]) -> Result<Launch, PipelineError> {
    let names: Vec<RunId> = names.iter().map(|it| RunId::from(*it)).collect();
    let inputs = ContentHash::of(b"");
    Launch::begin(output, names, RunRequest::default(), inputs, clock())
}

#[test]
fn the_first_free_name_is_taken() {
    let output = tempfile::tempdir().unwrap();
    let first = begin(output.path(), &["a", "a-2"]).unwrap();
    let second = begin(output.path(), &["a", "a-2"]).unwrap();
    assert_eq!((first.run.0.as_str(), second.run.0.as_str()), ("a", "a-2"));
    let Err(PipelineError::Invalid(reason)) = begin(output.path(), &["a"]) else {
        panic!("one name, and it is taken");
    };
    assert!(reason.contains("gaai resume a"), "{reason}");
}

/// Else `run` would send its user to `resume`, and `resume` back to `run`.
#[test]
fn a_directory_without_a_whole_record_is_taken_over() {
    let output = tempfile::tempdir().unwrap();
    for journal in [None, Some(&b""[..]), Some(b"{\"seq\":0,")] {
        let run = output.path().join("r");
        fs::create_dir(&run).unwrap();
        if let Some(bytes) = journal {
            fs::write(run.join(JOURNAL), bytes).unwrap();
        }
        drop(begin(output.path(), &["r"]).unwrap());
        assert_eq!(trace::read(&run).unwrap().len(), 1);
        fs::remove_dir_all(run).unwrap();
    }
    fs::create_dir(output.path().join("mine")).unwrap();
    fs::write(output.path().join("mine/letter.txt"), b"dear").unwrap();
    assert!(begin(output.path(), &["mine"]).is_err());
}

#[test]
fn effort_can_be_changed_and_is_kept_otherwise() {
    let output = tempfile::tempdir().unwrap();
    let request = RunRequest {
        effort: Effort {
            durability: Some(Durability::Strict),
            timeout_ms: Some(5),
            ..Effort::default()
        },
        ..RunRequest::default()
    };
    let inputs = ContentHash::of(b"");
    let names = [RunId::from("r")];
    drop(Launch::begin(output.path(), names, request, inputs.clone(), clock()).unwrap());
    let directory = output.path().join("r");
    assert_eq!(earlier_effort(&directory).durability, Some(Durability::Strict));
    let more = Effort {
        timeout_ms: Some(9),
        ..Effort::default()
    };
    let again = Launch::resume(&directory, &more, clock(), |_, _| Ok(inputs.clone())).unwrap();
    assert_eq!(again.request.effort.timeout_ms, Some(9));
    assert_eq!(again.request.effort.durability, Some(Durability::Strict));
    // A third process goes on as the second did.
    drop(again);
    let third = Launch::resume(&directory, &Effort::default(), clock(), |_, _| Ok(inputs.clone()));
    assert_eq!(third.unwrap().request.effort.timeout_ms, Some(9));
}
