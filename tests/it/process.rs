//! Child processes as they misbehave: nobody is left, nothing blocks, and each end is told as it was.
#![cfg(target_os = "linux")]

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gaai::process::{
    Bounds, CgroupPlaces, Channel, Child, Command, Ending, Enforcement, Input, Limits, ProcessError, Rung,
    Settings, Spawner,
};

use super::workflow_room::{PATIENCE, survivors, until};

fn settings(rungs: &[Rung]) -> Settings {
    Settings {
        program: Some(env!("CARGO_BIN_EXE_gaai").into()),
        adopt: false,
        rungs: rungs.to_vec(),
        places: CgroupPlaces::of_this_process(),
    }
}

fn spawner() -> Spawner {
    Spawner::new(settings(&[]))
}

/// A name that only the processes of one test have in their environment.
fn case() -> OsString {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)).into()
}

fn shell(case: &OsString, script: &str) -> Command {
    let mut command = Command::new("sh", "/");
    command.args = vec!["-c".into(), script.into()];
    command.environment = [
        ("PATH".into(), "/usr/bin:/bin".into()),
        ("GAAI_TEST_CASE".into(), case.clone()),
    ]
    .into();
    command
}

fn out(child: &Child) -> String {
    child.printed(Channel::Stdout).text()
}

async fn says(child: &Child, text: &str) {
    until(text, || out(child).contains(text)).await;
}

#[tokio::test]
async fn a_child_has_what_it_was_given_and_nothing_else() {
    let mut command = shell(&case(), "");
    command.program = "cat".into();
    command.args = vec!["/proc/self/environ".into(), "-".into()];
    command.input = Input::Bytes(b"given".to_vec());
    let mut child = spawner().spawn(&command).unwrap();
    assert!(child.wait().await.is_success());
    let printed = out(&child);
    let names: Vec<&str> = printed
        .split_terminator('\0')
        .map(|it| it.split('=').next().unwrap())
        .collect();
    assert_eq!(names, ["GAAI_TEST_CASE", "GAAI_TREE", "PATH", "given"]);
    assert_eq!(child.enforcement(), Enforcement::NotAsked);
    assert_eq!(child.wait().await, child.wait().await);
}

#[tokio::test]
async fn a_gigabyte_is_printed_to_its_end_and_its_ends_are_kept() {
    let case = case();
    let script = "echo first; head -c 1000000000 /dev/zero; echo; echo last";
    let mut child = spawner().spawn(&shell(&case, script)).unwrap();
    assert!(child.wait().await.is_success());
    let printed = child.printed(Channel::Stdout);
    assert_eq!(printed.total, 1_000_000_012);
    assert!(printed.bytes().len() < (1 << 20) + 100);
    assert!(printed.text().starts_with("first\n") && printed.text().ends_with("\nlast\n"));
}

#[tokio::test]
async fn one_that_prints_without_end_is_stopped() {
    let case = case();
    let mut command = shell(&case, "yes 1>&2");
    command.bounds = Bounds {
        kept: 1000,
        printed: 10_000_000,
    };
    let mut child = spawner().spawn(&command).unwrap();
    let exit = child.wait().await;
    assert_eq!((exit.ending, exit.signal), (Ending::OutputTooLarge, Some(9)));
    assert!(child.printed(Channel::Stderr).text().starts_with("y\ny\n"));
    assert_eq!(survivors(&case), [""; 0]);
}

#[tokio::test]
async fn one_that_printed_too_much_and_ended_before_anybody_looked_has_failed() {
    let case = case();
    for (line, ending) in [
        ("head -c 3000 /dev/zero", Ending::OutputTooLarge),
        ("head -c 2000 /dev/zero", Ending::Own),
    ] {
        let mut command = shell(&case, line);
        command.bounds = Bounds {
            kept: 1000,
            printed: 2000,
        };
        let mut child = spawner().spawn(&command).unwrap();
        assert_eq!(child.wait().await.ending, ending, "{line}");
    }
}

