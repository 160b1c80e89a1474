"""polars reads a table of edges, SciPy makes lists in both directions of it."""

from collections.abc import Callable

import polars as pl
from scipy import sparse

from peers.scipy import matrix, numbered_matrix
from protocol import Answer, Edges, Measure

COLUMNS = {"src": pl.UInt32, "dst": pl.UInt32}


def load(
    edges: Edges, measure: Measure, kind: str, read: Callable[[str], pl.DataFrame], numbered: bool = False
) -> Answer:
    path = edges.table(kind)

    def run() -> tuple[sparse.csr_array, sparse.csr_array]:
        table = read(str(path))
        ends = table["src"].to_numpy(), table["dst"].to_numpy()
        out = numbered_matrix(*ends) if numbered else matrix(edges.n, *ends)
        return out, out.T.tocsr()

    return {"edges": measure(run)[0].nnz}


def read_csv(path: str) -> pl.DataFrame:
    return pl.read_csv(path, schema=COLUMNS)


WORKS = {
    "load_csv": lambda edges, measure: load(edges, measure, "csv", read_csv),
    "load_parquet": lambda edges, measure: load(edges, measure, "parquet", pl.read_parquet),
    "load_csv_keys": lambda edges, measure: load(edges, measure, "csv", read_csv, True),
    "load_parquet_keys": lambda edges, measure: load(edges, measure, "parquet", pl.read_parquet, True),
}
