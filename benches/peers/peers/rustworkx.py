"""rustworkx: petgraph's storage behind Python objects."""

from collections.abc import Callable
from typing import Any

import numpy as np
import rustworkx as rx

from protocol import Answer, Edges, Measure, all_reach, greatest_share, reach


def graph_of(n: int, source: Any, target: Any, directed: bool, weights: Any = None) -> Any:
    graph = rx.PyDiGraph(multigraph=True) if directed else rx.PyGraph(multigraph=True)
    graph.add_nodes_from(range(n))
    pairs = (source.tolist(), target.tolist())
    if weights is None:
        graph.add_edges_from_no_data(list(zip(*pairs, strict=True)))
    else:
        graph.add_edges_from(list(zip(*pairs, weights.tolist(), strict=True)))
    return graph


def loaded(edges: Edges, directed: bool) -> Any:
    return graph_of(edges.n, *edges.ends(directed), directed)


def weighted(edges: Edges) -> Any:
    return graph_of(edges.n, *edges.ends(False), False, edges.weights().astype(np.float64))


def build(edges: Edges, measure: Measure) -> Answer:
    source, target = edges.ends(True)
    return {"edges": measure(lambda: graph_of(edges.n, source, target, True)).num_edges()}


def on(
    directed: bool, kernel: Callable[[Any], Any], answer: Callable[[Any], Answer]
) -> Callable[[Edges, Measure], Answer]:
    """A work that runs `kernel` on the graph."""

    def work(edges: Edges, measure: Measure) -> Answer:
        graph = loaded(edges, directed)
        return answer(measure(lambda: kernel(graph)))

    return work


def share(scores: Any) -> Answer:
    return {"greatest_share": greatest_share(list(scores.values()))}


def greatest(scores: Any) -> Answer:
    return {"greatest": max(scores.values())}


def groups(found: Any) -> Answer:
    return {"components": len(found), "largest": max(len(group) for group in found)}


def pagerank(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)
    # It multiplies the tolerance by the number of vertices.
    found = measure(lambda: rx.pagerank(graph, 0.85, tol=1e-6 / edges.n, max_iter=200))
    return share(found)


def personalised_pagerank(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)
    starts = dict.fromkeys(edges.first_ends(16, directed=True), 1.0)
    return share(
        measure(lambda: rx.pagerank(graph, 0.85, personalization=starts, tol=1e-6 / edges.n, max_iter=200))
    )


def reachability(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)
    counts = measure(lambda: [len(rx.descendants(graph, v)) for v in range(edges.n)])
    return {"reachable_pairs": sum(counts)}


def shortest_path(edges: Edges, measure: Measure) -> Answer:
    graph = weighted(edges)
    found = measure.each(
        edges.end_pairs(8), lambda pair: rx.dijkstra_shortest_path_lengths(graph, pair[0], float, pair[1])
    )
    return {"length": sum(sum(lengths.values()) for lengths in found)}


def sssp(edges: Edges, measure: Measure) -> Answer:
    graph = weighted(edges)
    starts = edges.first_ends(4)
    found = measure.each(starts, lambda start: rx.dijkstra_shortest_path_lengths(graph, start, float))
    # The start itself is left out.
    return reach([0.0, *lengths.values()] for lengths in found)


def bellman_ford(edges: Edges, measure: Measure) -> Answer:
    graph, start = weighted(edges), edges.first_ends(1)[0]
    found = measure(lambda: rx.bellman_ford_shortest_path_lengths(graph, start, float))
    return {"reached": len(found) + 1}


def dominators(edges: Edges, measure: Measure) -> Answer:
    graph, start = loaded(edges, True), edges.first_ends(1, directed=True)[0]
    return {"reached": len(measure(lambda: rx.immediate_dominators(graph, start)))}


def mst(edges: Edges, measure: Measure) -> Answer:
    graph = weighted(edges)
    chosen = measure(lambda: rx.minimum_spanning_edges(graph, float))
    return {"weight": sum(weight for _, _, weight in chosen), "edges": len(chosen)}


def articulation(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    points, bridges = measure(lambda: (rx.articulation_points(graph), rx.bridges(graph)))
    return {"articulation_points": len(points), "bridges": len(bridges)}


def topological_order(edges: Edges, measure: Measure) -> Answer:
    graph = graph_of(edges.n, *edges.ends(False), True)
    measure(lambda: rx.topological_sort(graph))
    return {}


WORKS = {
    "build": build,
    "pagerank": pagerank,
    "personalised_pagerank": personalised_pagerank,
    "reachability": reachability,
    "shortest_path": shortest_path,
    "hits": on(True, lambda it: rx.hits(it, max_iter=1000)[1], share),
    "katz": on(True, lambda it: rx.katz_centrality(it, 0.001), share),
    "eigenvector": on(False, lambda it: rx.eigenvector_centrality(it, max_iter=1000), share),
    "wcc": on(True, rx.weakly_connected_components, groups),
    "scc": on(True, rx.strongly_connected_components, groups),
    "sssp": sssp,
    "triangles": on(False, rx.transitivity, lambda it: {"transitivity": it}),
    "k_core": on(False, rx.core_number, lambda it: {"degeneracy": max(it.values())}),
    "articulation": articulation,
    "bellman_ford": bellman_ford,
    "dominators": dominators,
    "k1_colouring": on(False, rx.graph_greedy_color, lambda it: {"colours": max(it.values()) + 1}),
    "all_pairs": on(False, lambda it: rx.distance_matrix(it, null_value=np.inf), all_reach),
    "biconnected": on(False, rx.biconnected_components, lambda it: {"components": len(set(it.values()))}),
    "mst": mst,
    "topological_order": topological_order,
    "betweenness": on(False, lambda it: rx.betweenness_centrality(it, normalized=False), greatest),
}
