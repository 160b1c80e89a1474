"""NetworKit: C++ with OpenMP."""

from collections.abc import Callable
from typing import Any

import networkit as nk
import numpy as np

from protocol import Answer, Edges, Measure, all_reach, communities, greatest_share, reach


def graph_of(n: int, source: Any, target: Any, directed: bool, weights: Any = None) -> nk.Graph:
    # 11.2.2 crashes on arrays of 32 bits.
    ends = (source.astype(np.uint64), target.astype(np.uint64))
    ends = (ends[0], ends[1]) if weights is None else (weights.astype(np.float64), ends)
    return nk.GraphFromCoo(ends, n, weighted=weights is not None, directed=directed)


def loaded(edges: Edges, directed: bool, weighted: bool = False) -> nk.Graph:
    nk.setNumberOfThreads(edges.threads)
    weights = edges.weights() if weighted else None
    return graph_of(edges.n, *edges.ends(directed), directed, weights)


def build(edges: Edges, measure: Measure) -> Answer:
    nk.setNumberOfThreads(edges.threads)
    source, target = edges.ends(True)
    graph = measure(lambda: graph_of(edges.n, source, target, True))
    return {"edges": graph.numberOfEdges()}


def load_csv(edges: Edges, measure: Measure) -> Answer:
    nk.setNumberOfThreads(edges.threads)
    path = str(edges.table("csv"))
    # The heading is taken for a comment.
    reader = nk.graphio.EdgeListReader(",", 0, commentPrefix='"', directed=True)
    return {"edges": measure(lambda: reader.read(path)).numberOfEdges()}


def pagerank(edges: Edges, measure: Measure, sweeps: int, tolerance: float) -> Answer:
    graph = loaded(edges, True)

    def run() -> nk.centrality.PageRank:
        algorithm = nk.centrality.PageRank(graph, 0.85, tolerance)
        algorithm.maxIterations = sweeps
        algorithm.norm = nk.centrality.Norm.L1_NORM
        return algorithm.run()

    found = measure(run)
    return {"greatest_share": greatest_share(found.scores()), "iterations": found.numberOfIterations()}


def scores(
    directed: bool, algorithm: Callable[[nk.Graph], Any], answer: Callable[[Any], Answer]
) -> Callable[[Edges, Measure], Answer]:
    """A work that runs `algorithm` on the graph."""

    def work(edges: Edges, measure: Measure) -> Answer:
        graph = loaded(edges, directed)
        return answer(measure(lambda: algorithm(graph).run()))

    return work


def share(found: Any) -> Answer:
    return {"greatest_share": greatest_share(found.scores())}


def greatest(found: Any) -> Answer:
    return {"greatest": float(max(found.scores()))}


def groups(found: Any) -> Answer:
    return {"components": found.numberOfComponents(), "largest": max(found.getComponentSizes().values())}


def mean_clustering(found: Any) -> Answer:
    return {"mean_clustering": float(np.mean(found.scores()))}


def degeneracy(found: Any) -> Answer:
    return {"degeneracy": float(max(found.scores()))}


