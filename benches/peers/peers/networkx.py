"""networkx: Python dictionaries; the reference for answers, not for speed."""

from collections.abc import Callable
from itertools import count, islice
from typing import Any

import networkx as nx

from protocol import Answer, Edges, Measure, communities, greatest_share, reach


def graph_of(edges: Edges, directed: bool, kind: type[nx.Graph]) -> nx.Graph:
    source, target = edges.ends(directed)
    graph = kind()
    graph.add_nodes_from(range(edges.n))
    graph.add_edges_from(zip(source.tolist(), target.tolist(), strict=True))
    return graph


def loaded(edges: Edges, directed: bool) -> nx.Graph:
    return graph_of(edges, directed, nx.DiGraph if directed else nx.Graph)


def weighted(edges: Edges) -> nx.Graph:
    source, target = edges.ends(False)
    graph = nx.Graph()
    graph.add_nodes_from(range(edges.n))
    rows = zip(source.tolist(), target.tolist(), edges.weights().tolist(), strict=True)
    graph.add_weighted_edges_from(rows)
    return graph


def on(
    directed: bool, kernel: Callable[[nx.Graph], Any], answer: Callable[[Any], Answer]
) -> Callable[[Edges, Measure], Answer]:
    """A work that runs `kernel` on the graph."""

    def work(edges: Edges, measure: Measure) -> Answer:
        graph = loaded(edges, directed)
        return answer(measure(lambda: kernel(graph)))

    return work


def share(scores: dict[int, float]) -> Answer:
    return {"greatest_share": greatest_share(list(scores.values()))}


def greatest(scores: dict[int, float]) -> Answer:
    return {"greatest": max(scores.values())}


def groups(found: list[set[int]]) -> Answer:
    return {"components": len(found), "largest": max(len(group) for group in found)}


def grouped(kernel: Callable[[nx.Graph], Any]) -> Callable[[Edges, Measure], Answer]:
    """A work that finds communities."""

    def work(edges: Edges, measure: Measure) -> Answer:
        graph = loaded(edges, False)
        labels = [0] * edges.n
        for label, members in enumerate(measure(lambda: list(kernel(graph)))):
            for v in members:
                labels[v] = label
        return communities(edges, labels)

    return work


def pagerank(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)
    # It multiplies the tolerance by the number of vertices.
    return share(measure(lambda: nx.pagerank(graph, tol=1e-6 / edges.n, max_iter=200)))


