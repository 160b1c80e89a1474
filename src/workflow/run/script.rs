//! A script step: what it starts, what it is given, what it left.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::ground::{Done, Ground, Trouble, log_path};
use super::mask::Mask;
use crate::flow::Stop;
use crate::process::{
    Bounds, Channel, Command, Ending, Exit, Limits, Output, Printed, ProcessError, signal_name,
};
use crate::workflow::definition;

/// Bytes of standard output that later steps can read.
const OUTPUT_KEPT: usize = 64 << 10;

/// Bytes of a file of outputs at most: they stand in one line of the journal.
const MOST_WRITTEN: u64 = 1 << 20;

/// Bytes of standard error that an error quotes.
const QUOTED: usize = 600;

/// A script that is ready to start.
pub(super) struct Script {
    pub(super) step: String,
    pub(super) command: Command,
    pub(super) grace: Duration,
    /// Names of the outputs that it must write.
    pub(super) outputs: Vec<String>,
    /// Whether it prints to its log itself, while it runs.
    pub(super) prints_to_log: bool,
    /// Where it writes them.
    pub(super) output_file: Option<PathBuf>,
    /// Files that it must leave, relative to its directory.
    pub(super) artifacts: Vec<String>,
}

impl Script {
    /// Hands it a variable of the environment.
    pub(super) fn tell(&mut self, key: &str, value: impl Into<OsString>) {
        self.command.environment.insert(key.into(), value.into());
    }
}

