//! The elements of a page, as a browser would see them: for looking for what must not be there.

/// An element's start.
#[derive(Debug, PartialEq)]
pub(super) struct Element {
    /// Its name in lower case.
    pub(super) name: String,
    /// Names, in lower case, and values as they are written.
    pub(super) attributes: Vec<(String, String)>,
}

/// All elements of `page` in their order. What stands in scripts and styles is text.
pub(super) fn elements(page: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        rest = if let Some(comment) = rest.strip_prefix("<!--") {
            behind(comment, "-->")
        } else if rest[1..].starts_with(|it: char| it.is_ascii_alphabetic()) {
            let (element, after) = element(&rest[1..]);
            let raw = ["script", "style", "textarea", "title"].contains(&element.name.as_str());
            let end = format!("</{}", element.name);
            found.push(element);
            if raw { from(after, &end) } else { after }
        } else if rest[1..].starts_with(['/', '!', '?']) {
            behind(rest, ">")
        } else {
            &rest[1..]
        };
    }
    found
}

/// What stands behind the first `mark`, whatever its case.
fn behind<'a>(text: &'a str, mark: &str) -> &'a str {
    from(text, mark).get(mark.len()..).unwrap_or_default()
}

fn from<'a>(text: &'a str, mark: &str) -> &'a str {
    let at = text.to_ascii_lowercase().find(mark);
    at.map_or("", |it| &text[it..])
}

/// The element whose name `text` begins with, and what stands behind its start.
fn element(text: &str) -> (Element, &str) {
    let name_ends = |it: char| it.is_ascii_whitespace() || it == '/' || it == '>';
    let (name, mut rest) = text.split_at(text.find(name_ends).unwrap_or(text.len()));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|it: char| it.is_ascii_whitespace() || it == '/');
        if rest.is_empty() || rest.starts_with('>') {
            let name = name.to_ascii_lowercase();
            let after = rest.strip_prefix('>').unwrap_or_default();
            return (Element { name, attributes }, after);
        }
        let end = rest[1..].find(|it| it == '=' || name_ends(it)).map(|it| it + 1);
        let (attribute, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = self::value(after.trim_start());
        }
        attributes.push((attribute.to_ascii_lowercase(), value.to_owned()));
    }
}

/// The value that `text` begins with, and what stands behind it.
fn value(text: &str) -> (&str, &str) {
    let quote = text.chars().next().filter(|it| matches!(it, '"' | '\''));
    match quote {
        Some(quote) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        None => text.split_at(
            text.find(|it: char| it.is_ascii_whitespace() || it == '>')
                .unwrap_or(text.len()),
        ),
    }
}

#[test]
fn elements_are_found_where_a_browser_finds_them() {
    let page = "<!doctype html><!-- <b> --><P class=\"a > b\" ID=x>1 < 2<img src=x onerror=alert('<i>')/>\
                <script>\"<u>\"</SCRIPT ><svg/onload='e'><a href = \"#f\" hidden>";
    let named: Vec<String> = elements(page)
        .into_iter()
        .map(|it| format!("{} {:?}", it.name, it.attributes))
        .collect();
    assert_eq!(
        named,
        [
            "p [(\"class\", \"a > b\"), (\"id\", \"x\")]",
            "img [(\"src\", \"x\"), (\"onerror\", \"alert('<i\")]",
            "script []",
            "svg [(\"onload\", \"e\")]",
            "a [(\"href\", \"#f\"), (\"hidden\", \"\")]",
        ]
    );
}
