//! The picture of a schema: a box a vertex collection, a line a relationship with its count.

use std::collections::BTreeMap;

use super::placement;
use super::svg::{Anchor, Canvas, Svg, cut, short, width_of};
use super::words;
use crate::model::schema::Census;

/// Vertex collections drawn at most; the table beside the picture has them all.
pub(super) const MOST_COLLECTIONS: usize = 24;
const WIDTH: f64 = 720.0;
const SIZE: f64 = 13.0;
const BOX_HEIGHT: f64 = 44.0;

/// A pair of drawn collections and what joins them.
type Joined = BTreeMap<(usize, usize), Vec<String>>;

/// The schema as SVG; `id` names it on its page.
pub(super) fn draw(census: &Census, id: &str) -> Svg {
    let names: Vec<&str> = census
        .vertices
        .iter()
        .take(MOST_COLLECTIONS)
        .map(|it| it.name.as_str())
        .collect();
    let (pairs, loops) = relationships(census, &names);
    let edges: Vec<(u32, u32)> = pairs.keys().map(|(u, v)| (*u as u32, *v as u32)).collect();
    let (mut at, (w, h)) = placement::place(names.len(), &edges, 320.0);
    let widths: Vec<f64> = names
        .iter()
        .map(|it| width_of(&cut(it, 22), SIZE).max(72.0) + 26.0)
        .collect();
    let widest = widths.iter().copied().fold(0.0, f64::max);
    let stretch = ((WIDTH - widest - 20.0) / w.max(1.0)).min(4.6);
    let stretch_y = 2.4;
    let left = (WIDTH - w * stretch) / 2.0;
    let top = BOX_HEIGHT / 2.0 + if loops.is_empty() { 8.0 } else { 46.0 };
    for point in &mut at {
        *point = (left + point.0 * stretch, top + point.1 * stretch_y);
    }
    let height = top + h * stretch_y + BOX_HEIGHT / 2.0 + 12.0;

    let mut canvas = Canvas::new();
    for (u, v) in pairs.keys() {
        canvas.line("tie", at[*u], at[*v]);
    }
    for index in loops.keys() {
        canvas.raw(&own_tie((at[*index].0, at[*index].1 - BOX_HEIGHT / 2.0)));
    }
    for (index, name) in names.iter().enumerate() {
        let (x, y) = at[index];
        let count = format!("{} vertices", words::count(census.vertices[index].count));
        let corner = (x - widths[index] / 2.0, y - BOX_HEIGHT / 2.0);
        canvas.rect(
            "box",
            corner,
            (widths[index], BOX_HEIGHT),
            &format!("{name}: {count}"),
        );
        canvas.text("box-name", (x, y - 2.0), Anchor::Middle, &cut(name, 22));
        canvas.text("box-count", (x, y + 14.0), Anchor::Middle, &count);
    }
    // Texts last, so that no line strikes them out.
    for ((u, v), texts) in &pairs {
        let (x, y) = ((at[*u].0 + at[*v].0) / 2.0, (at[*u].1 + at[*v].1) / 2.0);
        stack(&mut canvas, (x, y), texts);
    }
    for (index, texts) in &loops {
        stack(
            &mut canvas,
            (at[*index].0, at[*index].1 - BOX_HEIGHT / 2.0 - 26.0),
            texts,
        );
    }
    let said = format!(
        "{} vertex collections and {} edge collections; the table below has the same figures.",
        census.vertices.len(),
        census.edges.len()
    );
    canvas.finish(id, "schema", (WIDTH, height), "What is joined to what", &said)
}

/// An arc above a box, whose upper edge has its middle at the point.
fn own_tie((x, y): (f64, f64)) -> String {
    format!(
        "<path class=\"tie\" d=\"M{} {}C{} {} {} {} {} {}\"/>",
        short(x - 26.0),
        short(y),
        short(x - 40.0),
        short(y - 34.0),
        short(x + 40.0),
        short(y - 34.0),
        short(x + 26.0),
        short(y)
    )
}

/// What joins different collections, and what joins a collection to itself.
fn relationships(census: &Census, names: &[&str]) -> (Joined, BTreeMap<usize, Vec<String>>) {
    let place = |name: &str| names.iter().position(|it| *it == name);
    let (mut pairs, mut loops) = (Joined::new(), BTreeMap::<usize, Vec<String>>::new());
    for edge in &census.edges {
        for tie in &edge.relationships {
            let (Some(from), Some(to)) = (place(&tie.from), place(&tie.to)) else {
                continue;
            };
            let text = format!("{} {}", cut(&edge.name, 24), words::count(tie.count));
            if from == to {
                loops.entry(from).or_default().push(text);
            } else {
                pairs.entry((from.min(to), from.max(to))).or_default().push(text);
            }
        }
    }
    (pairs, loops)
}

/// Up to three lines of text around a spot, on a ground that hides the line behind.
fn stack(canvas: &mut Canvas, (x, y): (f64, f64), texts: &[String]) {
    let mut lines: Vec<String> = texts.iter().take(3).cloned().collect();
    if texts.len() > 3 {
        lines[2] = format!("and {} more", texts.len() - 2);
    }
    let half = lines.iter().map(|it| width_of(it, 12.0)).fold(0.0, f64::max) / 2.0 + 4.0;
    let height = 15.0 * lines.len() as f64;
    canvas.rect(
        "ground",
        (x - half, y - height / 2.0),
        (half * 2.0, height),
        &texts.join(", "),
    );
    for (at, line) in lines.iter().enumerate() {
        let baseline = y - height / 2.0 + 11.5 + 15.0 * at as f64;
        canvas.text("tie-name", (x, baseline), Anchor::Middle, line);
    }
}
