"""SciPy's sparse graphs, and power iterations as its users write them: one product of a matrix a sweep."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import eigsh
from scipy.spatial import KDTree

from protocol import (
    Answer,
    Edges,
    Measure,
    all_reach,
    best_unlinked,
    greatest_share,
    group_sizes,
    most_similar,
    reach,
)


def matrix(
    n: int,
    source: NDArray[np.uint32],
    target: NDArray[np.uint32],
    values: NDArray[np.float64] | None = None,
) -> sparse.csr_array:
    """A row a vertex; without values every edge weighs 1."""
    ends = (source.astype(np.int32), target.astype(np.int32))
    values = np.ones(len(source), np.float32) if values is None else values
    return sparse.csr_array((values, ends), shape=(n, n))


def numbered_matrix(source: NDArray[np.uint32], target: NDArray[np.uint32]) -> sparse.csr_array:
    """A row for each different key, whatever the keys are."""
    keys, numbers = np.unique(np.concatenate([source, target]), return_inverse=True)
    return matrix(len(keys), numbers[: len(source)], numbers[len(source) :])


def directed(edges: Edges) -> sparse.csr_array:
    return matrix(edges.n, *edges.ends(True))


def undirected(edges: Edges, weights: NDArray[np.float64] | None = None) -> sparse.csr_array:
    upper = matrix(edges.n, *edges.ends(False), weights)
    return (upper + upper.T).tocsr()


def build(edges: Edges, measure: Measure) -> Answer:
    source, target = edges.ends(True)

    def both() -> tuple[sparse.csr_array, sparse.csr_array]:
        out = matrix(edges.n, source, target)
        return out, out.T.tocsr()

    return {"edges": measure(both)[0].nnz}


def power(
    edges: Edges, sweeps: int, tolerance: float, starts: list[int] | None = None
) -> Callable[[], tuple[NDArray[np.float64], int]]:
    """PageRank that spreads the score of dangling vertices over all, or over `starts`."""
    out = directed(edges)
    into = out.T.tocsr().astype(np.float64)
    degree = np.diff(out.indptr)
    dangling = degree == 0
    share = np.where(dangling, 0.0, 0.85 / np.maximum(degree, 1))
    jump: NDArray[np.float64] | float = 1 / edges.n
    if starts:
        jump = np.zeros(edges.n)
        jump[starts] = 1 / len(starts)

    def run() -> tuple[NDArray[np.float64], int]:
        score = np.zeros(edges.n) + jump
        done, change = 0, 1.0
        while done < sweeps and change >= tolerance:
            base = (0.15 + 0.85 * score[dangling].sum()) * jump
            update = into @ (score * share) + base
            change = np.abs(update - score).sum()
            score = update
            done += 1
        return score, done

    return run


def pagerank(
    edges: Edges, measure: Measure, sweeps: int, tolerance: float, starts: list[int] | None = None
) -> Answer:
    score, done = measure(power(edges, sweeps, tolerance, starts))
    return {"greatest_share": greatest_share(score), "iterations": done}


def hits(edges: Edges, measure: Measure) -> Answer:
    out = directed(edges).astype(np.float64)
    into = out.T.tocsr()

    def run() -> NDArray[np.float64]:
        hub = np.full(edges.n, edges.n**-0.5)
        change = 1.0
        while change >= 1e-8:
            authority = into @ hub
            update = out @ authority
            update /= np.linalg.norm(update)
            change = np.abs(update - hub).sum()
            hub = update
        return into @ hub

    return {"greatest_share": greatest_share(measure(run))}


def katz(edges: Edges, measure: Measure) -> Answer:
    into = directed(edges).T.tocsr().astype(np.float64)

    def run() -> NDArray[np.float64]:
        score = np.ones(edges.n)
        change = 1.0
        while change >= 1e-9:
            update = 0.001 * (into @ score) + 1
            change = np.abs(update - score).sum()
            score = update
        return score

    return {"greatest_share": greatest_share(measure(run))}


def components(edges: Edges, measure: Measure, connection: str) -> Answer:
    graph = directed(edges)
    return group_sizes(measure(lambda: csgraph.connected_components(graph, True, connection))[1])


def eigenvector(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges).astype(np.float64)
    # A random start would give other times in every run.
    _, vectors = measure(lambda: eigsh(graph, k=1, which="LA", tol=1e-6, v0=np.ones(edges.n)))
    return {"greatest_share": greatest_share(vectors[:, 0])}


def bfs(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)
    orders = measure.each(
        edges.first_ends(16), lambda start: csgraph.breadth_first_order(graph, start, True, True)[0]
    )
    return {"reached": sum(len(order) for order in orders)}


def sssp(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges, edges.weights().astype(np.float64))
    return reach(measure.each(edges.first_ends(4), lambda start: csgraph.dijkstra(graph, True, start)))


def all_pairs(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)
    return all_reach(measure(lambda: csgraph.shortest_path(graph, "D", True, unweighted=True)))


def max_flow(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges, edges.weights().astype(np.float64)).astype(np.int32)
    ends = edges.first_ends(16)
    return {"value": int(measure(lambda: csgraph.maximum_flow(graph, ends[0], ends[-1])).flow_value)}


def k_shortest_paths(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges, edges.weights().astype(np.float64))
    [(start, target)] = edges.end_pairs(1)
    lengths = measure(lambda: csgraph.yen(graph, start, target, 5, directed=True))
    return {"shortest": float(lengths.min()), "longest": float(lengths.max())}


def degree(edges: Edges, measure: Measure) -> Answer:
    out = directed(edges)
    into = out.T.tocsr()

    def run() -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        return np.diff(into.indptr), np.diff(out.indptr), np.diff((out + into).indptr)

    into_count, out_count, near = measure(run)
    return {"degree": int(into_count.sum() + out_count.sum()), "distinct": int(near.sum())}


def reciprocity(edges: Edges, measure: Measure) -> Answer:
    out = directed(edges)
    into = out.T.tocsr()
    return {"reciprocity": measure(lambda: out.multiply(into).nnz) / out.nnz}


def reachability(edges: Edges, measure: Measure) -> Answer:
    graph = directed(edges)

    def run() -> int:
        distances = csgraph.shortest_path(graph, "D", True, unweighted=True)
        return int(np.count_nonzero(np.isfinite(distances)))

    return {"reachable_pairs": measure(run) - edges.n}


def degree_assortativity(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)

    def run() -> float:
        degrees = np.diff(graph.indptr)
        return np.corrcoef(np.repeat(degrees, degrees), degrees[graph.indices])[0, 1]

    return {"assortativity": float(measure(run))}


def knn(edges: Edges, measure: Measure) -> Answer:
    points = edges.points()
    # Each point is its own nearest.
    found, _ = measure(lambda: KDTree(points).query(points, 11, workers=edges.threads))
    return {"mean_distance": float(found[:, 1:].mean())}


def node_similarity(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)

    def run() -> NDArray[np.float64]:
        common = (graph @ graph).toarray().astype(np.float64)
        degrees = np.diff(graph.indptr)
        return common / np.maximum(degrees[:, None] + degrees - common, 1)

    return most_similar(measure(run))


def link_prediction(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges).astype(np.float64)
    degrees = np.diff(graph.indptr)

    def run() -> NDArray[np.float64]:
        shares = np.where(degrees > 1, 1 / np.log(np.maximum(degrees, 2)), 0.0)
        return (graph @ sparse.diags_array(shares) @ graph).toarray()

    return best_unlinked(edges, measure(run))


def mst(edges: Edges, measure: Measure) -> Answer:
    graph = matrix(edges.n, *edges.ends(False), edges.weights().astype(np.float64))
    tree = measure(lambda: csgraph.minimum_spanning_tree(graph))
    return {"weight": float(tree.sum()), "edges": tree.nnz}


WORKS = {
    "build": build,
    "pagerank20": lambda edges, measure: pagerank(edges, measure, 20, 0.0),
    "pagerank": lambda edges, measure: pagerank(edges, measure, 200, 1e-6),
    "personalised_pagerank": lambda edges, measure: pagerank(
        edges, measure, 200, 1e-6, edges.first_ends(16, directed=True)
    ),
    "hits": hits,
    "katz": katz,
    "eigenvector": eigenvector,
    "wcc": lambda edges, measure: components(edges, measure, "weak"),
    "scc": lambda edges, measure: components(edges, measure, "strong"),
    "bfs": bfs,
    "sssp": sssp,
    # Its Bellman-Ford always makes n rounds over all edges: hours.
    "all_pairs": all_pairs,
    "degree": degree,
    "reciprocity": reciprocity,
    "reachability": reachability,
    "degree_assortativity": degree_assortativity,
    "knn": knn,
    "node_similarity": node_similarity,
    "link_prediction": link_prediction,
    "k_shortest_paths": k_shortest_paths,
    "max_flow": max_flow,
    "mst": mst,
}