#[tokio::test]
async fn a_grace_without_end_is_one() {
    let case = case();
    let mut child = spawner()
        .spawn(&shell(&case, "echo ready; exec sleep 300"))
        .unwrap();
    says(&child, "ready").await;
    let exit = child.stop(Duration::MAX).await;
    assert_eq!((exit.ending, exit.signal), (Ending::Stopped, Some(15)));
    assert_eq!(survivors(&case), [""; 0]);
}

#[tokio::test]
async fn one_that_ignores_the_request_to_end_is_killed_after_the_grace() {
    let case = case();
    let script = "trap '' TERM; echo ready; while :; do sleep 1000; done";
    let mut child = spawner().spawn(&shell(&case, script)).unwrap();
    says(&child, "ready").await;
    let exit = child.stop(Duration::from_millis(100)).await;
    assert_eq!((exit.ending, exit.signal), (Ending::Stopped, Some(9)));
    assert_eq!(survivors(&case), [""; 0]);
}

#[tokio::test]
async fn members_have_the_grace_even_when_their_leader_goes_first() {
    let case = case();
    let script =
        "sh -c 'trap \"sleep 0.3; echo tidied; exit\" TERM; echo ready; while :; do sleep 0.01; done' & wait";
    let mut child = spawner().spawn(&shell(&case, script)).unwrap();
    says(&child, "ready").await;
    let exit = child.stop(PATIENCE).await;
    assert_eq!((exit.ending, exit.signal), (Ending::Stopped, Some(15)));
    assert_eq!(out(&child), "ready\ntidied\n");
    assert_eq!(survivors(&case), [""; 0]);
}

#[tokio::test]
async fn what_a_leader_leaves_behind_is_killed_and_blocks_nobody() {
    for script in [
        // A descendant that holds the output open; one whose parent is gone; one that is deaf; a pipe nobody reads.
        "sleep 1000 & echo done",
        "(sleep 1000 & exit) & wait; echo done",
        "sh -c 'trap \"\" TERM HUP INT; while :; do sleep 1000; done' & echo done",
        "yes | sleep 1000 & echo done",
    ] {
        let case = case();
        let mut child = spawner().spawn(&shell(&case, script)).unwrap();
        let exit = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap();
        assert!(exit.is_success(), "{script}: {exit:?}");
        assert_eq!(out(&child), "done\n");
        assert_eq!(survivors(&case), [""; 0], "{script}");
    }
}

#[tokio::test]
async fn every_end_is_told_as_it_was() {
    for (script, code, signal) in [
        ("exec >&- 2>&-; exit 3", Some(3), None),
        ("kill -SEGV $$", None, Some(11)),
        ("kill -KILL $$", None, Some(9)),
        (
            "head -c 5000000 /dev/zero >&2; head -c 5000000 /dev/zero; exit 7",
            Some(7),
            None,
        ),
    ] {
        let mut child = spawner().spawn(&shell(&case(), script)).unwrap();
        let exit = child.wait().await;
        assert_eq!(
            (exit.code, exit.signal, exit.ending),
            (code, signal, Ending::Own),
            "{script}"
        );
        assert_eq!(child.stop(Duration::ZERO).await, exit);
    }
}

#[tokio::test]
async fn a_child_that_is_dropped_is_killed() {
    let case = case();
    let spawner = spawner();
    let child = spawner
        .spawn(&shell(&case, "sleep 1000 & echo up; wait"))
        .unwrap();
    says(&child, "up").await;
    drop(child);
    assert!(spawner.settled(PATIENCE).await);
    assert_eq!(survivors(&case), [""; 0]);
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = place.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let error = |command: &Command| spawner().spawn(command).unwrap_err();
    let command = |program: &Path| Command::new(program, place.path());
    assert!(matches!(
        error(&command(&file("lost", "#!/no/such/sh\n"))),
        ProcessError::NoInterpreter { .. }
    ));
    assert!(matches!(
        error(&command(&file("odd", "neither\n"))),
        ProcessError::UnknownFormat { .. }
    ));
    assert!(matches!(
        error(&command(place.path())),
        ProcessError::IsDirectory { .. }
    ));
    assert!(error(&Command::new("no-such-program", "/")).is_not_found());
    let mut long = Command::new("/bin/true", "/");
    long.args = vec!["x".repeat(100_000).into(); 100];
    assert!(matches!(error(&long), ProcessError::TooLong { bytes } if bytes > 10_000_000));
    let mut unwritable = Command::new("/bin/true", "/");
    unwritable.output = gaai::process::Output::Files {
        stdout: "/no/such/place".into(),
        stderr: "/no/such/place".into(),
    };
    assert!(matches!(error(&unwritable), ProcessError::Output { .. }));
    let unguarded = Spawner::new(Settings {
        program: Some("/no/such/gaai".into()),
        ..settings(&[])
    });
    let refused = unguarded.spawn(&Command::new("/bin/true", "/")).unwrap_err();
    assert!(matches!(refused, ProcessError::Guardian { .. }));
}

