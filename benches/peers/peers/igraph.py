"""igraph: C, one thread."""

from collections.abc import Callable
from typing import Any

import igraph as ig
import numpy as np

from protocol import (
    Answer,
    Edges,
    Measure,
    all_reach,
    best_unlinked,
    communities,
    greatest_share,
    group_sizes,
    most_similar,
    reach,
)


def graph_of(n: int, source: Any, target: Any, directed: bool) -> ig.Graph:
    # A memory view of 64-bit pairs is read without a Python object for each edge.
    pairs = np.stack([source, target], axis=1).astype(np.int64)
    return ig.Graph(n, memoryview(np.ascontiguousarray(pairs)), directed=directed)


def loaded(edges: Edges, directed: bool) -> ig.Graph:
    return graph_of(edges.n, *edges.ends(directed), directed)


def build(edges: Edges, measure: Measure) -> Answer:
    source, target = edges.ends(True)
    return {"edges": measure(lambda: graph_of(edges.n, source, target, True)).ecount()}


def on(
    directed: bool, kernel: Callable[[ig.Graph], Any], answer: Callable[[Any], Answer]
) -> Callable[[Edges, Measure], Answer]:
    """A work that runs `kernel` on the graph."""

    def work(edges: Edges, measure: Measure) -> Answer:
        graph = loaded(edges, directed)
        return answer(measure(lambda: kernel(graph)))

    return work


def share(scores: list[float]) -> Answer:
    return {"greatest_share": greatest_share(scores)}


def greatest(scores: list[float]) -> Answer:
    return {"greatest": max(scores)}