/// An environment as a process takes it.
pub(super) fn environment(texts: &BTreeMap<String, String>) -> BTreeMap<OsString, OsString> {
    texts
        .iter()
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// The limits of a step, as a process takes them.
pub(super) fn limits(step: Option<&definition::Limits>) -> (Limits, Bounds) {
    let Some(step) = step else {
        return (Limits::default(), Bounds::default());
    };
    let limits = Limits {
        memory: step.memory.map(|it| it.0),
        cpu: step.cpu,
        require: step.require,
    };
    let bounds = step.max_output_size.map_or_else(Bounds::default, |size| Bounds {
        printed: size.0,
        ..Bounds::default()
    });
    (limits, bounds)
}

impl Ground {
    /// Runs a script to its end, or until it is told to stop.
    pub(super) async fn script(&self, mut script: Script, mut stop: Stop) -> Done {
        if script.prints_to_log
            && let Err(error) = self.print_to_log(&mut script)
        {
            return Done::failed(Trouble::Other, error);
        }
        let mut child = match self.spawner.spawn(&script.command) {
            Ok(child) => child,
            Err(error) => {
                let trouble = match error {
                    ProcessError::LimitsUnavailable { .. } => Trouble::Refused,
                    _ => Trouble::Start,
                };
                return Done::failed(trouble, self.mask.text(error.to_string()));
            }
        };
        let enforcement = (!script.command.limits.is_empty()).then(|| child.enforcement().to_string());
        let (exit, was_told) = tokio::select! {
            biased;
            exit = child.wait() => (exit, false),
            _ = stop.told() => (child.stop_until(script.grace, stop.insisted()).await, true),
        };
        let [stdout, stderr] =
            [Channel::Stdout, Channel::Stderr].map(|it| self.mask.printed(child.printed(it)));
        let written = written(&script);
        let kept = match &script.command.output {
            Output::Memory => self.keep_log(&script.step, &stdout, &stderr),
            Output::Files { stderr: file, .. } => self.join_log(&script.step, file),
        };
        let mut done = match kept {
            Ok(()) => self.outcome(&script, exit, written, &stdout, &stderr).await,
            Err(error) => Done::failed(Trouble::Other, error),
        };
        done.was_stopped = was_told && exit.ending != Ending::Own;
        done.left.enforcement = enforcement;
        done.left.exit_code = exit.code;
        done
    }

    async fn outcome(
        &self,
        script: &Script,
        exit: Exit,
        written: Result<String, String>,
        stdout: &Printed,
        stderr: &Printed,
    ) -> Done {
        if !exit.is_success() {
            let (trouble, text) = told(exit, script.command.bounds);
            let quoted = [stderr, stdout]
                .map(|it| it.last_lines(QUOTED))
                .into_iter()
                .find(|it| !it.is_empty())
                .map_or_else(String::new, |it| format!(": {it}"));
            return Done::failed(trouble, self.mask.text(text) + &quoted);
        }
        let left = match written.and_then(|it| outputs(script, &it)) {
            Ok(outputs) => self.artifacts(script).await.map(|()| outputs),
            Err(error) => Err(error),
        };
        match left {
            Ok(outputs) => {
                let mut done = Done::default();
                done.left.output = cut(&stdout.text());
                done.left.outputs = outputs
                    .into_iter()
                    .map(|(name, value)| (name, self.mask.value(value)))
                    .collect();
                done
            }
            Err(error) => Done::failed(Trouble::Other, self.mask.text(error)),
        }
    }

    /// Lets it print to its log while it runs, where that outlives us; its errors to a file beside it until it ends.
    fn print_to_log(&self, script: &mut Script) -> Result<(), String> {
        let stdout = log_path(&self.directory, &script.step);
        let made = stdout.parent().map_or(Ok(()), fs::create_dir_all);
        made.map_err(|error| log_fault(&stdout, &error))?;
        let stderr = stdout.with_extension("stderr.log");
        script.command.output = Output::Files { stdout, stderr };
        Ok(())
    }

    /// Adds the file of its errors to the log to which it printed itself.
    fn join_log(&self, step: &str, errors: &Path) -> Result<(), String> {
        let path = log_path(&self.directory, step);
        let joined = fs::File::open(errors).and_then(|mut from| {
            let mut to = fs::OpenOptions::new().append(true).create(true).open(&path)?;
            std::io::copy(&mut from, &mut to)?;
            fs::remove_file(errors)
        });
        joined.map_err(|error| log_fault(&path, &error))
    }

    /// Adds what was printed to the step's log.
    fn keep_log(&self, step: &str, stdout: &Printed, stderr: &Printed) -> Result<(), String> {
        if stdout.total == 0 && stderr.total == 0 {
            return Ok(());
        }
        let path = log_path(&self.directory, step);
        let text = stdout.text() + &stderr.text();
        let kept = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            let mut file = fs::OpenOptions::new().append(true).create(true).open(&path)?;
            file.write_all(text.as_bytes())
        });
        kept.map_err(|error| log_fault(&path, &error))
    }

    /// Keeps the files that it must leave, under the paths that they have.
    async fn artifacts(&self, script: &Script) -> Result<(), String> {
        let folder = self.directory.join("artifacts").join(&script.step);
        let mut files = Vec::new();
        for artifact in &script.artifacts {
            let from = script.command.directory.join(artifact);
            let is_plain = |it: &Component<'_>| matches!(it, Component::Normal(_));
            let place: PathBuf = Path::new(artifact).components().filter(is_plain).collect();
            if place.as_os_str().is_empty() {
                return Err(format!("`{artifact}` names no file"));
            }
            files.push((from, folder.join(place)));
        }
        if files.is_empty() {
            return Ok(());
        }
        // They may be large, and nobody else shall wait for them.
        let mask = self.mask.clone();
        let keep = move || {
            files
                .iter()
                .try_for_each(|(from, to)| keep_artifact(&mask, from, to))
        };
        let kept = tokio::task::spawn_blocking(keep).await;
        kept.unwrap_or_else(|error| Err(format!("its artefacts cannot be kept: {error}")))
    }
}

fn keep_artifact(mask: &Mask, from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("its artefact {} cannot be kept: {error}", from.display());
    let holds_secret = || match mask.is_empty() {
        true => Ok(false),
        false => mask.is_in(fs::File::open(from)?),
    };
    if holds_secret().map_err(failed)? {
        return Err(format!(
            "its artefact {} holds a secret and is not kept",
            from.display()
        ));
    }
    let made = to.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::copy(from, to)).map_err(failed)?;
    Ok(())
}

/// What it wrote to its file of outputs. That file is gone afterwards, however the script ended: it may hold
/// secrets, and what counts of it stands in the journal, without them.
fn written(script: &Script) -> Result<String, String> {
    let Some(file) = &script.output_file else {
        return Ok(String::new());
    };
    let read = read_written(file);
    removed(file).map_err(|error| format!("its outputs {} cannot be removed: {error}", file.display()))?;
    read
}

