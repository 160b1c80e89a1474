//! The words by which gaai starts itself as something smaller. They are no commands: no help lists them.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

#[cfg(unix)]
/// `gaai __guard MARK`: the guardian.
pub(super) const GUARD: &str = "__guard";
#[cfg(unix)]
/// `gaai __launch …`: the launcher.
pub(super) const LAUNCH: &str = "__launch";

/// Acts on the words of this program when they come from gaai itself. To be called before anything else in `main`.
///
/// None for all other words. With [`Settings::program`](super::Settings) set, that program must call this.
pub fn entered(words: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut words = words.into_iter().skip(1);
    let first = words.next()?;
    act(&first, words)
}

#[cfg(unix)]
fn act(first: &OsStr, mut words: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if first == LAUNCH {
        Some(super::launcher::launch(words))
    } else if first == GUARD {
        Some(super::guardian::guard(&words.next()?.to_string_lossy()))
    } else {
        None
    }
}

#[cfg(not(unix))]
fn act(_: &OsStr, _: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_are_left_to_the_program() {
        assert_eq!(entered(["gaai", "run", "__guard"].map(OsString::from)), None);
        assert_eq!(entered(["gaai"].map(OsString::from)), None);
    }
}
