#!/usr/bin/env python3
"""Compares the kernels with networkx on random graphs, as a user meets them: files in, rows out.

    networkx_oracle.py GAAI DIRECTORY [SPOILED]

GAAI is the program, DIRECTORY an empty directory for the graphs. Ends with 1 when an answer differs.
SPOILED names an algorithm whose answers are changed before they are compared, which must be noticed.
"""
import csv
import itertools
import json
import math
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import networkx as nx


def graphs():
    """Random graphs of several shapes; keys are texts, weights whole numbers from 1."""
    for seed in (1, 2):
        yield f"sparse-{seed}", nx.gnp_random_graph(60, 0.03, seed=seed)
        yield f"hubs-{seed}", nx.barabasi_albert_graph(50, 3, seed=seed)
        yield f"directed-{seed}", nx.gnp_random_graph(45, 0.06, seed=seed, directed=True)
        ends = nx.gnp_random_graph(30, 0.15, seed=seed).edges
        yield f"acyclic-{seed}", nx.DiGraph(ends)


def finished(shape, graph):
    """The graph with text keys, weights and groups."""
    made = nx.relabel_nodes(graph, {v: f"v{v}" for v in sorted(graph)}, copy=True)
    draw = random.Random(shape)
    for _, _, data in made.edges(data=True):
        data["weight"] = draw.randint(1, 9)
    for v in made:
        made.nodes[v]["group"] = draw.choice("abc")
    return made