fn read_written(file: &Path) -> Result<String, String> {
    let failed =
        |error: std::io::Error| Err(format!("its outputs {} cannot be read: {error}", file.display()));
    match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => failed(error),
        Ok(found) if !found.is_file() => failed(ErrorKind::InvalidInput.into()),
        Ok(found) if found.len() > MOST_WRITTEN => Err(format!(
            "it wrote {} bytes to $GAAI_OUTPUT, more than {MOST_WRITTEN}; \
             leave a file among `artifacts` and write its name",
            found.len()
        )),
        Ok(_) => fs::read_to_string(file).or_else(failed),
    }
}

/// Removes a file, if it is there.
pub(super) fn removed(file: &Path) -> std::io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn log_fault(path: &Path, error: &std::io::Error) -> String {
    format!("its log {} cannot be kept: {error}", path.display())
}

/// What ended a process that did not end well.
fn told(exit: Exit, bounds: Bounds) -> (Trouble, String) {
    match (exit.ending, exit.code, exit.signal) {
        (Ending::OutOfMemory, ..) => (
            Trouble::ResourceLimit,
            "it reached its memory limit and was killed".to_owned(),
        ),
        (Ending::OutputTooLarge, ..) => (
            Trouble::ResourceLimit,
            format!(
                "it printed more than {} bytes; see `limits.maxOutputSize`",
                bounds.printed
            ),
        ),
        (_, Some(code), _) => (Trouble::Exit(code), format!("it exited with code {code}")),
        (_, None, Some(signal)) => {
            let name = signal_name(signal).map_or_else(String::new, |it| format!(" ({it})"));
            (Trouble::Signal(signal), format!("signal {signal}{name} ended it"))
        }
        (_, None, None) => (Trouble::Other, "it did not end".to_owned()),
    }
}

/// The outputs of a script, all that it declares.
fn outputs(script: &Script, written: &str) -> Result<BTreeMap<String, Value>, String> {
    let values = parse(written)?;
    match script.outputs.iter().find(|it| !values.contains_key(*it)) {
        Some(name) => Err(format!(
            "it did not write its output `{name}`; a line `{name}=VALUE` is added to the file $GAAI_OUTPUT"
        )),
        None => Ok(values),
    }
}

/// The values of a file of outputs: lines `name=value`, or one JSON object. A value that begins like a JSON
/// list, object or text is read as that.
fn parse(text: &str) -> Result<BTreeMap<String, Value>, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| format!("what it wrote to $GAAI_OUTPUT is no JSON: {error}"));
    }
    let mut values = BTreeMap::new();
    for line in text.lines().filter(|it| !it.trim().is_empty()) {
        let Some((name, value)) = line.split_once('=') else {
            return Err(format!(
                "it wrote `{line}` to $GAAI_OUTPUT; a line is `name=value`"
            ));
        };
        let value = value.trim();
        let typed = if value.starts_with(['[', '{', '"']) {
            serde_json::from_str(value).ok()
        } else {
            None
        };
        values.insert(
            name.trim().to_owned(),
            typed.unwrap_or_else(|| Value::String(value.to_owned())),
        );
    }
    Ok(values)
}

/// The text without its last line end, its middle left out when it is long.
fn cut(text: &str) -> String {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.len() <= OUTPUT_KEPT {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(OUTPUT_KEPT / 2);
    let tail = text.ceil_char_boundary(text.len() - OUTPUT_KEPT / 2);
    format!(
        "{}\n… {} bytes left out …\n{}",
        &text[..head],
        tail - head,
        &text[tail..]
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_are_lines_or_json() {
        let values = parse("a=1\n\nfiles=[\"x\", \"y\"]\nb = c=d\n").unwrap();
        assert_eq!(values["a"], json!("1"));
        assert_eq!(values["files"], json!(["x", "y"]));
        assert_eq!(values["b"], json!("c=d"));
        assert_eq!(parse("{\"n\": 3}").unwrap()["n"], json!(3));
        assert!(parse("nothing").is_err() && parse("{broken").is_err());
    }

    #[test]
    fn long_output_keeps_its_ends() {
        let text = format!("first{}last\n", "ä".repeat(OUTPUT_KEPT));
        let cut = cut(&text);
        assert!(cut.len() < OUTPUT_KEPT + 100 && cut.starts_with("first") && cut.ends_with("last"));
    }
}