def bfs(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    return reach(measure.each(edges.first_ends(16), lambda start: graph.distances(start)[0]))


def sssp(edges: Edges, measure: Measure) -> Answer:
    graph, weights = loaded(edges, False), edges.weights().astype(np.float64).tolist()
    return reach(measure.each(edges.first_ends(4), lambda start: graph.distances(start, weights=weights)[0]))


def bellman_ford(edges: Edges, measure: Measure) -> Answer:
    graph, weights = loaded(edges, False), edges.weights().astype(np.float64).tolist()
    start = edges.first_ends(1)[0]
    rows = measure(lambda: graph.distances(start, weights=weights, algorithm="bellman_ford"))
    return {"reached": reach(rows)["reached"]}


def dominators(edges: Edges, measure: Measure) -> Answer:
    graph, start = loaded(edges, True), edges.first_ends(1, directed=True)[0]
    above = np.asarray(measure(lambda: graph.dominator(start)), dtype=np.float64)
    # The start itself has the number -1, what it does not reach has none.
    return {"reached": int(np.count_nonzero(above >= 0)) + 1}


def max_flow(edges: Edges, measure: Measure) -> Answer:
    graph, weights = loaded(edges, False), edges.weights().astype(np.float64).tolist()
    ends = edges.first_ends(16)
    return {"value": measure(lambda: graph.maxflow(ends[0], ends[-1], weights)).value}


def shortest_path(edges: Edges, measure: Measure) -> Answer:
    graph, weights = loaded(edges, False), edges.weights().astype(np.float64)
    values = weights.tolist()
    found = measure.each(
        edges.end_pairs(8),
        lambda pair: graph.get_shortest_path(*pair, weights=values, output="epath"),
    )
    return {"length": sum(float(weights[path].sum()) for path in found)}


def k_shortest_paths(edges: Edges, measure: Measure) -> Answer:
    graph, weights = loaded(edges, False), edges.weights().astype(np.float64)
    values = weights.tolist()
    [(start, target)] = edges.end_pairs(1)
    found = measure(
        lambda: graph.get_k_shortest_paths(start, target, k=5, weights=values, output="epath"),
    )
    lengths = [float(weights[path].sum()) for path in found]
    return {"shortest": min(lengths), "longest": max(lengths)}


def degree(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)
    into, out, near = measure(lambda: (graph.indegree(), graph.outdegree(), graph.neighborhood_size()))
    return {"degree": sum(into) + sum(out), "distinct": sum(near) - edges.n}


def personalised_pagerank(edges: Edges, measure: Measure) -> Answer:
    graph, starts = loaded(edges, True), edges.first_ends(16, directed=True)
    return share(measure(lambda: graph.personalized_pagerank(reset_vertices=starts)))


def reachability(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)
    sizes = measure(lambda: graph.neighborhood_size(order=edges.n, mode="out"))
    return {"reachable_pairs": sum(sizes) - edges.n}


def attribute_assortativity(edges: Edges, measure: Measure) -> Answer:
    graph, groups = loaded(edges, False), edges.groups().tolist()
    return {"assortativity": measure(lambda: graph.assortativity_nominal(groups, directed=False))}


def partition_quality(edges: Edges, measure: Measure) -> Answer:
    graph, groups = loaded(edges, False), edges.groups().tolist()
    return {"modularity": measure(lambda: graph.modularity(groups))}


def power_law(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    # One sample for the p-value, which the others do not compute.
    found = measure(lambda: ig.power_law_fit(graph.degree(), method="discrete", p_precision=0.5))
    return {"exponent": found.alpha, "tail_from": found.xmin}


def node_similarity(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    return most_similar(measure(lambda: graph.similarity_jaccard(loops=False)))


def link_prediction(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    return best_unlinked(edges, measure(graph.similarity_inverse_log_weighted))


def random_walks(edges: Edges, measure: Measure) -> Answer:
    n, source, target = edges.without_isolated()
    graph = graph_of(n, source, target, False)
    # Each walk begins with a look at all vertices.
    walks = measure(lambda: [graph.random_walk(start, 79) for start in range(n)])
    return {"steps": sum(len(walk) - 1 for walk in walks)}


def mst(edges: Edges, measure: Measure) -> Answer:
    graph, weights = loaded(edges, False), edges.weights().astype(np.float64)
    values = weights.tolist()
    chosen = measure(lambda: graph.spanning_tree(values, return_tree=False))
    return {"weight": float(weights[chosen].sum()), "edges": len(chosen)}


def articulation(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    points, bridges = measure(lambda: (graph.articulation_points(), graph.bridges()))
    return {"articulation_points": len(points), "bridges": len(bridges)}


def betweenness16(edges: Edges, measure: Measure) -> Answer:
    graph, starts = loaded(edges, False), edges.first_ends(16)
    measure(lambda: graph.betweenness(sources=starts))
    return {}


def topological_order(edges: Edges, measure: Measure) -> Answer:
    graph = graph_of(edges.n, *edges.ends(False), True)
    measure(graph.topological_sorting)
    return {}


def grouped(kernel: Callable[[ig.Graph], ig.VertexClustering]) -> Callable[[Edges, Measure], Answer]:
    """A work that finds communities."""

    def work(edges: Edges, measure: Measure) -> Answer:
        graph = loaded(edges, False)
        return communities(edges, measure(lambda: kernel(graph)).membership)

    return work


def components(mode: str) -> Callable[[Edges, Measure], Answer]:
    return on(True, lambda it: it.connected_components(mode), lambda it: group_sizes(it.membership))


WORKS = {
    "build": build,
    "pagerank": on(True, lambda it: it.pagerank(), share),
    "personalised_pagerank": personalised_pagerank,
    "hits": on(True, lambda it: it.authority_score(), share),
    "eigenvector": on(False, lambda it: it.eigenvector_centrality(), share),
    "wcc": components("weak"),
    "scc": components("strong"),
    "bfs": bfs,
    "sssp": sssp,
    "triangles": on(False, lambda it: it.transitivity_undirected(), lambda it: {"transitivity": it}),
    "lcc": on(
        False,
        lambda it: it.transitivity_local_undirected(mode="zero"),
        lambda it: {"mean_clustering": float(np.mean(it))},
    ),
    "k_core": on(False, lambda it: it.coreness(), lambda it: {"degeneracy": max(it)}),
    "articulation": articulation,
    "bellman_ford": bellman_ford,
    "dominators": dominators,
    "degree": degree,
    "reciprocity": on(True, lambda it: it.reciprocity(), lambda it: {"reciprocity": it}),
    "reachability": reachability,
    "cycles": on(True, lambda it: it.simple_cycles(max=3), lambda it: {"cycles": len(it)}),
    "diameter": on(False, lambda it: it.diameter(), lambda it: {"diameter_least": it, "diameter_most": it}),
    "degree_assortativity": on(
        False, lambda it: it.assortativity_degree(directed=False), lambda it: {"assortativity": it}
    ),
    "attribute_assortativity": attribute_assortativity,
    "partition_quality": partition_quality,
    "power_law": power_law,
    "node_similarity": node_similarity,
    "link_prediction": link_prediction,
    "random_walks": random_walks,
    "shortest_path": shortest_path,
    "k_shortest_paths": k_shortest_paths,
    "k1_colouring": on(False, lambda it: it.vertex_coloring_greedy(), lambda it: {"colours": max(it) + 1}),
    "all_pairs": on(False, lambda it: it.distances(), all_reach),
    "max_flow": max_flow,
    "biconnected": on(False, lambda it: it.biconnected_components(), lambda it: {"components": len(it)}),
    "mst": mst,
    "topological_order": topological_order,
    "betweenness": on(False, lambda it: it.betweenness(), greatest),
    "betweenness16": betweenness16,
    "closeness": on(
        False,
        lambda it: it.harmonic_centrality(normalized=False),
        greatest,
    ),
    "louvain": grouped(lambda it: it.community_multilevel()),
    "leiden": grouped(lambda it: it.community_leiden("modularity")),
    "label_propagation": grouped(lambda it: it.community_label_propagation()),
}