def bfs(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    found = measure.each(
        edges.first_ends(16), lambda start: nx.single_source_shortest_path_length(graph, start)
    )
    return reach(list(lengths.values()) for lengths in found)


def sssp(edges: Edges, measure: Measure) -> Answer:
    graph = weighted(edges)
    found = measure.each(
        edges.first_ends(4), lambda start: nx.single_source_dijkstra_path_length(graph, start)
    )
    return reach(list(lengths.values()) for lengths in found)


def dominators(edges: Edges, measure: Measure) -> Answer:
    graph, start = loaded(edges, True), edges.first_ends(1, directed=True)[0]
    # It leaves out the start.
    return {"reached": len(measure(lambda: nx.immediate_dominators(graph, start)).keys() | {start})}


def max_flow(edges: Edges, measure: Measure) -> Answer:
    graph, ends = weighted(edges), edges.first_ends(16)
    return {"value": measure(lambda: nx.maximum_flow_value(graph, ends[0], ends[-1], "weight"))}


def personalised_pagerank(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)
    starts = dict.fromkeys(edges.first_ends(16, directed=True), 1)
    return share(measure(lambda: nx.pagerank(graph, 0.85, starts, tol=1e-6 / edges.n, max_iter=200)))


def degree(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, True)

    def run() -> list[tuple[int, int, int]]:
        ends = ((graph.pred[v].keys(), graph.succ[v].keys()) for v in graph)
        return [(len(into), len(out), len(into | out)) for into, out in ends]

    counts = measure(run)
    return {"degree": sum(a + b for a, b, _ in counts), "distinct": sum(near for _, _, near in counts)}


def k_truss(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)

    def run() -> tuple[int, int]:
        inner = graph
        for k in count(3):
            smaller = nx.k_truss(inner, k)
            if not smaller.number_of_edges():
                return k - 1, inner.number_of_edges()
            inner = smaller
        raise AssertionError

    found, links = measure(run)
    return {"max_truss": found, "innermost": links}


def attribute_assortativity(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    nx.set_node_attributes(graph, dict(enumerate(edges.groups().tolist())), "group")
    return {"assortativity": measure(lambda: nx.attribute_assortativity_coefficient(graph, "group"))}


def partition_quality(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    groups = [set(range(first, edges.n, 512)) for first in range(512)]
    return {"modularity": measure(lambda: nx.community.modularity(graph, groups))}


def shortest_path(edges: Edges, measure: Measure) -> Answer:
    graph = weighted(edges)
    found = measure.each(edges.end_pairs(8), lambda pair: nx.bidirectional_dijkstra(graph, *pair))
    return {"length": sum(length for length, _ in found)}


def k_shortest_paths(edges: Edges, measure: Measure) -> Answer:
    graph = weighted(edges)
    [pair] = edges.end_pairs(1)
    found = measure(lambda: list(islice(nx.shortest_simple_paths(graph, *pair, "weight"), 5)))
    lengths = [nx.path_weight(graph, path, "weight") for path in found]
    return {"shortest": min(lengths), "longest": max(lengths)}


def mst(edges: Edges, measure: Measure) -> Answer:
    graph = weighted(edges)
    chosen = measure(lambda: list(nx.minimum_spanning_edges(graph)))
    return {"weight": sum(data["weight"] for _, _, data in chosen), "edges": len(chosen)}


def articulation(edges: Edges, measure: Measure) -> Answer:
    graph = loaded(edges, False)
    points, bridges = measure(lambda: (list(nx.articulation_points(graph)), list(nx.bridges(graph))))
    return {"articulation_points": len(points), "bridges": len(bridges)}


def topological_order(edges: Edges, measure: Measure) -> Answer:
    graph = graph_of(edges, False, nx.DiGraph)
    measure(lambda: list(nx.topological_sort(graph)))
    return {}


def build(edges: Edges, measure: Measure) -> Answer:
    return {"edges": measure(lambda: loaded(edges, True)).number_of_edges()}


WORKS = {
    "build": build,
    "pagerank": pagerank,
    "personalised_pagerank": personalised_pagerank,
    "degree": degree,
    "reciprocity": on(True, nx.overall_reciprocity, lambda it: {"reciprocity": it}),
    "cycles": on(True, lambda it: list(nx.simple_cycles(it, 3)), lambda it: {"cycles": len(it)}),
    "k_truss": k_truss,
    "degree_assortativity": on(
        False, nx.degree_assortativity_coefficient, lambda it: {"assortativity": float(it)}
    ),
    "attribute_assortativity": attribute_assortativity,
    "partition_quality": partition_quality,
    "shortest_path": shortest_path,
    "k_shortest_paths": k_shortest_paths,
    "hits": on(True, lambda it: nx.hits(it)[1], share),
    "katz": on(True, lambda it: nx.katz_centrality(it, 0.001), share),
    "eigenvector": on(False, lambda it: nx.eigenvector_centrality(it, max_iter=1000), share),
    "wcc": on(True, lambda it: list(nx.weakly_connected_components(it)), groups),
    "scc": on(True, lambda it: list(nx.strongly_connected_components(it)), groups),
    "bfs": bfs,
    "sssp": sssp,
    "triangles": on(False, nx.triangles, lambda it: {"triangles": sum(it.values()) // 3}),
    "lcc": on(False, nx.average_clustering, lambda it: {"mean_clustering": it}),
    "k_core": on(False, nx.core_number, lambda it: {"degeneracy": max(it.values())}),
    "articulation": articulation,
    "dominators": dominators,
    "k1_colouring": on(False, nx.greedy_color, lambda it: {"colours": max(it.values()) + 1}),
    "max_flow": max_flow,
    "biconnected": on(
        False, lambda it: list(nx.biconnected_components(it)), lambda it: {"components": len(it)}
    ),
    "mst": mst,
    "topological_order": topological_order,
    "betweenness": on(False, lambda it: nx.betweenness_centrality(it, normalized=False), greatest),
    "closeness": on(False, nx.harmonic_centrality, greatest),
    "louvain": grouped(lambda it: nx.community.louvain_communities(it, seed=1)),
    "label_propagation": grouped(nx.community.label_propagation_communities),
}