def bfs(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    found = measure.each(
        edges.first_ends(16), lambda start: nk.distance.BFS(graph, start, storePaths=False).run()
    )
    return reach((search.getDistances() for search in found), unreachable=1e300)


def sssp(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False, weighted=True)
    found = measure.each(
        edges.first_ends(4), lambda start: nk.distance.Dijkstra(graph, start, storePaths=False).run()
    )
    return reach((search.getDistances() for search in found), unreachable=1e300)


def grouped(algorithm: Callable[[nk.Graph], Any]) -> Callable[[Edges, Measure], Answer]:
    """A work that finds communities."""

    def work(edges: Edges, measure: Measure) -> Answer:
        graph = loaded(edges, False)
        partition = measure(lambda: algorithm(graph).run()).getPartition()
        # `getVector` is empty in 11.2.2.
        return communities(edges, [partition.subsetOf(v) for v in range(edges.n)])

    return work


def triangles(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    graph.indexEdges()
    # Triangles of each edge; a triangle has three.
    of_edge = measure(lambda: nk.sparsification.TriangleEdgeScore(graph).run()).scores()
    return {"triangles": int(np.sum(of_edge)) // 3}


def all_pairs(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    found = measure(lambda: nk.distance.APSP(graph).run())
    return all_reach(found.getDistances(), unreachable=1e300)


def max_flow(edges: Edges, measure: Measure) -> Answer:
    graph, ends = loaded(edges, False, weighted=True), edges.first_ends(16)
    graph.indexEdges()
    return {"value": measure(lambda: nk.flow.EdmondsKarp(graph, ends[0], ends[-1]).run()).getMaxFlow()}


def shortest_path(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False, weighted=True)
    # 11.2.2 crashes when it is to store no predecessors.
    found = measure.each(
        edges.end_pairs(8), lambda pair: nk.distance.BidirectionalDijkstra(graph, *pair).run()
    )
    return {"length": sum(search.getDistance() for search in found)}


def diameter(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    # Without a margin the range is one number.
    algorithm = nk.distance.DiameterAlgo.ESTIMATED_RANGE
    least, most = measure(lambda: nk.distance.Diameter(graph, algorithm, error=0.0).run()).getDiameter()
    return {"diameter_least": least, "diameter_most": most}


def degree_assortativity(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)

    def run() -> None:
        degrees = nk.centrality.DegreeCentrality(graph).run().scores()
        nk.correlation.Assortativity(graph, degrees).run()

    # It takes each edge from one end only, so that its coefficient is not Newman's.
    measure(run)
    return {}


def partition_of(edges: Edges) -> nk.Partition:
    partition = nk.Partition(edges.n, edges.groups().tolist())
    partition.setUpperBound(512)
    return partition


def attribute_assortativity(edges: Edges, measure: Measure) -> Answer:
    graph, partition = loaded(edges, False), partition_of(edges)
    measure(lambda: nk.correlation.Assortativity(graph, partition).run())
    return {}


def partition_quality(edges: Edges, measure: Measure) -> Answer:
    graph, partition = loaded(edges, False), partition_of(edges)
    return {"modularity": measure(lambda: nk.community.Modularity().getQuality(partition, graph))}


def link_prediction(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    pairs = measure(lambda: nk.linkprediction.AdamicAdarIndex(graph).runAll())
    return {"greatest": max(score for _, score in pairs)}


def node2vec(edges: Edges, measure: Measure) -> Answer:
    nk.setNumberOfThreads(edges.threads)
    graph = graph_of(*edges.without_isolated(), False)
    measure(lambda: nk.embedding.Node2Vec(graph, 1, 1, 80, 10, 64).run())
    return {}


def mst(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False, weighted=True)
    found = measure(lambda: nk.graph.KruskalMSF(graph).run())
    # The forest that it gives out has lost its weights.
    return {"weight": found.getTotalWeight(), "edges": found.getForest().numberOfEdges()}


def topological_order(edges: Edges, measure: Measure) -> Answer:
    nk.setNumberOfThreads(edges.threads)
    graph = graph_of(edges.n, *edges.ends(False), True)
    measure(lambda: nk.graphtools.topologicalSort(graph))
    return {}


def betweenness16(edges: Edges, measure: Measure) -> Answer:
    nk.setNumberOfThreads(edges.threads)
    graph = graph_of(*edges.without_isolated(), False)
    measure(lambda: nk.centrality.EstimateBetweenness(graph, 16, parallel=True).run())
    return {}


WORKS = {
    "build": build,
    "load_csv": load_csv,
    "pagerank20": lambda edges, measure: pagerank(edges, measure, 20, 0.0),
    "pagerank": lambda edges, measure: pagerank(edges, measure, 200, 1e-6),
    # It normalises within the sweeps, so that its scores are not Katz's.
    "katz": scores(True, lambda it: nk.centrality.KatzCentrality(it, 0.001, 1.0, 1e-9), lambda _: {}),
    "eigenvector": scores(False, lambda it: nk.centrality.EigenvectorCentrality(it, 1e-6), share),
    "wcc": scores(True, nk.components.WeaklyConnectedComponents, groups),
    "scc": scores(True, nk.components.StronglyConnectedComponents, groups),
    "bfs": bfs,
    "sssp": sssp,
    "triangles": triangles,
    "diameter": diameter,
    "degree_assortativity": degree_assortativity,
    "attribute_assortativity": attribute_assortativity,
    "partition_quality": partition_quality,
    "link_prediction": link_prediction,
    "node2vec": node2vec,
    "shortest_path": shortest_path,
    "lcc": scores(False, lambda it: nk.centrality.LocalClusteringCoefficient(it, True), mean_clustering),
    "k_core": scores(False, nk.centrality.CoreDecomposition, degeneracy),
    "all_pairs": all_pairs,
    "max_flow": max_flow,
    "biconnected": scores(
        False, nk.components.BiconnectedComponents, lambda it: {"components": it.numberOfComponents()}
    ),
    "mst": mst,
    "topological_order": topological_order,
    # It adds up both directions of a path.
    "betweenness": scores(False, nk.centrality.Betweenness, lambda it: {"greatest": max(it.scores()) / 2}),
    "betweenness16": betweenness16,
    "closeness": scores(False, lambda it: nk.centrality.HarmonicCloseness(it, False), greatest),
    "louvain": grouped(nk.community.PLM),
    "leiden": grouped(nk.community.ParallelLeiden),
    "label_propagation": grouped(lambda it: nk.community.PLP(it, maxIterations=10)),
}
