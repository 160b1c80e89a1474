//! Whether what a workflow's `verify` asks for holds.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use regex::bytes::Regex;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::error::WorkflowError;
use super::logs::LogLines;
use super::status::read_workflow_history;
use crate::workflow::definition::{Check, HttpProbe, load};

/// Time for a server to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// One check and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// What was looked for.
    pub check: String,
    /// Whether it holds.
    pub holds: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// What came of each check of the run in `directory`, in the order of the file.
///
/// # Errors
/// Its journal or a log cannot be read.
pub async fn verify_workflow(directory: &Path) -> Result<Vec<Checked>, WorkflowError> {
    let history = read_workflow_history(directory)?;
    let workflow = load(&history.definition, &history.file)?.workflow;
    let mut checked = Vec::new();
    for check in &workflow.verify {
        let (name, found) = match check {
            Check::Log(log) => (
                format!("log of {} matches `{}`", log.step, log.pattern),
                in_log(directory, &log.step, &log.pattern)?,
            ),
            Check::Tcp(port) => (
                format!("port {port} accepts connections"),
                port_answers(port.get()).await,
            ),
            Check::Http(probe) => (format!("{} answers", address(probe)), http_answers(probe).await),
            Check::File(path) => {
                let path = history.directory.join(path);
                let found = path.exists().then_some(()).ok_or("it does not exist".to_owned());
                (format!("{} is there", path.display()), found)
            }
        };
        checked.push(Checked {
            check: name,
            holds: found.is_ok(),
            reason: found.err(),
        });
    }
    Ok(checked)
}

fn in_log(directory: &Path, step: &str, pattern: &str) -> Result<Result<(), String>, WorkflowError> {
    let pattern = match Regex::new(pattern) {
        Ok(pattern) => pattern,
        Err(error) => return Ok(Err(format!("it is no regular expression: {error}"))),
    };
    let mut lines = 0_usize;
    let mut is_found = false;
    LogLines::new(directory, Some(step), Vec::new()).read_on(true, &mut |_, line| {
        lines += 1;
        is_found |= pattern.is_match(line.strip_suffix(b"\n").unwrap_or(line));
        Ok(())
    })?;
    Ok(match is_found {
        true => Ok(()),
        false => Err(format!("none of its {lines} lines does")),
    })
}

async fn port_answers(port: u16) -> Result<(), String> {
    match timeout(ANSWER, TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", ANSWER.as_secs())),
    }
}

fn address(probe: &HttpProbe) -> String {
    let host = probe.host.as_deref().unwrap_or("127.0.0.1");
    let path = probe.path.as_deref().unwrap_or("/");
    format!("http://{host}:{}{path}", probe.port)
}

async fn http_answers(probe: &HttpProbe) -> Result<(), String> {
    let client = reqwest::Client::builder()
        .timeout(ANSWER)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| error.to_string())?;
    let reply = client
        .get(address(probe))
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let status = reply.status();
    match status.is_success() || status.is_redirection() {
        true => Ok(()),
        false => Err(format!("status {status}")),
    }
}
