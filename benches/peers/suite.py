"""What is compared: the peers, the works with the graphs they run on, and the numbers that must agree."""

from dataclasses import dataclass

# Peers in Python have a file in `peers/`; `graph` is the crate of neo4j-labs, in `rust/`.
PEERS = ("networkit", "igraph", "rustworkx", "scipy", "networkx", "graphblas", "graph", "polars", "pyarrow")

# What else users know, and why it is not here.
LEFT_OUT = {"graph-tool": "no wheel on PyPI"}

SMALL = ("rmat18",)
MIDDLE = ("rmat18", "rmat20")
LARGE = ("rmat22", "urand20", "grid2000")
COMMUNITIES = ("rmat18", "planted18")

# The small graph on which every peer answers everything, so that answers are checked. Works whose cost grows
# with the square of the vertices run on no larger one.
CHECKED_ON = "rmat12"
QUADRATIC = (CHECKED_ON,)


@dataclass(frozen=True)
class Work:
    """One piece of work, named as in `benches/kernels/works.rs`."""

    # Graphs by default, and those that `--full` adds.
    graphs: tuple[str, ...] = SMALL
    large: tuple[str, ...] = ()
    # Numbers that must agree, and by which share they may differ.
    agree: tuple[tuple[str, float], ...] = ()
    # A number of which more is better.
    quality: str | None = None


PAGERANK = (("greatest_share", 1e-4),)
GROUPS = (("components", 0.0), ("largest", 0.0))

WORKS = {
    "build": Work(MIDDLE, LARGE, (("edges", 0.0),)),
    "load_csv": Work(("rmat20",), ("rmat22",), (("edges", 0.0),)),
    "load_parquet": Work(("rmat20",), ("rmat22",), (("edges", 0.0),)),
    "load_csv_keys": Work(("rmat20",), (), (("edges", 0.0),)),
    "load_parquet_keys": Work(("rmat20",), (), (("edges", 0.0),)),
    # The crate `graph` and GraphBLAS drop what dangling vertices have; after 20 sweeps that may still show.
    "pagerank20": Work(MIDDLE, LARGE, (("greatest_share", 0.05),)),
    "pagerank": Work(MIDDLE, LARGE, PAGERANK),
    "personalised_pagerank": Work(agree=PAGERANK),
    "hits": Work(agree=PAGERANK),
    "katz": Work(agree=PAGERANK),
    "eigenvector": Work(agree=(("greatest_share", 1e-3),)),
    "wcc": Work(MIDDLE, LARGE, GROUPS),
    "scc": Work(MIDDLE, (), GROUPS),
    "bfs": Work(MIDDLE, LARGE, (("reached", 0.0), ("farthest", 0.0))),
    "sssp": Work(MIDDLE, ("rmat22", "grid2000"), (("reached", 0.0), ("farthest", 0.0))),
    "triangles": Work(SMALL, ("rmat20",), (("triangles", 0.0), ("transitivity", 1e-6))),
    "lcc": Work(agree=(("mean_clustering", 1e-6),)),
    "k_core": Work(MIDDLE, (), (("degeneracy", 0.0),)),
    "k_truss": Work((CHECKED_ON, "rmat18"), (), (("max_truss", 0.0), ("innermost", 0.0))),
    "degree": Work(MIDDLE, (), (("degree", 0.0), ("distinct", 0.0))),
    "reciprocity": Work(agree=(("reciprocity", 1e-9),)),
    "degree_assortativity": Work(agree=(("assortativity", 1e-6),)),
    "attribute_assortativity": Work(COMMUNITIES, (), (("assortativity", 1e-6),)),
    "partition_quality": Work(COMMUNITIES, (), (("modularity", 1e-6),)),
    "power_law": Work(agree=(("exponent", 1e-3), ("tail_from", 0.0))),
    "diameter": Work(agree=(("diameter_least", 0.0), ("diameter_most", 0.0))),
    "articulation": Work(agree=(("articulation_points", 0.0), ("bridges", 0.0))),
    "biconnected": Work(agree=(("components", 0.0),)),
    "max_flow": Work(agree=(("value", 0.0),)),
    "mst": Work(agree=(("weight", 0.0), ("edges", 0.0))),
    "bellman_ford": Work(agree=(("reached", 0.0),)),
    "shortest_path": Work(SMALL, ("grid2000",), (("length", 0.0),)),
    "k_shortest_paths": Work(agree=(("shortest", 0.0), ("longest", 0.0))),
    "dominators": Work(agree=(("reached", 0.0),)),
    "k1_colouring": Work(),
    "topological_order": Work(),
    "cycles": Work(QUADRATIC, (), (("cycles", 0.0),)),
    "reachability": Work(QUADRATIC, (), (("reachable_pairs", 0.0),)),
    "all_pairs": Work(QUADRATIC, (), (("pairs", 0.0), ("diameter", 0.0))),
    "betweenness": Work(QUADRATIC, ("rmat14",), (("greatest", 1e-6),)),
    "betweenness16": Work(),
    "closeness": Work(QUADRATIC, ("rmat14",), (("greatest", 1e-6),)),
    "louvain": Work(COMMUNITIES, quality="modularity"),
    "leiden": Work(COMMUNITIES, quality="modularity"),
    "label_propagation": Work(COMMUNITIES, quality="modularity"),
    "node_similarity": Work(QUADRATIC, (), (("pairs", 0.0), ("mean_similarity", 1e-6))),
    "link_prediction": Work(QUADRATIC, (), (("greatest", 1e-6),)),
    "knn": Work(agree=(("mean_distance", 1e-6),)),
    "random_walks": Work(QUADRATIC, (), (("steps", 0.0),)),
    "node2vec": Work(QUADRATIC),
}

