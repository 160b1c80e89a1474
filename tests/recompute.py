#!/usr/bin/env python3
"""Computes the facts of a report again from the Parquet files of its run, without any code of gaai.

    recompute.py RUN_DIRECTORY REPORT_JSON [LEAST]

REPORT_JSON holds `facts` and `executions` at any depth. The rules are those written at the top of
src/engine/facts.rs. Ends with 1 when a fact differs or fewer than LEAST (10) could be computed.
"""
import json
import math
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as parquet


def text(value):
    """A cell as text: no exponents, `true` and `false`, lists joined."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, float):
        return format(Decimal(repr(value + 0.0)), "f").removesuffix(".0")
    return ", ".join(value) if isinstance(value, list) else str(value)


def missing(value):
    return value is None or isinstance(value, float) and math.isnan(value)


def finite(values):
    return [v for v in values if not missing(v) and not isinstance(v, (str, list)) and math.isfinite(v)]


def nearest_rank(values, q):
    ordered = sorted(values)
    return ordered[max(1, math.ceil(q * len(ordered))) - 1] if ordered else None


class Table:
    def __init__(self, path):
        file = parquet.read_table(path)
        self.rows = file.num_rows
        self.columns = {}
        for name in file.column_names:
            column = file[name]
            instants = str(column.type).startswith("timestamp")
            self.columns[name] = (column.cast("int64") if instants else column).to_pylist()

    def limit(self, column, test, argument):
        """What a condition compares with, in the row of the same number or in all rows."""
        cells = self.columns[column]
        if test == "at_least_quantile":
            found = nearest_rank(finite(cells), argument)
        elif test == "at_least_medians":
            found = nearest_rank([v for v in finite(cells) if v > 0], 0.5)
            found = None if found is None else argument * found
        elif test in ("at_least_times", "at_most_times"):
            other, factor = argument
            return [None if missing(v) else factor * v for v in self.columns[other]]
        else:
            found = argument
        return [found] * self.rows

    def passing(self, conditions):
        rows = list(range(self.rows))
        for condition in conditions:
            column = condition["column"]
            (test, argument), = [it for it in condition.items() if it[0] != "column"]
            cells, limits = self.columns[column], self.limit(column, test, argument)
            at_least, at_most = (lambda a, b: a >= b), (lambda a, b: a <= b)
            holds = {
                "above": lambda a, b: a > b,
                "below": lambda a, b: a < b,
                "equals": lambda a, b: text(a) == b,
                "differs": lambda a, b: text(a) != b,
            }.get(test, at_most if test.startswith("at_most") else at_least)
            known = [r for r in rows if not missing(cells[r]) and limits[r] is not None]
            rows = [r for r in known if holds(cells[r], limits[r])]
        return rows

    def ranked(self, order_by, descending, conditions):
        rows = self.passing(conditions)
        if "collection" in self.columns and "key" in self.columns:
            collections, keys = self.columns["collection"], self.columns["key"]
            rows.sort(key=lambda r: (collections[r].encode(), keys[r].encode(), r))
        if not order_by:
            return rows
        cells = self.columns[order_by]
        has_value = {r for r in rows if isinstance(cells[r], str) or finite([cells[r]])}
        value = lambda r: cells[r].encode() if isinstance(cells[r], str) else cells[r]
        # Sorting is stable, in reverse too, so the order by key above breaks ties.
        ordered = sorted((r for r in rows if r in has_value), key=value, reverse=descending)
        return ordered + [r for r in rows if r not in has_value]

    def groups(self, by, conditions):
        found = defaultdict(list)
        for row in self.passing(conditions):
            if not missing(self.columns[by][row]):
                found[text(self.columns[by][row])].append(row)
        return found


def aggregate(cells, measure):
    values = finite(cells)
    name, argument = next(iter(measure.items())) if isinstance(measure, dict) else (measure, None)
    if name == "distinct":
        infinite = lambda v: isinstance(v, float) and math.isinf(v)
        return len({text(v) for v in cells if not missing(v) and not infinite(v)})
    if name == "gini":
        total, n = math.fsum(values), len(values)
        ranks = math.fsum((i + 1) * v for i, v in enumerate(sorted(values)))
        return max(0.0, 2 * ranks / (n * total) - (n + 1) / n) if total else 0.0
    if name == "hhi":
        return math.fsum((v / math.fsum(values)) ** 2 for v in values)
    if name == "top_share":
        return math.fsum(sorted(values, reverse=True)[:argument]) / math.fsum(values)
    whole = all(isinstance(v, int) for v in values)
    total = sum(values) if whole else math.fsum(values)
    return {
        "sum": lambda: total,
        "mean": lambda: total / len(values),
        "min": lambda: min(values),
        "max": lambda: max(values),
        "quantile": lambda: nearest_rank(values, argument),
    }[name]()


def nth_group(table, want):
    groups = table.groups(want["by"], want.get("filter", []))
    summed = table.columns.get(want.get("sum"))
    of = lambda rows: aggregate([summed[r] for r in rows], "sum") if summed else len(rows)
    size = {name: of(rows) for name, rows in groups.items()}
    name = sorted(groups, key=lambda g: (-size[g], g.encode()))[want["nth"] - 1]
    labels = table.columns.get(want["by"] + "_label")
    return {
        "name": lambda: name,
        "size": lambda: size[name],
        "label": lambda: labels[groups[name][0]] if labels else name,
        "members": lambda: [table.columns["label"][r] for r in groups[name]],
    }[want["want"]]()


def compute(fact, facts, tables, summaries):
    """The value of a fact, or `None` for kinds that are not about one execution's rows."""
    (kind, want), = fact["derivation"].items()
    if kind == "ratio":
        values = {it["id"]: it["value"] for it in facts}
        return values[want["numerator"]] / values[want["denominator"]]
    if kind == "summary":
        return summaries[fact["execution"]][want["name"]]
    if kind in ("detected", "census", "given"):
        return None
    table, conditions = tables(fact["execution"], want["table"]), want.get("filter", [])
    if kind == "rows":
        return len(table.passing(conditions))
    if kind == "aggregate":
        cells = table.columns[want["column"]]
        return aggregate([cells[r] for r in table.passing(conditions)], want["measure"])
    if kind == "groups":
        sizes = [len(rows) for rows in table.groups(want["by"], conditions).values()]
        return sum(size >= want.get("min_rows", 1) for size in sizes)
    if kind == "nth_group":
        return nth_group(table, want)
    rows = table.ranked(want["order_by"], want.get("descending", True), conditions)
    cells = table.columns[want["column"]]
    if kind == "nth":
        return cells[rows[want["nth"] - 1]]
    return [text(cells[r]) for r in rows[: want["count"]] if not missing(cells[r])]


