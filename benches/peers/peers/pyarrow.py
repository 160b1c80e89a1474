"""pyarrow reads a table of edges, SciPy makes lists in both directions of it."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import csv, parquet
from scipy import sparse

from peers.scipy import matrix, numbered_matrix
from protocol import Answer, Edges, Measure

COLUMNS = csv.ConvertOptions(column_types={"src": pa.uint32(), "dst": pa.uint32()})


def load(
    edges: Edges, measure: Measure, kind: str, read: Callable[[Path], pa.Table], numbered: bool = False
) -> Answer:
    path = edges.table(kind)
    pa.set_cpu_count(edges.threads)

    def run() -> tuple[sparse.csr_array, sparse.csr_array]:
        table = read(path)
        ends = table["src"].to_numpy(), table["dst"].to_numpy()
        out = numbered_matrix(*ends) if numbered else matrix(edges.n, *ends)
        return out, out.T.tocsr()

    return {"edges": measure(run)[0].nnz}


def read_csv(path: Path) -> pa.Table:
    return csv.read_csv(path, convert_options=COLUMNS)


WORKS = {
    "load_csv": lambda edges, measure: load(edges, measure, "csv", read_csv),
    "load_parquet": lambda edges, measure: load(edges, measure, "parquet", parquet.read_table),
    "load_csv_keys": lambda edges, measure: load(edges, measure, "csv", read_csv, True),
    "load_parquet_keys": lambda edges, measure: load(edges, measure, "parquet", parquet.read_table, True),
}
