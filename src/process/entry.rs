//! The words by which gaai starts itself as something smaller. They are no commands: no help lists them.

use std::ffi::OsString;
use std::process::ExitCode;

/// `gaai __guard MARK`: the guardian.
#[cfg(unix)]
pub(super) const GUARD: &str = "__guard";
/// `gaai __launch …`: the launcher.
#[cfg(target_os = "linux")]
pub(super) const LAUNCH: &str = "__launch";

/// Acts on the words of this program when they come from gaai itself. To be called before anything else in `main`.
///
/// None for all other words. With [`Settings::program`](super::Settings) set, that program must call this.
pub fn entered(words: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut words = words.into_iter().skip(1);
    match words.next()?.to_str()? {
        #[cfg(target_os = "linux")]
        LAUNCH => Some(super::launcher::launch(words)),
        #[cfg(unix)]
        GUARD => Some(super::guardian::guard(&words.next()?.to_string_lossy())),
        _ => None,
    }
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