def write(graph, directory):
    directory.mkdir()
    with (directory / "v.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["_key", "group"])
        rows.writerows([v, graph.nodes[v]["group"]] for v in graph)
    with (directory / "e.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["_from", "_to", "weight"])
        rows.writerows([u, v, data["weight"]] for u, v, data in graph.edges(data=True))


class Program:
    """Runs an algorithm on a graph in a directory."""

    def __init__(self, program, directory, is_directed):
        self.words = [program, "algo", "run"]
        direction = "directed" if is_directed else "undirected"
        self.common = ["--graph", str(directory), "--direction", direction, "--json", "--no-cache"]

    def lines(self, name, mode, given, options):
        parameters = [f"--param={key}={value}" for key, value in given.items()]
        command = [*self.words, name, *parameters, *options, "--mode", mode, *self.common]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {ended.stderr}")
        return ended.stdout

    def column(self, name, column, options=(), **given):
        rows = map(json.loads, self.lines(name, "stream", given, options).splitlines())
        return {row["key"]: row[column] for row in rows}

    def rows(self, name, table, options=(), **given):
        options = [*options, "--table", table]
        return [json.loads(it) for it in self.lines(name, "stream", given, options).splitlines()]

    def summary(self, name, value, options=(), **given):
        told = json.loads(self.lines(name, "stats", given, options))["summary"]
        return next((it["value"] for it in told if it["name"] == value), None)


WEIGHTED = ("--weight", "weight")
GROUPED = ("--attributes", "group")


def partition(of):
    """Groups as a set of sets, from a name for each member."""
    members = {}
    for v, name in of.items():
        members.setdefault(name, set()).add(v)
    return {frozenset(it) for it in members.values()}


def cases(graph, run):
    """(algorithm, found, expected) as functions; found is called with no argument."""
    directed = graph.is_directed()
    first, last = min(graph), max(graph)
    ends = {"sources": first, "targets": last}
    simple = graph.to_undirected()
    unweighted = nx.create_empty_copy(graph)
    unweighted.add_edges_from(graph.edges)

    def column(name, key, expected, options=(), **given):
        return name, lambda: run.column(name, key, options, **given), expected

    def summary(name, key, expected, options=(), **given):
        return name, lambda: run.summary(name, key, options, **given), expected

    yield column("pagerank", "score", lambda: nx.pagerank(unweighted, tol=1e-12, max_iter=1000), tolerance=1e-12)
    yield column(
        "pagerank", "score", lambda: nx.pagerank(graph, tol=1e-12, max_iter=1000), WEIGHTED, tolerance=1e-12
    )
    personal = lambda: nx.pagerank(unweighted, personalization={first: 1}, tol=1e-12, max_iter=1000)
    yield column("pagerank", "score", personal, tolerance=1e-12, sources=first)
    katz = lambda: nx.katz_centrality(unweighted, 0.02, 1, tol=1e-12, normalized=False)
    yield column("katz", "score", katz, attenuation=0.02, tolerance=1e-12)
    yield column("degree", "degree", lambda: dict(graph.degree))
    yield column("degree", "weight", lambda: dict(graph.degree(weight="weight")), WEIGHTED)
    yield column("betweenness", "betweenness", lambda: nx.betweenness_centrality(unweighted, normalized=False))
    weighty = lambda: nx.betweenness_centrality(graph, normalized=False, weight="weight")
    yield column("betweenness", "betweenness", weighty, WEIGHTED, weighted="true")
    # networkx measures the distances towards a vertex.
    yield column("closeness", "closeness", lambda: nx.closeness_centrality(unweighted.reverse() if directed else graph))
    yield column("closeness", "harmonic", lambda: nx.harmonic_centrality(unweighted.reverse() if directed else graph))
    yield column("k_core", "core", lambda: nx.core_number(simple))
    yield (
        "wcc",
        lambda: partition(run.column("wcc", "component")),
        lambda: {frozenset(it) for it in nx.connected_components(simple)},
    )
    if directed:
        yield (
            "scc",
            lambda: partition(run.column("scc", "component")),
            lambda: {frozenset(it) for it in nx.strongly_connected_components(graph)},
        )
    points = lambda: {v: v in set(nx.articulation_points(simple)) for v in graph}
    yield column("articulation", "articulation", points)
    yield summary("articulation", "bridges", lambda: sum(1 for _ in nx.bridges(simple)))
    found = lambda: {frozenset(it["members"]) for it in run.rows("biconnected", "components")}
    yield "biconnected", found, lambda: {frozenset(f"v/{v}" for v in it) for it in nx.biconnected_components(simple)}
    infinite = dict.fromkeys(graph, math.inf)
    hops = lambda: infinite | dict(nx.single_source_shortest_path_length(graph, first))
    yield column("bfs", "hops", hops, sources=first)
    distances = lambda: infinite | nx.single_source_dijkstra_path_length(graph, first)
    for method in ("dijkstra", "delta_stepping"):
        yield column("sssp", "distance", distances, WEIGHTED, sources=first, method=method)
    if directed:
        yield column("bellman_ford", "distance", distances, WEIGHTED, sources=first)
    if nx.has_path(graph, first, last):
        length = lambda: nx.dijkstra_path_length(graph, first, last)
        yield summary("shortest_path", "length", length, WEIGHTED, **ends)
        lengths = lambda: [
            nx.path_weight(graph, it, "weight")
            for it in itertools.islice(nx.shortest_simple_paths(graph, first, last, "weight"), 4)
        ]
        found = lambda: [it["length"] for it in run.rows("k_shortest_paths", "paths", WEIGHTED, k=4, **ends)]
        yield "k_shortest_paths", found, lengths
    everywhere = lambda: {
        (f"v/{u}", f"v/{v}"): length
        for u, reached in nx.all_pairs_dijkstra_path_length(graph)
        for v, length in reached.items()
        if u != v and (directed or u < v)
    }

    def pairs():
        rows = run.rows("all_pairs_shortest_paths", "pairs", WEIGHTED)
        order = (lambda it: it) if directed else (lambda it: tuple(sorted(it)))
        return {order((it["from"], it["to"])): it["distance"] for it in rows}

    yield "all_pairs_shortest_paths", pairs, everywhere
    flow = lambda: nx.maximum_flow_value(graph, first, last, "weight")
    yield summary("max_flow", "value", flow, WEIGHTED, **ends)
    yield summary("density", "density", lambda: nx.density(graph))
    if directed:
        yield summary("reciprocity", "reciprocity", lambda: nx.overall_reciprocity(graph))
        # It counts the source among its own dominators.
        dominators = lambda: {
            v: f"v/{u}" for v, u in nx.immediate_dominators(graph, first).items() if v != first and u is not None
        }
        known = lambda: {v: u for v, u in run.column("dominators", "dominator", sources=first).items() if u}
        yield "dominators", known, dominators
    else:
        tree = lambda: nx.minimum_spanning_tree(graph).size("weight")
        yield summary("spanning_forest", "weight", tree, WEIGHTED)
        yield column("triangles", "triangles", lambda: nx.triangles(graph))
        yield column("triangles", "clustering", lambda: nx.clustering(graph))
        yield summary("triangles", "transitivity", lambda: nx.transitivity(graph))
        truss = lambda: max(k for k in range(2, 9) if nx.k_truss(graph, k).number_of_edges())
        yield summary("k_truss", "max_truss", truss)
        groups = lambda: [{v for v in graph if graph.nodes[v]["group"] == it} for it in "abc"]
        quality = lambda: nx.community.modularity(graph, groups(), weight="weight")
        yield summary("partition_quality", "modularity", quality, (*WEIGHTED, *GROUPED))
        for by, score in (
            ("adamic_adar", nx.adamic_adar_index),
            ("resource_allocation", nx.resource_allocation_index),
            ("jaccard", nx.jaccard_coefficient),
        ):
            best = lambda score=score: sorted((it[2] for it in score(graph)), reverse=True)[:20]
            found = lambda by=by: [it[by] for it in run.rows("link_prediction", "pairs", by=by, top_k=20)]
            yield "link_prediction", found, best
        if nx.is_connected(graph):
            yield summary("diameter", "diameter_least", lambda: nx.diameter(graph))
            entries = lambda: nx.eigenvector_centrality_numpy(unweighted)
            yield column("eigenvector", "score", entries, tolerance=1e-12)
            hubs = lambda: nx.hits(unweighted, max_iter=1000, tol=1e-12)[0]
            yield column("hits", "hub", hubs, tolerance=1e-12)
    if graph.number_of_edges() > 1:
        alike = lambda: nx.attribute_assortativity_coefficient(graph, "group")
        yield summary("attribute_assortativity", "assortativity", alike, GROUPED)
        degrees = lambda: nx.degree_assortativity_coefficient(graph)
        yield summary("degree_assortativity", "assortativity", degrees)
    if directed and nx.is_directed_acyclic_graph(graph):
        yield summary("topological_order", "longest", lambda: nx.dag_longest_path_length(graph), WEIGHTED)
        levels = lambda: {v: level for level, all in enumerate(nx.topological_generations(graph)) for v in all}
        yield column("topological_order", "level", levels)


def same(found, expected):
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[it], expected[it]) for it in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if expected == math.inf:
        # JSON has no word for it.
        return found is None
    if isinstance(expected, (float, int)) and isinstance(found, (float, int)):
        return math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-7)
    return found == expected


def spoil(answer):
    """The answer with one value changed."""
    if isinstance(answer, dict):
        return {**answer, next(iter(answer)): "spoiled"}
    return answer | {"spoiled"} if isinstance(answer, set) else "spoiled"


def main(program, directory, spoiled=None):
    jobs = []
    for name, shape in graphs():
        graph = finished(name, shape)
        write(graph, Path(directory) / name)
        run = Program(program, Path(directory) / name, graph.is_directed())
        jobs += [(name, *case) for case in cases(graph, run)]
    wrong, seen = 0, set()

    def compare(job):
        _, algorithm, found, expected = job
        answer, wanted = found(), expected()
        return (spoil(answer) if algorithm == spoiled else answer), wanted

    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(compare, jobs)
        for (name, algorithm, _, _), (found, expected) in zip(jobs, answers):
            seen.add(algorithm)
            if not same(found, expected):
                wrong += 1
                print(f"{algorithm} on {name}: {found} instead of {expected}")
    print(f"{len(seen)} algorithms, {len(jobs)} answers compared, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
