//! From what a face selects of a graph to a projection that the graph has.

use serde::Deserialize;

use crate::algorithms::Info;
use crate::graph::{Direction, ParallelEdges, ProjectionRules};
use crate::model::{schema::Census, template::Projection};
use crate::pipeline::PipelineError;

/// What is to be seen of a graph. What it leaves out, the graph and the algorithm decide.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct AskedProjection {
    /// Vertex collections; empty is all.
    pub vertices: Vec<String>,
    /// Edge collections; empty is all.
    pub edges: Vec<String>,
    /// Which way edges point.
    pub direction: Option<Direction>,
    /// What becomes of parallel edges.
    pub parallel: Option<ParallelEdges>,
    /// Whether self-loops are kept.
    pub self_loops: bool,
    /// Edge attribute used as weight.
    pub weight: Option<String>,
    /// Edge attribute used as time.
    pub time: Option<String>,
    /// Vertex attributes that are joined to the result.
    pub attributes: Vec<String>,
}

/// The projection that `asked` means for an algorithm, checked against the census.
///
/// # Errors
/// A collection that is not there, or a direction that says nothing to the algorithm.
pub fn projection(asked: AskedProjection, info: &Info, census: &Census) -> Result<Projection, PipelineError> {
    let all_vertices = census.vertices.iter().map(|it| it.name.clone());
    let all_edges = census.edges.iter().map(|it| it.name.clone());
    let vertices = chosen(&asked.vertices, all_vertices.collect(), "vertex")?;
    let edges = chosen(&asked.edges, all_edges.collect(), "edge")?;
    let directed = census
        .edges
        .iter()
        .filter(|it| edges.contains(&it.name))
        .any(|it| it.directed);
    let direction = asked.direction.unwrap_or(match directed {
        true => Direction::Directed,
        false => Direction::Undirected,
    });
    if info.needs_direction && direction == Direction::Undirected {
        return Err(directionless(info, asked.direction.is_some()));
    }
    let is_weighted = asked.weight.is_some();
    Ok(Projection {
        vertices,
        edges,
        rules: ProjectionRules {
            direction,
            parallel: asked.parallel.unwrap_or_else(|| info.parallel_rule(is_weighted)),
            self_loops: asked.self_loops,
        },
        weight: asked.weight,
        time: asked.time,
        filters: Vec::new(),
        attributes: asked.attributes,
    })
}

/// Why an algorithm that asks which way edges point is not run on edges that point both ways.
fn directionless(info: &Info, asked: bool) -> PipelineError {
    let way_out = if asked {
        "leave `--direction undirected` out"
    } else {
        "the graph says that its edges have no direction: if they have one, give `--direction directed`"
    };
    PipelineError::Invalid(format!(
        "{} asks which way edges point, which says nothing where each points both ways; {way_out}",
        info.name
    ))
}

fn chosen(named: &[String], mut all: Vec<String>, kind: &str) -> Result<Vec<String>, PipelineError> {
    if let Some(unknown) = named.iter().find(|it| !all.contains(it)) {
        return Err(PipelineError::Invalid(format!(
            "there is no {kind} collection `{unknown}`; there are {}",
            all.join(", ")
        )));
    }
    if !named.is_empty() {
        all.retain(|it| named.contains(it));
    }
    all.sort();
    Ok(all)
}
