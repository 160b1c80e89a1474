//! Where words go: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::inert::{Inert, inert};
use crate::config::Environment;

/// How this terminal is talked to.
#[derive(Clone, Debug)]
pub(super) struct Console {
    /// Results as JSON.
    pub(super) json: bool,
    /// Nothing but results and errors.
    pub(super) quiet: bool,
    /// 0: what matters; 1: decisions; 2: developer logs.
    pub(super) verbose: u8,
    /// Whether standard error may be coloured.
    pub(super) colour: bool,
    /// Whether standard error is a terminal, so that progress bars make sense.
    pub(super) bars: bool,
}

impl Console {
    /// For this process.
    pub(super) fn new(json: bool, quiet: bool, verbose: u8, environment: &Environment) -> Self {
        let terminal = io::stderr().is_terminal();
        Self {
            json,
            quiet,
            verbose,
            colour: terminal && !environment.no_color,
            bars: terminal && !quiet && !json,
        }
    }

    /// Prints a result: `value` as JSON, or what `write` writes.
    pub(super) fn result<T: Serialize>(
        &self,
        value: &T,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        let written = if self.json {
            serde_json::to_writer_pretty(&mut out, value)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        } else {
            write(&mut Inert(&mut out))
        };
        unless_closed(written.and_then(|()| out.flush()))
    }

    /// Prints a result that is text already.
    pub(super) fn bytes(&self, text: &[u8]) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        unless_closed(out.write_all(text).and_then(|()| out.flush()))
    }

    /// Prints a result that is long as it is made; as it is to a file or a pipe, inert to a terminal.
    pub(super) fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        let out = io::stdout().lock();
        let is_terminal = out.is_terminal();
        let mut out = io::BufWriter::new(out);
        let written = if is_terminal {
            write(&mut Inert(&mut out))
        } else {
            write(&mut out)
        };
        unless_closed(written.and_then(|()| out.flush()))
    }

    /// Whether somebody may still read what is printed: who reads a pipe may have gone.
    #[cfg(unix)]
    pub(super) fn has_reader(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let out = io::stdout();
        let mut watched = [PollFd::new(&out, PollFlags::empty())];
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let is_told = poll(&mut watched, Some(&at_once)).is_ok();
        !(is_told && watched[0].revents().contains(PollFlags::ERR))
    }

    /// Nobody tells; it shows when something is printed.
    #[cfg(not(unix))]
    pub(super) fn has_reader(&self) -> bool {
        true
    }

    /// Tells what is going on, unless told to be quiet.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet && !self.json {
            // A terminal that is gone cannot be told so.
            let _ = writeln!(io::stderr().lock(), "{}", inert(text));
        }
    }

    /// Tells what went less well than asked for; always, because a result may be the poorer for it.
    pub(super) fn warn(&self, text: &str) {
        // A terminal that is gone cannot be told so.
        let _ = writeln!(io::stderr().lock(), "warning: {}", inert(text));
    }

    /// Tells what failed; always.
    pub(super) fn error(&self, text: &str) {
        let mark = if self.colour {
            "\u{1b}[1;31merror:\u{1b}[0m"
        } else {
            "error:"
        };
        let _ = writeln!(io::stderr().lock(), "{mark} {}", inert(text));
    }
}

/// A reader that closed the pipe has seen enough: that is no failure.
fn unless_closed(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
