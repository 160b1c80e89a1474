//! The piece of the graph around what was found: at most [`MOST`] vertices, those found first.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::plural;
use super::wording::Speech;
use crate::engine::Found;
use crate::graph::VertexKeys;
use crate::model::finding::{Picture, PictureVertex};
use crate::source::LoadedGraph;

/// Vertices drawn at most.
const MOST: usize = 200;

/// Instances drawn at most: a picture of more is a hairball.
const MOST_INSTANCES: usize = 10;

/// Members of an instance above which a picture shows nothing that a number does not.
const LARGEST_INSTANCE: usize = 60;

/// Neighbours drawn around each vertex found, at most.
const NEIGHBOURS: usize = 12;

/// The first instances with their nearest surroundings; `None` where there is nothing to see.
pub(super) fn picture(found: &[Found], graph: &LoadedGraph, speech: &Speech<'_>) -> Option<Picture> {
    let drawn: Vec<&Found> = found
        .iter()
        .filter(|it| it.instance.members.len() <= LARGEST_INSTANCE)
        .take(MOST_INSTANCES)
        .collect();
    let wanted: BTreeSet<&String> = drawn.iter().flat_map(|it| &it.instance.members).collect();
    let numbers = numbers(&graph.keys, &wanted);
    let mut marked: Vec<u32> = Vec::new();
    for member in drawn.iter().flat_map(|it| &it.instance.members) {
        let vertex = numbers.get(member).copied();
        marked.extend(vertex.filter(|it| marked.len() < MOST && !marked.contains(it)));
    }
    if marked.is_empty() {
        return None;
    }
    let vertices = surroundings(&marked, graph);
    let edges = edges_among(&vertices, graph);
    Some(Picture {
        caption: format!(
            "{} of {} found, marked, with up to {NEIGHBOURS} neighbours of each; {} {} in all.",
            drawn.len(),
            found.len(),
            vertices.len(),
            plural(&speech.word("vertex")),
        ),
        vertices: vertices
            .iter()
            .map(|v| PictureVertex {
                id: graph.keys.id(*v),
                label: graph.keys.labels[*v as usize].clone(),
                marked: marked.contains(v),
            })
            .collect(),
        edges,
        directed: graph.csr.directed,
    })
}

/// Vertex numbers of the wanted ids.
fn numbers(keys: &VertexKeys, wanted: &BTreeSet<&String>) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    for range in &keys.ranges {
        let prefix = format!("{}/", range.collection);
        let inside: BTreeSet<&str> = wanted.iter().filter_map(|it| it.strip_prefix(&prefix)).collect();
        if inside.is_empty() {
            continue;
        }
        for v in range.range.clone() {
            let key = keys.keys[v as usize].as_str();
            if inside.contains(key) {
                found.insert(format!("{prefix}{key}"), v);
            }
        }
    }
    found
}

/// The marked vertices, then their neighbours in turn, one round a neighbour, until it is full.
fn surroundings(marked: &[u32], graph: &LoadedGraph) -> Vec<u32> {
    let mut vertices: Vec<u32> = marked.to_vec();
    let mut seen: BTreeSet<u32> = marked.iter().copied().collect();
    let around: Vec<Vec<u32>> = marked.iter().map(|v| neighbours(*v, graph)).collect();
    for round in 0..NEIGHBOURS {
        for list in &around {
            if let Some(v) = list.get(round).filter(|_| vertices.len() < MOST)
                && seen.insert(*v)
            {
                vertices.push(*v);
            }
        }
    }
    vertices
}

fn neighbours(v: u32, graph: &LoadedGraph) -> Vec<u32> {
    let mut list = graph.csr.out.neighbours(v).to_vec();
    if graph.csr.directed {
        list.extend_from_slice(graph.csr.into.neighbours(v));
    }
    list.sort_unstable();
    list.dedup();
    list.retain(|it| *it != v);
    list
}

fn edges_among(vertices: &[u32], graph: &LoadedGraph) -> Vec<(u32, u32)> {
    let places: BTreeMap<u32, u32> = (0_u32..).zip(vertices).map(|(at, v)| (*v, at)).collect();
    let mut edges = BTreeSet::new();
    for (v, at) in &places {
        for u in graph.csr.out.neighbours(*v) {
            let other = places.get(u).copied().filter(|it| it != at);
            if let Some(other) = other {
                let both = (*at, other);
                let undirected = (other.min(*at), other.max(*at));
                edges.insert(if graph.csr.directed { both } else { undirected });
            }
        }
    }
    edges.into_iter().collect()
}
