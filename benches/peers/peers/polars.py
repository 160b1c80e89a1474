"""polars reads a table of edges, SciPy makes lists in both directions of it."""

from collections.abc import Callable

import polars as pl
from scipy import sparse

from peers.scipy import matrix
from protocol import Answer, Edges, Measure

COLUMNS = {"src": pl.UInt32, "dst": pl.UInt32}


def load(edges: Edges, measure: Measure, kind: str, read: Callable[[str], pl.DataFrame]) -> Answer:
    path = edges.table(kind)

    def run() -> tuple[sparse.csr_array, sparse.csr_array]:
        table = read(str(path))
        out = matrix(edges.n, table["src"].to_numpy(), table["dst"].to_numpy())
        return out, out.T.tocsr()

    return {"edges": measure(run)[0].nnz}


WORKS = {
    "load_csv": lambda edges, measure: load(
        edges, measure, "csv", lambda path: pl.read_csv(path, schema=COLUMNS)
    ),
    "load_parquet": lambda edges, measure: load(edges, measure, "parquet", pl.read_parquet),
}
