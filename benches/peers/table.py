"""The comparison as a Markdown table, and the answers that do not agree."""

import statistics
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from rounds import Measurement
from suite import ALONE, LEFT_OUT, WORKS

# Modularity that gaai may fall short of the best: peers break ties by chance.
QUALITY_MARGIN = 0.01


def show(machine: dict[str, Any], measurements: list[Measurement]) -> int:
    """Prints the table; the number of disagreements."""
    print(", ".join(f"{name} {value}" for name, value in machine.items()), end="\n\n")
    print("| work | graph | gaai CPU s (spread) | best peer | its CPU s (spread) | ratio | mark | others |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    groups: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for it in measurements:
        groups[it.work, it.graph].append(it)
    faults = []
    for (work, graph), group in sorted(groups.items(), key=lambda it: list(WORKS).index(it[0][0])):
        print(row(work, graph, group))
        faults += [f"{work} on {graph}: {fault}" for fault in disagreements(work, group)]
    left_out = "; ".join(f"{name}: {why}" for name, why in (LEFT_OUT | ALONE).items())
    print(f"\nNot compared: {left_out}.")
    for fault in faults:
        print(f"DISAGREES: {fault}")
    return len(faults)


def row(work: str, graph: str, group: Iterable[Measurement]) -> str:
    """One line: gaai against the peer that took the least processor time."""
    own = next((it for it in group if it.peer == "gaai" and it.cpu), None)
    peers = sorted((it for it in group if it.peer != "gaai" and it.cpu), key=median)
    failed = [it for it in group if it.not_run and it.peer != "gaai"]
    others = [f"{it.peer} {figure(median(it))}" for it in peers[1:]]
    others += [f"{it.peer} {it.not_run}" for it in failed]
    best = peers[0] if peers else None
    ratio = f"{median(own) / median(best):.2f}" if own and best else ""
    cells = [
        work,
        graph,
        spread(own) if own else "",
        best.peer if best else "",
        spread(best) if best else "",
        ratio,
        mark(own, best),
        ", ".join(others),
    ]
    return f"| {' | '.join(cells)} |"


def mark(own: Measurement | None, best: Measurement | None) -> str:
    """Whether gaai is at most as slow as the best peer, or the two cannot be told apart."""
    if own is None or best is None:
        return "not run" if own is None else "no peer"
    if median(own) <= median(best):
        return "≤ 1.0"
    if min(own.cpu) <= max(best.cpu) and len(best.cpu) > 1:
        return "equal within spread"
    return "over"


def disagreements(work: str, group: list[Measurement]) -> list[str]:
    """Where an answer differs from gaai's by more than it may, or gaai's is worse."""
    own = next((it.answer for it in group if it.peer == "gaai"), {})
    plan = WORKS[work]
    found = []
    for it in group:
        for name, share in plan.agree:
            ours, theirs = own.get(name), it.answer.get(name)
            if ours is not None and theirs is not None and abs(ours - theirs) > share * abs(ours):
                found.append(f"{name} is {ours:.10g} in gaai and {theirs:.10g} in {it.peer}")
        if plan.quality and plan.quality in own and plan.quality in it.answer:
            ours, theirs = own[plan.quality], it.answer[plan.quality]
            if ours < theirs - QUALITY_MARGIN:
                found.append(f"{plan.quality} is {ours:.4f} in gaai, {theirs:.4f} in {it.peer}")
    return found


def far_behind(measurements: Iterable[Measurement]) -> set[tuple[str, str]]:
    """The (work, peer) that took over 3 times the best peer's time wherever they were measured."""
    groups = defaultdict(list)
    for it in measurements:
        if it.peer != "gaai":
            groups[it.work, it.graph].append(it)
    near, behind = set(), set()
    for (work, _), group in groups.items():
        best = min((median(it) for it in group if it.cpu), default=0.0)
        for it in group:
            (near if it.cpu and median(it) <= 3 * best else behind).add((work, it.peer))
    return behind - near


def median(measurement: Measurement) -> float:
    """Median processor seconds."""
    return statistics.median(measurement.cpu)


def spread(measurement: Measurement) -> str:
    """Median, least and greatest processor seconds."""
    least, most = min(measurement.cpu), max(measurement.cpu)
    return f"{figure(median(measurement))} ({figure(least)}-{figure(most)})"


def figure(seconds: float) -> str:
    """Three digits, in seconds."""
    return f"{seconds:.2f}" if seconds >= 1 else f"{seconds:.3f}" if seconds >= 0.01 else f"{seconds:.5f}"
