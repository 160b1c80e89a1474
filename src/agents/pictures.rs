//! The picture of a finding: what was found, with its surroundings.

use crate::engine::{Found, neighbourhood};
use crate::model::finding::Picture;
use crate::source::LoadedGraph;

/// Vertices drawn at most: more cannot be told apart.
const MOST: usize = 120;

/// Instances drawn at most.
const MOST_INSTANCES: usize = 10;

/// Members of an instance above which a picture shows nothing that a number does not.
const LARGEST_INSTANCE: usize = 60;

/// The first instances with their nearest surroundings; `None` where all are too large to be drawn.
pub(super) fn picture(found: &[Found], graph: &LoadedGraph) -> Option<Picture> {
    let drawn = found
        .iter()
        .map(|it| &it.instance.members)
        .filter(|it| it.len() <= LARGEST_INSTANCE)
        .take(MOST_INSTANCES);
    let mut ids: Vec<String> = Vec::new();
    for id in drawn.flatten() {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    let picture = neighbourhood(graph, &ids, MOST);
    (!ids.is_empty() && !picture.edges.is_empty()).then_some(picture)
}
