//! The neighbourhood picture of a finding: vertices, edges, labels that keep out of each other's way.
//!
//! Marked vertices are larger and ringed, so that colour is not the only difference. A label that
//! finds no free place is left out; its text stays in the hover title and in the list beside the
//! picture. Vertices link to their evidence row where there is one.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::escape::html;
use super::placement;
use super::svg::{Anchor, Canvas, Svg, cut, short, width_of};
use crate::model::finding::Picture;

/// Vertices drawn at most.
pub(super) const MOST_VERTICES: usize = 200;
const WIDTH: f64 = 720.0;
const MARGIN_X: f64 = 70.0;
const MARGIN_Y: f64 = 28.0;
const SIZE: f64 = 11.0;

/// Marked vertices up to which each gets its label, even on top of something: beyond, labels would
/// cover one another.
const ALWAYS_NAMED: usize = 16;

/// A box that something fills: least corner and greatest corner.
#[derive(Clone, Copy)]
struct Area(f64, f64, f64, f64);

impl Area {
    fn overlap(&self, other: &Area) -> f64 {
        let w = self.2.min(other.2) - self.0.max(other.0);
        let h = self.3.min(other.3) - self.1.max(other.1);
        if w > 0.0 && h > 0.0 { w * h } else { 0.0 }
    }
}

/// The picture as SVG. `id` names it on its page, `rows` gives vertices (`collection/key`) the
/// anchor of their evidence row.
pub(super) fn draw(picture: &Picture, id: &str, title: &str, rows: &BTreeMap<String, String>) -> Svg {
    let count = picture.vertices.len().min(MOST_VERTICES);
    let edges: Vec<(u32, u32)> = picture
        .edges
        .iter()
        .copied()
        .filter(|(u, v)| u != v && (*u as usize) < count && (*v as usize) < count)
        .collect();
    let (mut at, (w, h)) = placement::place(count, &edges, WIDTH - 2.0 * MARGIN_X);
    let scale = ((WIDTH - 2.0 * MARGIN_X) / w.max(1.0)).min(1.4);
    let left = (WIDTH - w * scale) / 2.0;
    for point in &mut at {
        *point = (left + point.0 * scale, MARGIN_Y + point.1 * scale);
    }
    let height = h * scale + 2.0 * MARGIN_Y;

    let mut canvas = Canvas::new();
    canvas.raw("<g class=\"edges\">");
    for (u, v) in &edges {
        edge(&mut canvas, (*u, *v), &at, picture);
    }
    canvas.raw("</g><g class=\"vertices\">");
    for (index, vertex) in picture.vertices.iter().take(count).enumerate() {
        let (x, y) = at[index];
        let class = if vertex.marked { "vertex marked" } else { "vertex" };
        let (open, close) = match rows.get(&vertex.id) {
            Some(anchor) => (
                format!(
                    "<a href=\"#{}\" class=\"{class}\" data-v=\"{index}\">",
                    html(anchor)
                ),
                "</a>",
            ),
            None => (format!("<g class=\"{class}\" data-v=\"{index}\">"), "</g>"),
        };
        let ring = if vertex.marked {
            format!(
                "<circle class=\"ring\" cx=\"{}\" cy=\"{}\" r=\"9.5\"/>",
                short(x),
                short(y)
            )
        } else {
            String::new()
        };
        canvas.raw(&format!(
            "{open}<title>{} ({})</title>{ring}<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>{close}",
            html(&vertex.label),
            html(&vertex.id),
            short(x),
            short(y),
            radius(vertex.marked),
        ));
    }
    canvas.raw("</g><g class=\"labels\">");
    for (index, (x, y), anchor) in labels(picture, &at, &edges, height) {
        let vertex = &picture.vertices[index];
        let class = if vertex.marked { "name marked" } else { "name" };
        canvas.text(class, (x, y), anchor, &cut(&vertex.label, 24));
    }
    canvas.raw("</g>");
    canvas.finish(id, "picture", (WIDTH, height), title, &picture.caption)
}

fn radius(marked: bool) -> f64 {
    if marked { 6.5 } else { 4.5 }
}

/// A line that ends at the rims, with a head where direction is drawn.
fn edge(canvas: &mut Canvas, (u, v): (u32, u32), at: &[(f64, f64)], picture: &Picture) {
    let (a, b) = (at[u as usize], at[v as usize]);
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).sqrt().max(1e-6);
    let (dx, dy) = (dx / length, dy / length);
    let mut markup = format!(
        "<line data-e=\"{u} {v}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
        short(a.0),
        short(a.1),
        short(b.0),
        short(b.1)
    );
    if picture.directed {
        let rim = if picture.vertices[v as usize].marked {
            10.5
        } else {
            6.0
        };
        let tip = (b.0 - dx * rim, b.1 - dy * rim);
        let back = (tip.0 - dx * 7.0, tip.1 - dy * 7.0);
        let _ = write!(
            markup,
            "<path class=\"head\" data-e=\"{u} {v}\" d=\"M{} {}L{} {}L{} {}z\"/>",
            short(tip.0),
            short(tip.1),
            short(back.0 - dy * 3.2),
            short(back.1 + dx * 3.2),
            short(back.0 + dy * 3.2),
            short(back.1 - dx * 3.2)
        );
    }
    canvas.raw(&markup);
}

