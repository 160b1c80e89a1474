//! Sizes as people and the flags write them: `1.5GiB`, `37KiB`, `1000B`.

const UNITS: [(&str, u64); 4] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];

/// What is needed: to a tenth of the unit, never less than it is.
pub fn needed(bytes: u64) -> String {
    written(bytes, u128::div_ceil)
}

/// What is allowed: to a tenth of the unit, never more than it is, so that it reads less than what is needed
/// where it is less.
pub fn allowed(bytes: u64) -> String {
    written(bytes, |tenths, size| tenths / size)
}

fn written(bytes: u64, divided: fn(u128, u128) -> u128) -> String {
    let Some((name, size)) = UNITS.iter().find(|(_, size)| bytes >= *size) else {
        return format!("{bytes}B");
    };
    let tenths = divided(u128::from(bytes) * 10, u128::from(*size));
    match tenths % 10 {
        0 => format!("{}{name}", tenths / 10),
        rest => format!("{}.{rest}{name}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_reads_more_than_what_is_allowed() {
        assert_eq!(
            (needed(1000), allowed(1000)),
            ("1000B".to_owned(), "1000B".to_owned())
        );
        assert_eq!(
            (needed(1025), allowed(1025)),
            ("1.1KiB".to_owned(), "1KiB".to_owned())
        );
        assert_eq!(needed(37 << 10), "37KiB");
        assert_eq!(
            (needed(3 << 29), allowed(3 << 29)),
            ("1.5GiB".to_owned(), "1.5GiB".to_owned())
        );
    }
}