/// A pipeline whose last part holds `bytes` in memory and stays.
fn hoard(bytes: u64) -> String {
    format!("(head -c {bytes} /dev/zero; sleep 1000) | tail >/dev/null")
}

#[tokio::test]
async fn a_tree_at_the_watchdogs_limit_is_killed() {
    let case = case();
    // Each of the two stays below what one process may have.
    let mut command = shell(&case, &format!("{0} & {0} & wait", hoard(40_000_000)));
    command.limits = Limits {
        memory: Some(60_000_000),
        cpu: None,
        require: true,
    };
    let mut child = Spawner::new(settings(&[Rung::Watchdog])).spawn(&command).unwrap();
    assert_eq!(child.enforcement(), Enforcement::By(Rung::Watchdog));
    assert_eq!(child.wait().await.ending, Ending::OutOfMemory);
    assert_eq!(survivors(&case), [""; 0]);
}

#[tokio::test]
async fn the_launcher_limits_data_and_cores_and_becomes_the_program() {
    let mut command = shell(&case(), "echo $PPID; cat /proc/$$/limits /proc/$$/status");
    command.limits = Limits {
        memory: Some(50_000_000),
        cpu: Some(0.5),
        require: true,
    };
    command.nice = 3;
    let mut child = Spawner::new(settings(&[Rung::Watchdog])).spawn(&command).unwrap();
    assert!(child.wait().await.is_success());
    let printed = out(&child);
    assert!(
        printed.starts_with(&format!("{}\n", std::process::id())),
        "{printed}"
    );
    let line = |start: &str| {
        let found = printed.lines().find(|it| it.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start} in {printed}"))
    };
    assert!(line("Max data size").contains("50000000"), "{printed}");
    let cores = line("Cpus_allowed_list:").split('\t').nth(1).unwrap();
    assert!(cores.parse::<u32>().is_ok(), "{cores}");
}

