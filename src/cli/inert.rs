//! Text that a terminal only shows: names from a graph or a brief cannot steer it.

use std::io::{self, Write};

/// What stands for a control character.
const MARK: char = '\u{fffd}';

/// Whether a terminal might act on `character` instead of showing it.
fn steers(character: char) -> bool {
    let turns_text = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (character.is_control() && character != '\n' && character != '\t') || turns_text
}

/// `text` with a mark in place of everything that a terminal might act on.
pub(super) fn inert(text: &str) -> String {
    text.chars()
        .map(|it| if steers(it) { MARK } else { it })
        .collect()
}

/// Writes text on, made inert. Bytes that are no UTF-8 become marks too.
pub(super) struct Inert<W>(pub(super) W);

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Formatted text comes in whole pieces, so no character is cut in two.
        self.0
            .write_all(inert(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut out = Vec::new();
        let name = "Zoë\u{1b}]0;owned\u{7}\u{9b}2J\r\u{202e}\u{7f}";
        writeln!(Inert(&mut out), "{name}\tkept").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "Zoë\u{fffd}]0;owned\u{fffd}\u{fffd}2J\u{fffd}\u{fffd}\u{fffd}\tkept\n"
        );
    }
}
