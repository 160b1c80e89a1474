"""pyarrow reads a table of edges, SciPy makes lists in both directions of it."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import csv, parquet
from scipy import sparse

from peers.scipy import matrix
from protocol import Answer, Edges, Measure

COLUMNS = csv.ConvertOptions(column_types={"src": pa.uint32(), "dst": pa.uint32()})


def load(edges: Edges, measure: Measure, kind: str, read: Callable[[Path], pa.Table]) -> Answer:
    path = edges.table(kind)
    pa.set_cpu_count(edges.threads)

    def run() -> tuple[sparse.csr_array, sparse.csr_array]:
        table = read(path)
        out = matrix(edges.n, table["src"].to_numpy(), table["dst"].to_numpy())
        return out, out.T.tocsr()

    return {"edges": measure(run)[0].nnz}


WORKS = {
    "load_csv": lambda edges, measure: load(
        edges, measure, "csv", lambda path: csv.read_csv(path, convert_options=COLUMNS)
    ),
    "load_parquet": lambda edges, measure: load(edges, measure, "parquet", parquet.read_table),
}
