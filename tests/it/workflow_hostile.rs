//! Scripts as they misbehave, and secrets, which stand in no file of a run.

use std::collections::BTreeMap;

use gaai::model::event::RunState;
use gaai::model::workflow_event::StepState;
use gaai::process::{CgroupPlaces, Settings, Spawner};

use super::workflow_room::{Room, fate, step};

fn script(id: &str, line: &str, more: &str) -> String {
    format!("  - {{ id: {id}, type: script{more}, config: {{ command: ./{id}.sh }} }} # {line}\n")
}

/// Runs scripts, each a step, so that none of them touches the others.
async fn run(room: &Room, scripts: &[(&str, &str, &str)]) -> gaai::workflow::run::WorkflowResult {
    let mut yaml = "name: hostile\nparallel: { keepGoing: true }\nsteps:\n".to_owned();
    for (id, line, more) in scripts {
        room.program(&format!("{id}.sh"), &format!("#!/bin/sh\n{line}\n"));
        yaml += &script(id, line, &format!(", parallel: {{ isolateErrors: true }}{more}"));
    }
    room.run(&yaml).await
}

#[tokio::test]
async fn floods_are_bounded_and_told() {
    let room = Room::new();
    let result = run(
        &room,
        &[
            (
                "flood",
                "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end",
                "",
            ),
            ("endless", "yes", ", limits: { maxOutputSize: 10MB }"),
            ("pipe", "yes | head -c 5000000 | cat >&2; exit 3", ""),
            ("binary", "head -c 100000 /dev/urandom", ""),
        ],
    )
    .await;
    let flood = step(&result, "flood");
    assert_eq!(flood.state, StepState::Succeeded);
    assert!(
        flood.output.len() < 70_000 && flood.output.ends_with("end") && flood.output.contains("left out")
    );
    assert_eq!(fate(&result, "endless").0, StepState::Failed);
    assert!(
        step(&result, "endless")
            .error
            .as_ref()
            .unwrap()
            .contains("it printed more than 10485760 bytes")
    );
    assert!(
        step(&result, "pipe")
            .error
            .as_ref()
            .unwrap()
            .starts_with("it exited with code 3: ")
    );
    assert_eq!(fate(&result, "binary").0, StepState::Succeeded);
    for log in std::fs::read_dir(room.path("run/logs")).unwrap() {
        let size = log.unwrap().metadata().unwrap().len();
        assert!(size < 4_000_000, "a log of {size} bytes");
    }
    assert_eq!(room.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn neither_a_closed_output_nor_a_child_that_keeps_it_open_blocks_a_step() {
    let room = Room::new();
    let result = run(
        &room,
        &[
            ("closes", "exec 1>&- 2>&-; sleep 0.05; exit 0", ""),
            ("leaves", "(sleep 300 &) ; echo done", ""),
            ("double", "( (sleep 300; echo late) & ) ; exit 6", ""),
            ("reads", "cat; echo read", ""),
            ("dies", "kill -KILL $$", ""),
        ],
    )
    .await;
    let states = ["closes", "leaves", "double", "reads", "dies"].map(|it| fate(&result, it).0);
    let (good, bad) = (StepState::Succeeded, StepState::Failed);
    assert_eq!(states, [good, good, bad, good, bad]);
    assert_eq!(step(&result, "leaves").output, "done");
    assert!(step(&result, "dies").error.as_ref().unwrap().contains("KILL"));
    assert_eq!(
        room.survivors(),
        Vec::<String>::new(),
        "what a step left behind is gone with it"
    );
}

#[tokio::test]
async fn programs_that_cannot_start_say_why() {
    let room = Room::new();
    room.program("text", "no program at all");
    std::fs::write(room.path("plain"), "x").unwrap();
    let yaml = "
name: start
parallel: { keepGoing: true }
steps:
  - { id: missing, type: script, config: { command: is-not-there }, parallel: { isolateErrors: true } }
  - { id: plain, type: script, config: { command: ./plain }, parallel: { isolateErrors: true } }
  - { id: nowhere, type: script, config: { command: 'true', workingDirectory: nowhere }, parallel: { isolateErrors: true } }
";
    let result = room.run(yaml).await;
    for id in ["missing", "plain", "nowhere"] {
        let step = step(&result, id);
        assert_eq!((step.state, step.exit_code), (StepState::Failed, None), "{id}");
        assert!(!step.error.as_ref().unwrap().is_empty(), "{id}");
    }
}

#[tokio::test]
async fn limits_that_are_required_and_cannot_be_had_stop_the_run() {
    let spawner = Spawner::new(Settings {
        program: None,
        adopt: false,
        rungs: Vec::new(),
        places: CgroupPlaces::of_this_process(),
    });
    let yaml = "
name: required
steps:
  - { id: big, type: script, config: { command: 'true' }, limits: { memory: 1GB, require: true }, retry: { maxAttempts: 9 } }
";
    let room = Room::with(spawner);
    let result = room.run(yaml).await;
    assert_eq!((result.state, result.success), (RunState::Stopped, false));
    assert_eq!(step(&result, "big").attempts, 1, "no attempt helps");
    assert!(result.error.unwrap().contains("cannot be enforced here"));
    assert_eq!(room.history().state, Some(RunState::Stopped));
}

const CANARY: &str = "c4nary/s3cret+value";

/// Every way in which a script might give a secret away.
const LEAKS: &str = "
name: leaks
secrets: { TOKEN: { env: THE_TOKEN }, FILE: { file: secret.txt }, ASKED: { command: [cat, secret.txt] } }
env: { TOKEN: '{{secrets.TOKEN}}', FILE: '{{secrets.FILE}}' }
parallel: { keepGoing: true }
onExit: { command: sh, args: [-c, 'echo $TOKEN; echo $TOKEN >&2; echo $GAAI_ERROR'] }
steps:
  - { id: prints, type: script, outputs: [it], config: { command: sh, args: [-c, 'echo $TOKEN; echo $FILE >&2; echo it=$TOKEN >> $GAAI_OUTPUT'] } }
  - { id: reads, type: script, dependsOn: [prints], config: { command: echo, args: ['{{steps.prints.outputs.it}} {{steps.prints.output}}'] } }
  - { id: codes, type: script, config: { command: sh, args: [-c, 'printf %s $TOKEN | base64'] } }
  - { id: lines, type: script, config: { command: sh, args: [-c, 'echo $TOKEN | base64; printf \"user:%s\" $TOKEN | base64 -w 9'] } }
  - { id: cut, type: script, config: { command: sh, args: [-c, 'head -c HALF /dev/zero | tr \"\\0\" x; printf %s $TOKEN; head -c 700000 /dev/zero | tr \"\\0\" y'] } }
  - { id: fails, type: script, outputs: [it], config: { command: sh, args: [-c, 'echo it=$TOKEN >> $GAAI_OUTPUT; echo $TOKEN >&2; exit 1'] }, parallel: { isolateErrors: true } }
  - { id: invalid, type: script, outputs: [it], config: { command: sh, args: [-c, 'echo $TOKEN >> $GAAI_OUTPUT'] }, parallel: { isolateErrors: true } }
  - { id: straddles, type: script, config: { command: sh, args: [-c, 'head -c PAD /dev/zero | tr \"\\0\" x; printf %s $TOKEN; head -c 200000 /dev/zero | tr \"\\0\" y'] } }
  - { id: quoted, type: script, config: { command: sh, args: [-c, 'printf %s $TOKEN >&2; head -c 590 /dev/zero | tr \"\\0\" z >&2; exit 1'] }, parallel: { isolateErrors: true } }
  - { id: live, type: script, log: file, config: { command: sh, args: [-c, 'echo $TOKEN'] } }
  - { id: keeps, type: script, artifacts: [leak.txt], config: { command: sh, args: [-c, 'echo $TOKEN > leak.txt'] }, parallel: { isolateErrors: true } }
  - { id: list, type: script, forEach: { items: [1, 2] }, config: { command: sh, args: [-c, 'echo $TOKEN'] } }
";

#[tokio::test]
async fn secrets_stand_in_no_file_of_a_run_and_in_no_result() {
    let mut room = Room::new();
    room.environment.insert("THE_TOKEN".to_owned(), CANARY.to_owned());
    std::fs::write(room.path("secret.txt"), "an0ther-canary\n").unwrap();
    // The cut of a long output falls into the middle of the secret.
    let pad = (32 << 10) - 8;
    // And so does the middle of what is kept of more than a MiB.
    let half = (512 << 10) - 8;
    let yaml = LEAKS
        .replace("PAD", &pad.to_string())
        .replace("HALF", &half.to_string());
    let result = room.run(&yaml).await;
    let text = serde_json::to_string(&result).unwrap();
    for part in [CANARY, &CANARY[..8], &CANARY[11..], "an0ther-canary", "YzRuYXJ5"] {
        assert!(!text.contains(part), "{part} in the result");
        assert_eq!(
            room.files_with("run", part),
            Vec::<std::path::PathBuf>::new(),
            "{part}"
        );
    }
    assert_eq!(step(&result, "reads").output, "*** ***");
    assert_eq!(step(&result, "prints").outputs["it"], "***");
    assert_eq!(step(&result, "list/0").output, "***");
    assert!(
        step(&result, "keeps")
            .error
            .as_ref()
            .unwrap()
            .contains("holds a secret")
    );
    assert!(
        step(&result, "lines").output.starts_with("***\n"),
        "{}",
        step(&result, "lines").output
    );
    let good = [
        "prints",
        "reads",
        "codes",
        "lines",
        "cut",
        "straddles",
        "live",
        "list",
    ];
    assert!(
        good.iter().all(|it| fate(&result, it).0 == StepState::Succeeded),
        "{:?}",
        result.error
    );
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_runs_nothing() {
    let room = Room::new();
    for (source, said) in [
        ("{ env: NOT_SET }", "the environment has no variable NOT_SET"),
        ("{ file: nowhere }", "nowhere"),
        (
            "{ command: [sh, -c, 'echo half; exit 1'] }",
            "what it printed is not shown",
        ),
    ] {
        let yaml = format!(
            "name: s\nsecrets: {{ A: {source} }}\nsteps: [ {{ id: a, type: script, config: {{ command: touch, args: [ran] }} }} ]\n"
        );
        let _ = std::fs::remove_dir_all(room.path("run"));
        std::fs::create_dir(room.path("run")).unwrap();
        let error = room.try_run(&yaml).await.unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains("half"), "{error}");
        assert!(!room.path("ran").exists());
    }
}

#[tokio::test]
async fn hostile_values_stay_values() {
    let room = Room::new();
    let yaml = "
name: values
variables: { evil: VALUE }
steps:
  - { id: argument, type: script, config: { command: printf, args: ['%s', '{{variables.evil}}'] } }
  - { id: shell, type: script, config: { command: 'printf %s \"$1\"', args: ['{{variables.evil}}'], shell: true } }
  - { id: env, type: script, config: { command: 'printf %s \"$IT\"', shell: true, env: { IT: '{{variables.evil}}' } } }
";
    let evil = "$(touch pwned); `touch pwned`; \"'; touch pwned #{{secrets.A}}";
    let quoted = serde_json::to_string(evil).unwrap();
    let result = room.run(&yaml.replace("VALUE", &quoted)).await;
    let outputs: BTreeMap<&str, &str> = result
        .step_results
        .iter()
        .map(|(id, it)| (id.as_str(), it.output.as_str()))
        .collect();
    assert_eq!(outputs, ["argument", "env", "shell"].map(|it| (it, evil)).into());
    assert!(!room.path("pwned").exists());
}