/// The spawner whose limits are control groups of the first version; none where they cannot be made.
fn in_cgroups(command: &Command) -> Option<Child> {
    match Spawner::new(settings(&[Rung::CgroupV1])).spawn(command) {
        Ok(child) => Some(child),
        Err(ProcessError::LimitsUnavailable { tried }) => {
            let _ = writeln!(std::io::stderr(), "skipped, no control groups here: {tried}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The control groups of a process that are ours.
fn own_groups(child: &Child) -> Vec<std::path::PathBuf> {
    let name = format!("gaai-{}-", std::process::id());
    let places = CgroupPlaces::of_this_process();
    let groups = std::fs::read_to_string(format!("/proc/{}/cgroup", child.id())).unwrap();
    let ours = |controller: &str, place: Option<std::path::PathBuf>| {
        let line = groups.lines().find(|it| it.contains(controller))?;
        let last = line.rsplit('/').next()?;
        last.starts_with(&name).then(|| place.unwrap().join(last))
    };
    [
        ours(":memory:", places.v1_memory.clone()),
        ours(":cpu:", places.v1_cpu.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn a_control_group_holds_the_limits_and_goes_with_its_child() {
    let mut command = shell(&case(), "echo up; sleep 1000");
    command.limits = Limits {
        memory: Some(1 << 26),
        cpu: Some(0.5),
        require: true,
    };
    let Some(mut child) = in_cgroups(&command) else {
        return;
    };
    says(&child, "up").await;
    let groups = own_groups(&child);
    let [memory, cpu] = &groups[..] else {
        panic!("{groups:?}");
    };
    let read = |path: &Path, file: &str| std::fs::read_to_string(path.join(file)).unwrap();
    assert_eq!(read(memory, "memory.limit_in_bytes").trim(), "67108864");
    assert_eq!(read(cpu, "cpu.cfs_quota_us").trim(), "50000");
    child.stop(Duration::ZERO).await;
    assert!(groups.iter().all(|it| !it.exists()));
}

#[tokio::test]
async fn a_tree_that_outgrows_its_control_group_is_killed_whole() {
    let case = case();
    // The kernel kills the hoarder; its leader would wait on.
    let mut command = shell(&case, &format!("{} & sleep 1000", hoard(400_000_000)));
    command.limits = Limits {
        memory: Some(1 << 26),
        cpu: None,
        require: true,
    };
    let Some(mut child) = in_cgroups(&command) else {
        return;
    };
    assert_eq!(child.enforcement(), Enforcement::By(Rung::CgroupV1));
    assert_eq!(child.wait().await.ending, Ending::OutOfMemory);
    assert_eq!(survivors(&case), [""; 0]);
}

/// A member that left group and session, and one that stayed.
const TREE: &str = "(setsid sh -c 'trap \"\" TERM; echo up; sleep 1000' &); sleep 1000 & wait";

/// Runs a scene in a process of its own: this test program, asked for one test.
fn scene(name: &str, case: &OsString) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "process::acts_a_scene", "--ignored", "--nocapture"])
        .env("GAAI_TEST_SCENE", name)
        .env("GAAI_TEST_SCENE_CASE", case)
        .stdout(Stdio::piped());
    command
}

/// Not a test: what [`scene`] runs.
#[tokio::test]
#[ignore = "run by other tests"]
async fn acts_a_scene() {
    let case = std::env::var_os("GAAI_TEST_SCENE_CASE").unwrap();
    let rungs = [Rung::CgroupV1, Rung::Watchdog];
    let spawner = Spawner::new(Settings {
        adopt: true,
        ..settings(&rungs)
    });
    match std::env::var("GAAI_TEST_SCENE").unwrap().as_str() {
        "daemons" => {
            let mut child = spawner.spawn(&shell(&case, TREE)).unwrap();
            let bystander = spawner.spawn(&shell(&case, TREE)).unwrap();
            says(&child, "up").await;
            says(&bystander, "up").await;
            child.stop(Duration::from_millis(50)).await;
            until("the other tree's members stay", || survivors(&case).len() == 4).await;
            drop(bystander);
            assert!(spawner.settled(PATIENCE).await);
            assert_eq!(survivors(&case), [""; 0]);
            let own = std::process::id();
            let children = || std::fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
            until("every orphan is reaped", || children().unwrap().is_empty()).await;
        }
        "trees" => {
            let mut children = Vec::new();
            for number in 0..20_u32 {
                let mut command = shell(&case, TREE);
                command.limits.memory = (number % 5 == 0).then_some(1 << 28);
                children.push(spawner.spawn(&command).unwrap());
            }
            for child in &children {
                says(child, "up").await;
            }
            println!("\nall are up");
            tokio::time::sleep(PATIENCE).await;
        }
        other => panic!("no scene {other}"),
    }
}

#[tokio::test]
async fn a_daemon_that_left_its_group_is_found_and_no_other_tree_is_touched() {
    let output = scene("daemons", &case()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_gaai_killed_at_once_leaves_nobody() {
    use std::io::BufRead;
    let case = case();
    let mut gaai = scene("trees", &case).spawn().unwrap();
    let mut lines = std::io::BufReader::new(gaai.stdout.take().unwrap()).lines();
    assert!(lines.any(|it| it.unwrap() == "all are up"));
    assert!(survivors(&case).len() >= 40);
    let groups = || -> usize {
        let name = format!("gaai-{}-", gaai.id());
        let place = CgroupPlaces::of_this_process().v1_memory;
        place.map_or(0, |it| {
            let entries = std::fs::read_dir(it).unwrap().flatten();
            entries
                .filter(|it| it.file_name().to_string_lossy().starts_with(&name))
                .count()
        })
    };
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&gaai),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    until("nobody is left", || survivors(&case).is_empty()).await;
    until("no control group is left", || groups() == 0).await;
    gaai.wait().unwrap();
}
