//! The form of a graph's lists: plain or compressed.

use gaai::algorithms::{Algorithm, Control, Inputs, KernelError, Outcome};
use gaai::graph::{CompressedCsr, Csr, EdgeList, ProjectionRules, build};

use crate::work::{Answer, Work};

pub(crate) enum Form {
    Plain(Csr),
    Compressed(CompressedCsr),
}

impl Form {
    pub(crate) fn new(graph: Csr, compressed: bool) -> anyhow::Result<Self> {
        Ok(if compressed {
            Form::Compressed(graph.compressed(&|| false)?)
        } else {
            Form::Plain(graph)
        })
    }

    pub(crate) fn vertex_count(&self) -> u32 {
        match self {
            Form::Plain(graph) => graph.vertex_count(),
            Form::Compressed(graph) => graph.vertex_count(),
        }
    }

    /// Edges and bytes.
    pub(crate) fn size(&self) -> (f64, f64) {
        match self {
            Form::Plain(graph) => (graph.edge_count as f64, graph.bytes() as f64),
            Form::Compressed(graph) => (graph.edge_count as f64, graph.bytes() as f64),
        }
    }

    pub(crate) fn run(&self, algorithm: &Algorithm, input: &Inputs) -> Result<Outcome, KernelError> {
        match self {
            Form::Plain(graph) => algorithm.run(graph, input, &Control::default()),
            Form::Compressed(graph) => algorithm.run_compressed(graph, input, &Control::default()),
        }
    }

    /// The numbers to compare; those that are read off a plain graph are of kernels that run on one only.
    pub(crate) fn answer(&self, work: &Work, outcome: &Outcome) -> Answer {
        match self {
            Form::Plain(graph) => (work.answer)(outcome, graph),
            Form::Compressed(_) => {
                let nothing = build(0, EdgeList::default(), ProjectionRules::default());
                (work.answer)(outcome, &nothing)
            }
        }
    }
}
