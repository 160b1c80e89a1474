"""Runs peers back to back in rounds, each (graph, work, peer) in a process of its own with limits."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from install import HERE, Tools

MEMORY_LIMIT = 16 << 30


@dataclass
class Measurement:
    """What is known of a peer's work on a graph, over all rounds."""

    graph: str
    work: str
    peer: str
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    answer: dict[str, float] = field(default_factory=dict)
    # Why there is no measurement.
    not_run: str | None = None


@dataclass
class Settings:
    """How often, with how many threads, and how long a process may take."""

    rounds: int
    runs: int
    threads: int
    limit_s: int = 600


def measure(
    jobs: list[tuple[str, str, str]],
    tools: Tools,
    settings: Settings,
    keep: Callable[[list[Measurement]], None],
) -> list[Measurement]:
    """Measures all; what failed or took too long in one round is not tried again. `keep` gets what is
    known after each step, since a whole comparison takes hours."""
    places = tools.prefixes(sorted({graph for graph, _, _ in jobs}))
    found = {job: Measurement(*job) for job in jobs}
    # Processes inherit the limit.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    for number in range(settings.rounds):
        # Each round goes the other way: a machine that slows down must not always meet the same peers.
        for job in jobs if number % 2 == 0 else reversed(jobs):
            if found[job].not_run is None:
                print(f"round {number + 1}: {' '.join(job)}", file=sys.stderr, flush=True)
                _add(found[job], _run(_command(job, places, tools, settings), settings))
                keep(list(found.values()))
    return list(found.values())


def _command(
    job: tuple[str, str, str], places: dict[str, tuple[int, str]], tools: Tools, settings: Settings
) -> list[str | Path]:
    graph, work, peer = job
    n, prefix = places[graph]
    runs, threads = str(settings.runs), str(settings.threads)
    if peer == "gaai":
        return [tools.gaai, "--json", "--graph", graph, "--work", work, "--runs", runs, "--threads", threads]
    if peer == "graph":
        return [tools.graph, prefix, str(n), work, runs, threads]
    return [tools.python, "-B", HERE / "protocol.py", peer, prefix, str(n), work, runs, threads]


def _run(command: list[str | Path], settings: Settings) -> dict[str, Any]:
    """The line that the program printed, or `not_run`."""
    # Threads that wait must not spin: it would count as their peer's processor time.
    waiting = {"OMP_WAIT_POLICY": "passive", "RUST_BACKTRACE": "0"}
    counts = ("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS")
    waiting |= dict.fromkeys(counts, str(settings.threads))
    process = subprocess.Popen(
        command,
        cwd=HERE,
        env={**os.environ, **waiting},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=settings.limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"not_run": f"over {settings.limit_s} s"}
    lines = output.splitlines()
    if process.returncode == 0 and lines:
        return json.loads(lines[-1])
    return {"not_run": _reason(process.returncode, errors)}


def _reason(code: int, errors: str) -> str:
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    last = errors.strip().splitlines()[-1] if errors.strip() else f"ended with {code}"
    return "over 16 GiB" if "MemoryError" in last or "bad_alloc" in last else last[:80]


def _add(measurement: Measurement, line: dict[str, Any]) -> None:
    if "not_run" in line:
        # What earlier rounds measured stands.
        measurement.not_run = None if measurement.cpu else line["not_run"]
        return
    measurement.cpu += line["cpu"]
    measurement.wall += line["wall"]
    measurement.peak_bytes = max(measurement.peak_bytes, line["peak_bytes"])
    measurement.answer = line["answer"]


def save(path: Path, machine: dict[str, Any], measurements: list[Measurement]) -> None:
    """Keeps everything as JSON."""
    content = {"machine": machine, "measurements": [asdict(it) for it in measurements]}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> tuple[dict[str, Any], list[Measurement]]:
    """What `save` kept."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return content["machine"], [Measurement(**it) for it in content["measurements"]]
