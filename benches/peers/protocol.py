"""What a peer needs: the arrays of a graph, a stop watch, and how answers are made comparable.

A peer is a file `peers/NAME.py` with

    WORKS: dict[str, Callable[[Edges, Measure], Answer]]

Each function loads its graph, hands the kernel to `measure` as a function without arguments, and answers
numbers by the names in `suite.py`. Only what runs inside `measure` is timed.

    python protocol.py PEER PREFIX N WORK RUNS THREADS

measures one work of one peer and prints one JSON line. Without words it prints the works of each peer.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Answer = dict[str, float]
Result = TypeVar("Result")
Start = TypeVar("Start")

# No further run begins once those before took this many seconds together.
ENOUGH_S = 20.0


@dataclass
class Edges:
    """The files of a graph; `benches/peers/gen.c` says what they hold."""

    prefix: str
    n: int
    threads: int

    @property
    def has_directed(self) -> bool:
        """Whether there is a directed list; the lattice and the planted partition have none."""
        return Path(f"{self.prefix}.src.u32").exists()

    def ends(self, directed: bool) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Sources and targets in arrival order."""
        stem = self._stem(directed)
        return np.fromfile(f"{stem}.src.u32", np.uint32), np.fromfile(f"{stem}.dst.u32", np.uint32)

    def weights(self) -> NDArray[np.uint8]:
        """Weights of the undirected list, 1 to 255."""
        return np.fromfile(f"{self._stem(False)}.w.u8", np.uint8)

    def first_ends(self, count: int, directed: bool = False) -> list[int]:
        """The first different ends of edges, a source before its target."""
        source, target = self.ends(directed)
        pairs = np.stack([source[: 100 * count], target[: 100 * count]], axis=1)
        return list(dict.fromkeys(pairs.ravel().tolist()))[:count]

    def end_pairs(self, count: int) -> list[tuple[int, int]]:
        """The first and the last of the first ends, the second and the last but one, and so on."""
        ends = self.first_ends(16)
        return list(zip(ends, reversed(ends), strict=True))[:count]

    def groups(self, count: int = 512) -> NDArray[np.int64]:
        """A group of each vertex, which is the planted one in the planted partition."""
        return np.arange(self.n) % count

    def points(self, dimensions: int = 3) -> NDArray[np.float64]:
        """A point at random of each vertex; SplitMix64 of counters, as in `benches/kernels/work.rs`."""
        z = np.arange(self.n * dimensions, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        return ((z >> np.uint64(11)) / 2.0**53).reshape(-1, dimensions)

    def table(self, kind: str) -> Path:
        """The directed list as `csv` or `parquet` with the columns src and dst, written now if missing."""
        path = Path(f"{self._stem(True)}.{kind}")
        if not path.exists():
            import pyarrow as pa
            from pyarrow import csv, parquet

            table = pa.table(dict(zip(("src", "dst"), self.ends(True), strict=True)))
            begun = path.with_suffix(".begun")
            if kind == "csv":
                csv.write_csv(table, begun)
            else:
                parquet.write_table(table, begun, use_dictionary=False)
            begun.rename(path)
        return path

    def without_isolated(self) -> tuple[int, NDArray[np.uint32], NDArray[np.uint32]]:
        """The undirected list between the vertices that have an edge, renumbered in their order."""
        source, target = self.ends(False)
        used, renumbered = np.unique(np.concatenate([source, target]), return_inverse=True)
        renumbered = renumbered.astype(np.uint32)
        return len(used), renumbered[: len(source)], renumbered[len(source) :]

    def _stem(self, directed: bool) -> str:
        return self.prefix if directed and self.has_directed else f"{self.prefix}_u"


@dataclass
class Measure:
    """Runs a kernel several times and keeps processor (all threads) and wall seconds of each run."""

    runs: int
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def __call__(self, kernel: Callable[[], Result]) -> Result:
        """The result of the last run."""
        result = self.once(kernel)
        for _ in range(self.runs - 1):
            if sum(self.wall) > ENOUGH_S:
                break
            del result
            result = self.once(kernel)
        return result

    def each(self, starts: Iterable[Start], kernel: Callable[[Start], Result]) -> list[Result]:
        """The results of the first search from each start; every search is one run."""
        results = [self.once(lambda start=start: kernel(start)) for start in starts]
        for _ in range(self.runs - 1):
            if sum(self.wall) > ENOUGH_S:
                break
            for start in starts:
                self.once(lambda start=start: kernel(start))
        return results

    def once(self, kernel: Callable[[], Result]) -> Result:
        """One run."""
        cpu, wall = time.process_time(), time.perf_counter()
        result = kernel()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        return result


def greatest_share(scores: ArrayLike) -> float:
    """The greatest score as a share of all, since libraries scale scores in different ways."""
    values = np.abs(np.asarray(scores, dtype=np.float64))
    return float(values.max() / values.sum())


def reach(distances: Iterable[ArrayLike], unreachable: float = np.inf) -> Answer:
    """Vertices reached and greatest distances, summed over searches."""
    reached, farthest = 0, 0.0
    for distance in distances:
        values = np.asarray(distance, dtype=np.float64)
        values = values[np.isfinite(values) & (values >= 0) & (values < unreachable)]
        reached += len(values)
        farthest += float(values.max())
    return {"reached": reached, "farthest": farthest}


def all_reach(rows: Iterable[ArrayLike], unreachable: float = np.inf) -> Answer:
    """Unordered pairs with a path, and the greatest distance, from the distances of each vertex."""
    found = [reach([row], unreachable) for row in rows]
    ordered = sum(it["reached"] - 1 for it in found)
    return {"pairs": ordered // 2, "diameter": max(it["farthest"] for it in found)}


def most_similar(rows: NDArray[np.float64], count: int = 10) -> Answer:
    """Pairs among the best `count` of each row, itself left out, and their mean similarity."""
    similar = np.array(rows)
    np.fill_diagonal(similar, 0)
    best = np.partition(similar, -count, axis=1)[:, -count:]
    return {"pairs": int(np.count_nonzero(best)), "mean_similarity": float(best[best > 0].mean())}


def best_unlinked(edges: Edges, rows: NDArray[np.float64]) -> Answer:
    """The greatest score of two vertices without an edge."""
    scores = np.array(rows)
    np.fill_diagonal(scores, 0)
    source, target = edges.ends(False)
    scores[source, target] = scores[target, source] = 0
    return {"greatest": float(scores.max())}


def group_sizes(labels: ArrayLike) -> Answer:
    """Number of components and vertices in the largest."""
    _, sizes = np.unique(np.asarray(labels), return_counts=True)
    return {"components": len(sizes), "largest": int(sizes.max())}


def communities(edges: Edges, labels: ArrayLike) -> Answer:
    """Number of communities and their modularity by its definition."""
    source, target = edges.ends(False)
    names, group = np.unique(np.asarray(labels), return_inverse=True)
    ends = np.bincount(group[source], minlength=len(names)) + np.bincount(group[target], minlength=len(names))
    inside = np.count_nonzero(group[source] == group[target]) / len(source)
    return {"communities": len(names), "modularity": inside - float(((ends / (2 * len(source))) ** 2).sum())}


def resident_bytes(name: str) -> int:
    """`VmRSS` (now) or `VmHWM` (greatest) of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def main(words: list[str]) -> None:
    """Measures and prints."""
    if not words:
        names = sorted(it.stem for it in (Path(__file__).parent / "peers").glob("[a-z]*.py"))
        print(json.dumps({name: list(importlib.import_module(f"peers.{name}").WORKS) for name in names}))
        return
    name, prefix, n, work, runs, threads = words
    edges = Edges(prefix, int(n), int(threads))
    measure = Measure(int(runs))
    # Libraries read the number of threads when they are loaded.
    os.environ.setdefault("OMP_NUM_THREADS", threads)
    works: dict[str, Any] = importlib.import_module(f"peers.{name}").WORKS
    before = resident_bytes("VmRSS")
    answer = works[work](edges, measure)
    peak = resident_bytes("VmHWM")
    if work == "build":
        answer = {**answer, "peak_bytes_an_edge": (peak - before) / max(answer.get("edges", 0), 1)}
    line = {"cpu": measure.cpu, "wall": measure.wall, "peak_bytes": peak, "answer": answer}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    # The functions above are imported by peers under this module's name.
    sys.modules["protocol"] = sys.modules["__main__"]
    main(sys.argv[1:])
