//! What a wrong name was probably meant to be.

use crate::source::near_names;

/// Names listed at most where none is near.
const LISTED: usize = 12;

/// ``did you mean `…`?``, or all names where none is near.
pub(super) fn near_or_all<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(near) = near_names(name, names.iter().copied()).first() {
        return format!("did you mean `{near}`?");
    }
    match names.as_slice() {
        [] => "there are none".to_owned(),
        _ if names.len() > LISTED => format!("{} and others are known", listed(&names[..LISTED])),
        _ => format!("known are {}", listed(&names)),
    }
}

/// Names in backticks, joined by commas.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_offered_else_all_else_some() {
        assert_eq!(
            near_or_all("dependson", ["dependsOn", "id"]),
            "did you mean `dependsOn`?"
        );
        assert_eq!(near_or_all("zzz", ["a", "b"]), "known are `a`, `b`");
        assert_eq!(near_or_all("zzz", []), "there are none");
        let many: Vec<String> = (0..20).map(|it| it.to_string()).collect();
        assert!(near_or_all("zzz", many.iter().map(String::as_str)).ends_with("`11` and others are known"));
    }
}
