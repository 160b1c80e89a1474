//! How a child ended.

/// The end of a child: its own status, and what ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The code it exited with; none when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Why it ended.
    pub ending: Ending,
}

impl Exit {
    /// Whether it exited by itself with code 0.
    pub fn is_success(&self) -> bool {
        self.code == Some(0) && self.ending == Ending::Own
    }
}

/// What brought the end of a child about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its own doing, or a signal from somebody else.
    Own,
    /// We stopped it.
    Stopped,
    /// It, or a member of its tree, reached the memory limit and was killed.
    OutOfMemory,
    /// It printed more than [`Bounds::printed`](super::Bounds), and was killed if it had not ended by then.
    OutputTooLarge,
}

/// Name of a signal as people write it, without `SIG`; `None` of the rare ones. Numbers as on Linux.
pub fn signal_name(number: i32) -> Option<&'static str> {
    const NAMES: [(i32, &str); 16] = [
        (1, "HUP"),
        (2, "INT"),
        (3, "QUIT"),
        (4, "ILL"),
        (5, "TRAP"),
        (6, "ABRT"),
        (7, "BUS"),
        (8, "FPE"),
        (9, "KILL"),
        (10, "USR1"),
        (11, "SEGV"),
        (12, "USR2"),
        (13, "PIPE"),
        (14, "ALRM"),
        (15, "TERM"),
        (24, "XCPU"),
    ];
    let named = NAMES.iter().find(|(known, _)| *known == number);
    named.map(|(_, name)| *name)
}