def same(found, printed):
    if isinstance(found, (int, float)) and isinstance(printed, (int, float)):
        return abs(found - printed) <= 1e-9 * max(1.0, abs(printed))
    return found == printed


def holder(node):
    """The first object that has both facts and executions."""
    if isinstance(node, dict) and "facts" in node and "executions" in node:
        return node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        found = holder(below)
        if found:
            return found
    return None


def main(run, report, least=10):
    found = holder(json.loads(Path(report).read_text()))
    every = [(it["template"], table) for it in found["executions"] for table in it["tables"]]
    paths = {(template, table["name"]): Path(run) / table["path"] for template, table in every}
    cache, summaries = {}, {}
    for (template, _), path in paths.items():
        notes = json.loads(parquet.read_metadata(path).metadata[b"gaai.summary"])
        summaries[template] = {it["name"]: it["value"] for it in notes}

    def tables(template, name):
        if (template, name) not in cache:
            cache[template, name] = Table(paths[template, name])
        return cache[template, name]

    computed, wrong = 0, 0
    for fact in found["facts"]:
        value = compute(fact, found["facts"], tables, summaries)
        if value is None:
            continue
        computed += 1
        if not same(value, fact["value"]):
            wrong += 1
            print(f"{fact['id']} ({fact['name']}): {fact['value']!r} in the report, {value!r} in the tables")
    print(f"{computed} of {len(found['facts'])} facts computed again, {wrong} differ")
    return 1 if wrong or computed < int(least) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
