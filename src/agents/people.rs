//! The people a brief names: `Sponsor: …`, "commissioned by …", "the audience is …".

use super::cues::{Cue, any_occurs, cues};
use super::lexicon as lists;
use super::tokens::{Token, tokens};

/// Labels and phrases, and the role they give. A phrase is followed by the name.
const ROLES: [(&str, &str, &str); 4] = [
    (
        "sponsor",
        "sponsor|sponsors|client|customer|commissioner|principal|auftraggeber",
        "sponsored|commissioned|requested|ordered|asked by;on behalf of;sponsor|client is",
    ),
    (
        "audience",
        "audience|reader|readers|readership|recipient|recipients|addressee|addressees|zielgruppe",
        "audience|reader|readers|recipients is|are;written|meant|intended|prepared for;presented|addressed|goes|delivered to",
    ),
    (
        "owner",
        "owner|contact|author|responsible|lead|prepared",
        "owned|prepared|written by;owner|contact is",
    ),
    (
        "stakeholder",
        "stakeholder|stakeholders|involved|parties|party|team|teams",
        "stakeholder|stakeholders is|are|include",
    ),
];

/// Words that may stand in front of a role in a label.
const QUALIFIERS: [&str; 8] = [
    "project",
    "business",
    "executive",
    "primary",
    "main",
    "target",
    "intended",
    "interested",
];

/// Words behind a name.
const STOPS: &str = " who | which | that | and | to | so | because | must | should | has | have | is | are | will | can | may | for | in | at | on | with | by | this ";

/// Whether a passage is nothing but a label of a person and a name: `Sponsor: release manager.`
pub fn is_label(text: &str) -> bool {
    labelled(text).is_some()
}

/// Name and role of everybody that a passage names. With `listed`, the whole passage is a name
/// (below a heading such as "Stakeholders").
pub fn named(text: &str, words: &[Token], listed: bool) -> Vec<(String, &'static str)> {
    if let Some(found) = labelled(text) {
        return vec![found];
    }
    let mut found = Vec::new();
    for (role, _, phrases) in ROLES {
        for phrase in phrases.split(';') {
            let Some(places) = Cue::new(phrase).find(words, &|_| true) else {
                continue;
            };
            let Some(name) = places.last().and_then(|it| name_behind(text, words[*it].end)) else {
                continue;
            };
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, role));
            }
        }
    }
    if found.is_empty() && text.starts_with("For the ") && words.len() <= 6 {
        found.extend(name_behind(text, "For".len()).map(|it| (it, "audience")));
    }
    if found.is_empty() && listed {
        found.extend(cleaned(text).map(|it| (it, "stakeholder")));
    }
    found
}

/// The name behind a label that stands in front of a colon, a dash or a cell.
fn labelled(text: &str) -> Option<(String, &'static str)> {
    let (label, rest) = [": ", " | ", " – ", " — "]
        .iter()
        .filter_map(|it| text.split_once(it))
        .min_by_key(|it| it.0.len())?;
    let label = label.trim().to_lowercase();
    let whole = label.split_once(' ').filter(|it| QUALIFIERS.contains(&it.0));
    let label = whole.map_or(label.as_str(), |it| it.1);
    let role = ROLES
        .iter()
        .find(|(_, labels, _)| labels.split('|').any(|it| it == label))?;
    names_somebody(rest).then_some((cleaned(rest)?, role.0))
}

/// Whether the text behind a label may be a name: it asks nothing, orders nothing and bounds nothing.
fn names_somebody(text: &str) -> bool {
    let words = tokens(text);
    let begins = |list: &str| cues(list.lines()).iter().any(|it| it.begins(&words, 0));
    !text.contains(|it: char| it == '?' || it.is_ascii_digit())
        && !begins(lists::INTERROGATIVES)
        && !begins(lists::IMPERATIVES)
        && !any_occurs(&cues(lists::BOUNDS.lines()), &words)
}

/// The name behind a phrase, up to the next mark; short, and begun by an article or a capital.
fn name_behind(text: &str, at: usize) -> Option<String> {
    let rest = text.get(at..)?.trim_start();
    let end = rest
        .find([',', ';', '.', '(', ':', '?', '!', '|'])
        .unwrap_or(rest.len());
    let mut name = &rest[..end];
    for stop in STOPS.split('|') {
        name = name.split(stop).next().unwrap_or(name);
    }
    let known = ["the ", "our ", "a "].iter().find_map(|it| name.strip_prefix(it));
    let named = known.is_some() || name.starts_with(char::is_uppercase);
    let name = known.unwrap_or(name).trim();
    (named && !name.is_empty() && name.split_whitespace().count() <= 6).then(|| name.to_owned())
}

fn cleaned(text: &str) -> Option<String> {
    let name = text.trim().trim_end_matches(['.', ';', ',']).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn names(text: &str) -> Vec<(String, &'static str)> {
        named(text, &tokens(text), false)
    }

    #[test]
    fn labels_and_phrases_name_people() {
        let one = |name: &str, role| vec![(name.to_owned(), role)];
        assert_eq!(
            names("Sponsor: Head of Network Resilience."),
            one("Head of Network Resilience", "sponsor")
        );
        assert_eq!(
            names("Audience | security team"),
            one("security team", "audience")
        );
        assert_eq!(
            names("This was commissioned by the release manager, who is new."),
            one("release manager", "sponsor")
        );
        assert_eq!(
            names("The audience is the operations board."),
            one("operations board", "audience")
        );
        assert_eq!(names("Project lead: Ada"), one("Ada", "owner"));
        assert!(names("Objectives: find the sponsor").is_empty());
        for asked in [
            "Lead time: no supplier may take longer than 14 days.",
            "Customer rings: which customers share a device?",
            "Author communities: find those who write together",
            "Principal risk: a supplier fails",
            "Client: which clients share a device?",
        ] {
            assert!(names(asked).is_empty(), "{asked}");
        }
        assert!(names("It was asked by many people").is_empty());
    }
}
