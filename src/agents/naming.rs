//! Words in the names of collections and attributes, so that `BankAccounts`, `bank_account` and
//! `bank-accounts` are the same name.
//!
//! English only: the names in schemas are, whatever the language of the brief.

/// The lower-case singular words of a name in snake, kebab or camel case.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            close(&mut word, &mut words);
            continue;
        }
        let after_lower = at > 0 && (letters[at - 1].is_lowercase() || letters[at - 1].is_ascii_digit());
        // The last capital of an acronym begins the next word: `IPAddress` is `ip address`.
        let before_lower = at > 0
            && letters[at - 1].is_uppercase()
            && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_lower || before_lower) {
            close(&mut word, &mut words);
        }
        word.extend(letter.to_lowercase());
    }
    close(&mut word, &mut words);
    words
}

/// Whether `name` contains all words of `wanted` in a row.
pub fn speaks_of(name: &str, wanted: &str) -> bool {
    let wanted = words(wanted);
    !wanted.is_empty() && words(name).windows(wanted.len()).any(|part| part == wanted)
}

/// Words that no ending tells, as (singular, plural).
const IRREGULAR: [(&str, &str); 26] = [
    ("vertex", "vertices"),
    ("index", "indices"),
    ("matrix", "matrices"),
    ("person", "people"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("axis", "axes"),
    ("crisis", "crises"),
    ("analysis", "analyses"),
    ("basis", "bases"),
    ("bus", "buses"),
    ("movie", "movies"),
    ("cookie", "cookies"),
    ("tie", "ties"),
    ("cache", "caches"),
    ("niche", "niches"),
    ("size", "sizes"),
    ("prize", "prizes"),
    ("data", "data"),
    ("news", "news"),
    ("staff", "staff"),
    ("series", "series"),
    ("species", "species"),
    ("life", "lives"),
    ("half", "halves"),
];

/// The singular of an English word, by its ending.
pub fn singular(word: &str) -> String {
    if let Some((one, _)) = IRREGULAR.iter().find(|it| it.0 == word || it.1 == word) {
        return (*one).to_owned();
    }
    let kept = ["ss", "us", "is"];
    if word.len() < 4 || !word.ends_with('s') || kept.iter().any(|it| word.ends_with(it)) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "uses", "shes", "ches", "xes", "zzes"] {
        // Houses and causes lose the last letter only.
        let whole =
            ending == "uses" && (word.len() < 7 || word.ends_with("auses") || word.ends_with("ouses"));
        if word.ends_with(ending) && !whole {
            return word[..word.len() - 2].to_owned();
        }
    }
    word[..word.len() - 1].to_owned()
}

/// The plural of an English word, by its ending; the last word of several.
pub fn plural(word: &str) -> String {
    let (front, last) = word.rsplit_once(' ').unwrap_or(("", word));
    if let Some((_, many)) = IRREGULAR.iter().find(|it| it.0 == last) {
        return format!("{front} {many}").trim_start().to_owned();
    }
    let consonant_y = word.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|it| word.ends_with(it));
    if consonant_y {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|it| word.ends_with(it)) {
        return format!("{word}es");
    }
    format!("{word}s")
}

fn close(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(singular(word));
        word.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_conventions_do_not_change_a_name() {
        for name in [
            "bank_accounts",
            "BankAccount",
            "bank-account",
            "bankAccounts",
            "BANK_ACCOUNTS",
        ] {
            assert_eq!(words(name), ["bank", "account"], "{name}");
        }
        assert_eq!(words("IPAddresses"), ["ip", "address"]);
        assert_eq!(words("line2Status"), ["line2", "status"]);
    }

    #[test]
    fn a_name_speaks_of_words_in_a_row_only() {
        assert!(speaks_of("shared_device_ids", "device"));
        assert!(speaks_of("amountEur", "amount"));
        assert!(!speaks_of("reaction", "action"));
        assert!(!speaks_of("bank_of_account", "bank account"));
    }

    #[test]
    fn plurals_and_singulars_undo_each_other() {
        for word in [
            "account", "company", "address", "box", "dispatch", "day", "station", "vertex", "movie", "cache",
            "size", "bus", "person", "data", "news", "house", "status",
        ] {
            assert_eq!(singular(&plural(word)), word);
        }
        assert_eq!(singular("status"), "status");
        assert_eq!(plural("bank person"), "bank people");
    }
}