/// Places for labels: marked vertices first, then those with many edges; each takes the first free
/// of eight places. A marked one that finds none takes the least crowded where few are marked.
fn labels(
    picture: &Picture,
    at: &[(f64, f64)],
    edges: &[(u32, u32)],
    height: f64,
) -> Vec<(usize, (f64, f64), Anchor)> {
    let mut degree = vec![0_usize; at.len()];
    for (u, v) in edges {
        degree[*u as usize] += 1;
        degree[*v as usize] += 1;
    }
    let mut order: Vec<usize> = (0..at.len()).collect();
    order.sort_by_key(|it| (!picture.vertices[*it].marked, std::cmp::Reverse(degree[*it]), *it));
    let mut taken: Vec<Area> = at
        .iter()
        .enumerate()
        .map(|(index, (x, y))| {
            let r = radius(picture.vertices[index].marked) + 2.5;
            Area(x - r, y - r, x + r, y + r)
        })
        .collect();
    let few = picture.vertices.iter().filter(|it| it.marked).count() <= ALWAYS_NAMED;
    let mut placed = Vec::new();
    for index in order {
        let vertex = &picture.vertices[index];
        let text = cut(&vertex.label, 24);
        if text.trim().is_empty() {
            continue;
        }
        // Names of marked vertices are bold.
        let width = width_of(&text, if vertex.marked { SIZE * 1.18 } else { SIZE });
        let crowd = |place: &Place| {
            let outside =
                place.area.0 < 0.0 || place.area.2 > WIDTH || place.area.1 < 0.0 || place.area.3 > height;
            let lines: f64 = edges
                .iter()
                .map(|(u, v)| crossed(&place.area, at[*u as usize], at[*v as usize]))
                .sum();
            let texts: f64 = taken.iter().map(|it| it.overlap(&place.area)).sum();
            (texts + if outside { 1e4 } else { 0.0 }, lines)
        };
        let tries = places(at[index], radius(vertex.marked), width);
        let best = tries
            .into_iter()
            .map(|it| (crowd(&it), it))
            .min_by(|a, b| (a.0.0 * 100.0 + a.0.1).total_cmp(&(b.0.0 * 100.0 + b.0.1)));
        if let Some(((texts, _), place)) = best
            && (texts <= 0.0 || (vertex.marked && few))
        {
            taken.push(place.area);
            placed.push((index, place.at, place.anchor));
        }
    }
    placed.sort_by_key(|it| it.0);
    placed
}

struct Place {
    at: (f64, f64),
    anchor: Anchor,
    area: Area,
}

/// Eight places around a vertex, the preferred first.
fn places((x, y): (f64, f64), r: f64, width: f64) -> Vec<Place> {
    let away = r + 5.0;
    let slant = away * 0.75;
    [
        (x + away, y + 4.0, Anchor::Start),
        (x - away, y + 4.0, Anchor::End),
        (x, y - away, Anchor::Middle),
        (x, y + away + 9.0, Anchor::Middle),
        (x + slant, y - slant, Anchor::Start),
        (x - slant, y - slant, Anchor::End),
        (x + slant, y + slant + 7.0, Anchor::Start),
        (x - slant, y + slant + 7.0, Anchor::End),
    ]
    .into_iter()
    .map(|(x, y, anchor)| {
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        Place {
            at: (x, y),
            anchor,
            area: Area(left, y - 10.0, left + width, y + 3.0),
        }
    })
    .collect()
}

/// How many of a few points along a line lie within the box.
fn crossed(area: &Area, a: (f64, f64), b: (f64, f64)) -> f64 {
    (0..=16)
        .map(|it| f64::from(it) / 16.0)
        .filter(|t| {
            let (x, y) = (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
            (area.0..area.2).contains(&x) && (area.1..area.3).contains(&y)
        })
        .count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::PictureVertex;

    fn picture(n: u32, edges: Vec<(u32, u32)>) -> Picture {
        Picture {
            caption: "Why".to_owned(),
            vertices: (0..n)
                .map(|it| PictureVertex {
                    id: format!("v/{it}"),
                    label: format!("Vertex number {it}"),
                    marked: it == 0,
                })
                .collect(),
            edges,
            directed: true,
        }
    }

    #[test]
    fn labels_do_not_cover_each_other_or_vertices() {
        let picture = picture(40, (1..40).map(|it| (it / 3, it)).collect());
        let (at, (_, h)) = placement::place(40, &picture.edges, 580.0);
        let places = labels(&picture, &at, &picture.edges, h + 60.0);
        assert!(places.len() > 8, "{} labels", places.len());
        let area = |(index, (x, y), anchor): &(usize, (f64, f64), Anchor)| {
            let width = width_of(&picture.vertices[*index].label, SIZE);
            let left = match anchor {
                Anchor::Start => *x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            Area(left, y - 10.0, left + width, y + 3.0)
        };
        for (i, a) in places.iter().enumerate() {
            for b in &places[..i] {
                assert!(area(a).overlap(&area(b)) <= 0.0);
            }
        }
    }

    #[test]
    fn vertices_link_to_their_rows_and_names_are_inert() {
        let mut picture = picture(2, vec![(0, 1), (1, 9)]);
        picture.vertices[1].label = "<script>alert(1)</script>".to_owned();
        let rows = BTreeMap::from([("v/0".to_owned(), "row-x-0".to_owned())]);
        let svg = draw(&picture, "p", "T", &rows);
        assert!(svg.as_str().contains("href=\"#row-x-0\""));
        assert!(!svg.as_str().contains("<script"));
        assert!(svg.as_str().contains("role=\"group\""));
    }

    #[test]
    fn the_largest_picture_stays_small() {
        let picture = picture(200, (1..200).map(|it| (it / 2, it)).collect());
        assert!(draw(&picture, "p", "T", &BTreeMap::new()).as_str().len() < 90_000);
    }
}
