//! A piece of the graph around given vertices, small enough to be drawn.
//!
//! The given vertices come first, then their neighbours at one hop, then at two, those with most
//! edges to what is already chosen first, ties by vertex number. The piece depends on the graph and
//! the vertices only.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::inputs::find;
use crate::graph::Csr;
use crate::model::finding::{Picture, PictureVertex};
use crate::source::LoadedGraph;

/// Vertices of a picture at most, whatever is asked for.
pub const MOST_VERTICES: usize = 200;

/// How far from the given vertices a picture reaches.
const HOPS: usize = 2;

/// The piece of `graph` around the vertices `ids` (`collection/key`), of at most `limit` and at most
/// [`MOST_VERTICES`] vertices. Ids that are no vertex are passed over; the caption counts what is shown.
pub fn neighbourhood(graph: &LoadedGraph, ids: &[String], limit: usize) -> Picture {
    let limit = limit.min(MOST_VERTICES);
    let numbers: Vec<u32> = ids.iter().filter_map(|id| find(&graph.keys, id).ok()).collect();
    let named = graph.csr.vertices(&numbers);
    let mut chosen: Vec<u32> = Vec::new();
    let mut places: BTreeMap<u32, u32> = BTreeMap::new();
    let choose = |v: u32, chosen: &mut Vec<u32>, places: &mut BTreeMap<u32, u32>| {
        if chosen.len() < limit && !places.contains_key(&v) {
            // At most 200.
            places.insert(v, chosen.len() as u32);
            chosen.push(v);
        }
    };
    for v in &named {
        choose(*v, &mut chosen, &mut places);
    }
    let marked = chosen.len();
    let mut rim = chosen.clone();
    for _ in 0..HOPS {
        if chosen.len() >= limit {
            break;
        }
        let before = chosen.len();
        for v in by_links(&graph.csr, &rim, &places) {
            choose(v, &mut chosen, &mut places);
        }
        rim = chosen[before..].to_vec();
    }
    let distinct: BTreeSet<u32> = named.iter().copied().collect();
    Picture {
        caption: caption(marked, distinct.len(), chosen.len() - marked),
        vertices: chosen
            .iter()
            .enumerate()
            .map(|(at, v)| {
                let number = graph.csr.number(*v);
                PictureVertex {
                    id: graph.keys.id(number),
                    label: graph.keys.labels[number as usize].to_owned(),
                    marked: at < marked,
                }
            })
            .collect(),
        edges: edges(&graph.csr, &chosen, &places),
        directed: graph.csr.directed,
    }
}

/// The neighbours of `rim` outside `places`, those with most edges to `rim` first.
fn by_links(csr: &Csr, rim: &[u32], places: &BTreeMap<u32, u32>) -> Vec<u32> {
    let mut links: BTreeMap<u32, usize> = BTreeMap::new();
    for v in rim {
        let into = if csr.directed {
            csr.into.neighbours(*v)
        } else {
            &[]
        };
        for u in csr.out.neighbours(*v).iter().chain(into) {
            if !places.contains_key(u) {
                *links.entry(*u).or_default() += 1;
            }
        }
    }
    let mut found: Vec<(u32, usize)> = links.into_iter().collect();
    found.sort_by_key(|(v, count)| (Reverse(*count), *v));
    found.into_iter().map(|(v, _)| v).collect()
}

/// Edges among the chosen, parallel ones once, without self-loops, sorted.
fn edges(csr: &Csr, chosen: &[u32], places: &BTreeMap<u32, u32>) -> Vec<(u32, u32)> {
    let mut found = BTreeSet::new();
    for (from, v) in (0_u32..).zip(chosen) {
        for to in csr
            .out
            .neighbours(*v)
            .iter()
            .filter_map(|u| places.get(u).copied())
        {
            if from != to && (csr.directed || from < to) {
                found.insert((from, to));
            }
        }
    }
    found.into_iter().collect()
}

fn caption(marked: usize, named: usize, around: usize) -> String {
    let subject = match (marked, named) {
        (0, _) => return "None of the vertices is in this graph.".to_owned(),
        (1, 1) => "The marked vertex".to_owned(),
        (shown, all) if shown == all => format!("The {all} marked vertices"),
        (shown, all) => format!("{shown} of the {all} vertices, marked,"),
    };
    match around {
        0 => format!("{subject} and the edges among them.")
            .replace("vertex and the edges among them", "vertex"),
        1 => format!("{subject} and one neighbour."),
        _ => format!("{subject} and {around} neighbours at most two hops away, best linked first."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::doubles::small_graph;
    use super::*;
    use crate::graph::{EdgeList, ProjectionRules, build};

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn what_is_asked_for_comes_first_and_is_marked() {
        let picture = neighbourhood(&small_graph(), &ids(&["shops/s1", "nobody/x"]), 3);
        let shown: Vec<(&str, bool)> = picture
            .vertices
            .iter()
            .map(|it| (it.id.as_str(), it.marked))
            .collect();
        assert_eq!(
            shown,
            [("shops/s1", true), ("shops/s0", false), ("shops/s2", false)]
        );
        assert_eq!(picture.edges, [(0, 2), (1, 0)]);
        assert!(picture.directed);
        assert_eq!(
            picture.caption,
            "The marked vertex and 2 neighbours at most two hops away, best linked first."
        );
    }

    #[test]
    fn vertices_linked_to_several_marked_ones_come_before_others() {
        let mut graph = small_graph();
        let edges = EdgeList {
            sources: vec![0, 0, 1, 4],
            targets: vec![2, 3, 3, 4],
            ..EdgeList::default()
        };
        graph.csr = build(5, edges, ProjectionRules::default());
        let picture = neighbourhood(&graph, &ids(&["people/p0", "p1", "people/p0"]), 3);
        assert_eq!(picture.vertices[2].id, "shops/s1");
        assert_eq!(picture.edges, [(0, 2), (1, 2)]);
        assert_eq!(picture.caption, "The 2 marked vertices and one neighbour.");
    }

    #[test]
    fn a_picture_is_never_larger_than_can_be_drawn() {
        let mut graph = small_graph();
        let leaves = 5_000_u32;
        let edges = EdgeList {
            sources: vec![0; leaves as usize],
            targets: (1..=leaves).collect(),
            ..EdgeList::default()
        };
        graph.csr = build(leaves + 1, edges, ProjectionRules::default());
        graph.keys.ranges[1].range.end = leaves + 1;
        graph.keys.keys = std::sync::Arc::new((0..=leaves).map(|it| format!("k{it}")).collect());
        graph.keys.labels = graph.keys.keys.clone();
        let picture = neighbourhood(&graph, &ids(&["people/k0"]), 10_000);
        assert_eq!(picture.vertices.len(), MOST_VERTICES);
        assert_eq!(picture.edges.len(), MOST_VERTICES - 1);
        let many: Vec<String> = (0..300).map(|it| format!("k{it}")).collect();
        let picture = neighbourhood(&graph, &many, 100);
        assert!(
            picture.caption.starts_with("100 of the 300 vertices, marked,"),
            "{}",
            picture.caption
        );
    }

    #[test]
    fn no_vertex_gives_an_empty_picture() {
        let picture = neighbourhood(&small_graph(), &ids(&["x"]), 10);
        assert!(picture.vertices.is_empty() && picture.edges.is_empty());
    }
}