# What gaai has and no peer; the closest thing that one has, if any, is another question.
ALONE = {
    "article_rank, irank, line_rank, fast_rp, influence": "in no peer",
    "component_aggregation, attribute_propagation, linkage, pass_through": "in no peer",
    "temporal_cycles, temporal_reachability, temporal_motifs": "in no peer",
    "density": "peers divide two numbers that they have; gaai counts different neighbours",
}

# The most vertices (as a binary logarithm) on which a peer usually runs, and runs with `--full`: beyond them
# it needs minutes, and beyond the second others are far ahead.
SLOW = {
    "networkx": (12, 14),
    "rustworkx": (12, 18),
    "igraph": (18, 20),
    "networkit": (20, 22),
    "scipy": (20, 22),
}

# The most vertices on which single works run without `--full`.
SLOW_WORKS = {
    ("igraph", "diameter"): 12,
    ("igraph", "max_flow"): 12,
    ("igraph", "k_shortest_paths"): 12,
    ("graphblas", "k_truss"): 12,
    ("networkx", "k_truss"): 0,
    ("networkx", "cycles"): 0,
}


def scale(graph: str) -> int:
    """Binary logarithm of the vertices, rounded."""
    return 22 if graph == "grid2000" else int(graph[-2:])


def jobs(
    graphs: list[str], works: list[str], peers: list[str], full: bool, quick: bool
) -> list[tuple[str, str, str]]:
    """The (graph, work, peer) that are wanted, gaai first of each."""
    wanted = []
    for graph in _graphs(graphs, full, quick):
        for work, plan in WORKS.items():
            usual = (*plan.graphs, CHECKED_ON, *(plan.large if full or graphs else ()))
            # Only who names graph and work gets what takes hours there.
            named = bool(graphs) and work in works
            if works and work not in works or graph not in usual and not named:
                continue
            for peer in ("gaai", *PEERS):
                chosen = not peers or peer in peers or peer == "gaai"
                # A peer that is named may be slow in general, but not in this.
                most = 32 if peers else SLOW.get(peer, (32, 32))[full]
                if not full:
                    most = min(most, SLOW_WORKS.get((peer, work), 32))
                if chosen and scale(graph) <= most:
                    wanted.append((graph, work, peer))
    return wanted


def _graphs(named: list[str], full: bool, quick: bool) -> list[str]:
    if named:
        return named
    if quick:
        return [CHECKED_ON, "rmat18"]
    usual = [CHECKED_ON, "rmat18", "planted18", "rmat20"]
    return [*usual, "rmat14", "urand20", "grid2000", "rmat22"] if full else usual
