//! A script step: what it starts, what it is given, what it left.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::ground::{Done, Ground, Trouble};
use crate::flow::Stop;
use crate::process::{Bounds, Channel, Command, Ending, Exit, Limits, Printed, signal_name};
use crate::workflow::definition;

/// Bytes of standard output that later steps can read.
const OUTPUT_KEPT: usize = 64 << 10;

/// Bytes of standard error that an error quotes.
const QUOTED: usize = 600;

/// A script that is ready to start.
pub(super) struct Script {
    pub(super) step: String,
    pub(super) command: Command,
    pub(super) grace: Duration,
    /// Names of the outputs that it must write.
    pub(super) outputs: Vec<String>,
    /// Where it writes them.
    pub(super) output_file: Option<PathBuf>,
    /// Files that it must leave, relative to its directory.
    pub(super) artifacts: Vec<String>,
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
    pub(super) async fn script(&self, script: Script, mut stop: Stop) -> Done {
        let mut child = match self.spawner.spawn(&script.command) {
            Ok(child) => child,
            Err(error) => return Done::failed(Trouble::Start, self.mask.text(error.to_string())),
        };
        let enforcement = (!script.command.limits.is_empty()).then(|| child.enforcement().to_string());
        let (exit, was_told) = tokio::select! {
            biased;
            exit = child.wait() => (exit, false),
            _ = stop.told() => (child.stop(script.grace).await, true),
        };
        let (stdout, stderr) = (child.printed(Channel::Stdout), child.printed(Channel::Stderr));
        let mut done = match self.keep_log(&script.step, &stdout, &stderr) {
            Ok(()) => self.outcome(&script, exit, &stdout, &stderr),
            Err(error) => Done::failed(Trouble::Other, error),
        };
        done.was_stopped = was_told && exit.ending != Ending::Own;
        done.left.enforcement = enforcement;
        done.left.exit_code = exit.code;
        done
    }

    fn outcome(&self, script: &Script, exit: Exit, stdout: &Printed, stderr: &Printed) -> Done {
        if !exit.is_success() {
            let (trouble, text) = told(exit, script.command.bounds);
            let quoted = [stderr, stdout]
                .map(|it| it.last_lines(QUOTED))
                .into_iter()
                .find(|it| !it.is_empty())
                .map_or_else(String::new, |it| format!(": {it}"));
            return Done::failed(trouble, self.mask.text(text + &quoted));
        }
        let left = self.outputs(script).and_then(|outputs| {
            self.artifacts(script)?;
            Ok(outputs)
        });
        match left {
            Ok(outputs) => {
                let mut done = Done::default();
                done.left.output = self.mask.text(cut(&stdout.text()));
                done.left.outputs = outputs
                    .into_iter()
                    .map(|(name, value)| (name, self.mask.value(value)))
                    .collect();
                done
            }
            Err(error) => Done::failed(Trouble::Other, self.mask.text(error)),
        }
    }

    /// Adds what was printed to the step's log.
    fn keep_log(&self, step: &str, stdout: &Printed, stderr: &Printed) -> Result<(), String> {
        if stdout.total == 0 && stderr.total == 0 {
            return Ok(());
        }
        let path = self.log_of(step);
        let text = self.mask.text(stdout.text() + &stderr.text());
        let kept = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            let mut file = fs::OpenOptions::new().append(true).create(true).open(&path)?;
            file.write_all(text.as_bytes())
        });
        kept.map_err(|error| format!("its log {} cannot be kept: {error}", path.display()))
    }

    fn outputs(&self, script: &Script) -> Result<BTreeMap<String, Value>, String> {
        let Some(file) = &script.output_file else {
            return Ok(BTreeMap::new());
        };
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("its outputs {} cannot be read: {error}", file.display())),
        };
        // They stand in the journal now, without secrets; the file may hold some.
        if let Err(error) = fs::remove_file(file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(format!(
                "its outputs {} cannot be removed: {error}",
                file.display()
            ));
        }
        let written = parse(&text)?;
        for name in &script.outputs {
            if !written.contains_key(name) {
                return Err(format!(
                    "it did not write its output `{name}`; a line `{name}=VALUE` is added to the file $GAAI_OUTPUT"
                ));
            }
        }
        Ok(written)
    }

    fn artifacts(&self, script: &Script) -> Result<(), String> {
        for artifact in &script.artifacts {
            let from = script.command.directory.join(artifact);
            let name = Path::new(artifact)
                .file_name()
                .ok_or_else(|| format!("`{artifact}` names no file"))?;
            let folder = self.directory.join("artifacts").join(&script.step);
            let copied = fs::create_dir_all(&folder).and_then(|()| fs::copy(&from, folder.join(name)));
            copied.map_err(|error| format!("its artefact {} cannot be kept: {error}", from.display()))?;
        }
        Ok(())
    }
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
                "it printed more than {} bytes and was killed; see `limits.maxOutputSize`",
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
