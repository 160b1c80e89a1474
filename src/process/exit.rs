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
    /// It printed more than [`Bounds::printed`](super::Bounds) and was killed.
    OutputTooLarge,
}
