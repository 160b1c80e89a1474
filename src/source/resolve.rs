//! Finds near names, so that an error can say what was meant.

/// At most this many near names are offered.
const OFFERED: usize = 3;

/// Similarity (Jaro-Winkler, 0 to 1) from which a name counts as near.
const NEAR: f64 = 0.75;

/// The candidates that resemble `name`, nearest first (ties by name), at most three.
pub fn near_names<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|it| (strsim::jaro_winkler(&wanted, &it.to_lowercase()), it))
        .filter(|(score, _)| *score >= NEAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(OFFERED).map(|(_, it)| it).collect()
}

/// `did you mean …?` when something is near, else `there are …` with all candidates.
pub(super) fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = candidates.into_iter().collect();
    let near = near_names(name, all.iter().copied());
    if !near.is_empty() {
        return format!("did you mean {}?", quoted(&near, " or "));
    }
    if all.is_empty() {
        return "there is none".to_owned();
    }
    format!("there is {}", quoted(&all, ", "))
}

/// Names in backticks, joined.
pub(super) fn quoted(names: &[&str], joint: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
    quoted.join(joint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        assert_eq!(
            near_names("conections", ["stations", "connections"]),
            ["connections"]
        );
        assert!(near_names("zzz", ["stations"]).is_empty());
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(hint("zzz", ["a", "b"]), "there is `a`, `b`");
        assert_eq!(hint("statoins", ["stations"]), "did you mean `stations`?");
    }
}
