//! Tabs as indentation, which YAML forbids and many documents have.

/// The text with each leading tab as two spaces and the first line, from 1, that had one; `None` when none has.
pub(in crate::workflow) fn mended(text: &str) -> Option<(String, usize)> {
    let first = text
        .split('\n')
        .position(|line| indentation(line).contains('\t'))?;
    let mut mended = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let indentation = indentation(line);
        for character in indentation.chars() {
            mended.push_str(if character == '\t' { "  " } else { " " });
        }
        mended.push_str(&line[indentation.len()..]);
    }
    Some((mended, first + 1))
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_tabs_become_two_spaces_and_others_stay() {
        let (text, line) = mended("a:\n\tb: 1\t# c\n \t- x\n").unwrap();
        assert_eq!((text.as_str(), line), ("a:\n  b: 1\t# c\n   - x\n", 2));
        assert_eq!(mended("a: 1\t\nb: 2\n"), None);
    }
}
