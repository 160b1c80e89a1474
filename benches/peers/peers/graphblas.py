"""SuiteSparse:GraphBLAS through python-graphblas, with LAGraph's formulations."""

from collections.abc import Callable

import graphblas as gb
import numpy as np
from graphblas import Matrix, Vector, binary, monoid, semiring, unary
from numpy.typing import NDArray

from protocol import Answer, Edges, Measure, greatest_share, reach


def directed(edges: Edges) -> Matrix:
    gb.ss.config["nthreads"] = edges.threads
    return _matrix(edges.n, *edges.ends(True))


def undirected(edges: Edges) -> Matrix:
    gb.ss.config["nthreads"] = edges.threads
    upper = _matrix(edges.n, *edges.ends(False))
    return upper.ewise_add(upper.T, binary.any).new()


def _matrix(n: int, source: NDArray[np.uint32], target: NDArray[np.uint32]) -> Matrix:
    ends = (source.astype(np.uint64), target.astype(np.uint64))
    return Matrix.from_coo(*ends, 1.0, nrows=n, ncols=n, dtype=np.float32)


def build(edges: Edges, measure: Measure) -> Answer:
    gb.ss.config["nthreads"] = edges.threads
    source, target = edges.ends(True)

    def both() -> tuple[Matrix, Matrix]:
        out = _matrix(edges.n, source, target)
        return out, out.T.new()

    return {"edges": measure(both)[0].nvals}


def power(edges: Edges, sweeps: int, tolerance: float) -> Callable[[], tuple[Vector, int]]:
    """PageRank of the GAP benchmark: the score of dangling vertices is lost."""
    into = directed(edges).T.new()
    degree = into.reduce_columnwise(monoid.plus).new()
    scale = degree.apply(binary.truediv, right=0.85).new()

    def run() -> tuple[Vector, int]:
        score = Vector.from_scalar(np.float32(1 / edges.n), edges.n)
        done, change = 0, 1.0
        while done < sweeps and change >= tolerance:
            passed = score.ewise_mult(scale, binary.truediv).new()
            update = Vector.from_scalar(np.float32(0.15 / edges.n), edges.n)
            update(binary.plus) << into.mxv(passed, semiring.plus_second)
            difference = update.ewise_mult(score, binary.minus).new()
            change = difference.apply(unary.abs).reduce(monoid.plus).get(0.0)
            score = update
            done += 1
        return score, done

    return run


def pagerank(edges: Edges, measure: Measure, sweeps: int, tolerance: float) -> Answer:
    score, done = measure(power(edges, sweeps, tolerance))
    return {"greatest_share": greatest_share(score.to_dense(0)), "iterations": done}


def triangles(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)

    def run() -> int:
        # Numbered by degree, so that no list is long.
        degree = graph.reduce_rowwise(monoid.plus).new().to_dense(0)
        order = np.argsort(degree, kind="stable").astype(np.uint64)
        sorted_graph = graph[order, order].new()
        lower = gb.select.tril(sorted_graph, -1).new()
        counts = Matrix(np.int64, edges.n, edges.n)
        counts(lower.S) << lower.mxm(lower, semiring.plus_pair)
        return counts.reduce_scalar(monoid.plus).get(0)

    return {"triangles": measure(run)}


def bfs(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)

    def run(start: int) -> Vector:
        hops = Vector(np.int32, edges.n)
        front = Vector.from_coo([start], [True], size=edges.n)
        depth = 0
        while front.nvals:
            hops(front.S) << depth
            depth += 1
            front(~hops.S, replace=True) << front.vxm(graph, semiring.any_pair)
        return hops

    return reach(it.to_dense(-1) for it in measure.each(edges.first_ends(16), run))


def betweenness16(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)
    starts = edges.first_ends(16)
    rows = list(range(len(starts)))

    def run() -> Vector:
        """Brandes from all sources at once, a row each."""
        paths = Matrix.from_coo(rows, starts, 1.0, nrows=len(rows), ncols=edges.n, dtype=np.float32)
        front = Matrix(np.float32, len(rows), edges.n)
        front(~paths.S) << paths.mxm(graph, semiring.plus_first)
        levels = []
        while front.nvals:
            levels.append(front.dup())
            paths(binary.plus) << front
            front(~paths.S, replace=True) << front.mxm(graph, semiring.plus_first)
        shares = Matrix.from_scalar(np.float32(1), nrows=len(rows), ncols=edges.n)
        for depth in range(len(levels) - 1, 0, -1):
            level, above = levels[depth], levels[depth - 1]
            passed = Matrix(np.float32, len(rows), edges.n)
            passed(level.S) << shares.ewise_mult(paths, binary.truediv)
            back = Matrix(np.float32, len(rows), edges.n)
            back(above.S) << passed.mxm(graph.T, semiring.plus_first)
            shares(binary.plus) << back.ewise_mult(paths, binary.times)
        return shares.reduce_columnwise(monoid.plus).new()

    measure(run)
    return {}


def reciprocity(edges: Edges, measure: Measure) -> Answer:
    out = directed(edges)
    both = measure(lambda: out.ewise_mult(out.T, binary.pair).new())
    return {"reciprocity": both.nvals / out.nvals}


def k_truss(edges: Edges, measure: Measure) -> Answer:
    graph = undirected(edges)

    def run() -> tuple[int, int]:
        inner, k = graph, 2
        while True:
            smaller = truss(inner, k + 1)
            if not smaller.nvals:
                return k, inner.nvals // 2
            inner, k = smaller, k + 1

    found, links = measure(run)
    return {"max_truss": found, "innermost": links}


def truss(graph: Matrix, k: int) -> Matrix:
    """The truss of `k` within `graph`."""
    while True:
        counts = Matrix(np.int64, graph.nrows, graph.ncols)
        counts(graph.S) << graph.mxm(graph, semiring.plus_pair)
        smaller = gb.select.valuege(counts, k - 2).new()
        if smaller.nvals == graph.nvals:
            return graph
        graph = smaller


WORKS = {
    "build": build,
    "pagerank20": lambda edges, measure: pagerank(edges, measure, 20, 0.0),
    "pagerank": lambda edges, measure: pagerank(edges, measure, 200, 1e-6),
    "reciprocity": reciprocity,
    "k_truss": k_truss,
    "bfs": bfs,
    "triangles": triangles,
    "betweenness16": betweenness16,
}
