#!/usr/bin/env python3
"""Measures the main job with the release build: wall time, processor time and peak memory.

usage: benches/main_job.py [--repeat N] [--debian DIR]

Builds nothing: run `cargo build --release` first. With --debian it also runs the package graph that
`benches/debian/make_graph.py DIR` wrote. Prints one row a job: the median and the spread of N runs.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
GAAI = TARGET / "release" / "gaai"


def once(words):
    """One run in a fresh directory: (wall s, cpu s, peak MiB)."""
    place = tempfile.mkdtemp(prefix="gaai-bench-")
    try:
        began = time.perf_counter()
        process = subprocess.Popen([GAAI, *words], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            raise SystemExit(f"gaai {' '.join(words)} ended with {code}")
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    finally:
        shutil.rmtree(place, ignore_errors=True)


def row(name, words, repeat):
    runs = [once(words) for _ in range(repeat)]
    wall, cpu, peak = (sorted(it) for it in zip(*runs))
    print(
        f"| {name} | {statistics.median(wall):.3f} s ({wall[0]:.3f}-{wall[-1]:.3f}) "
        f"| {statistics.median(cpu):.2f} s | {statistics.median(peak):.0f} MiB |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--debian", type=pathlib.Path)
    arguments = parser.parse_args()
    print("| job | wall, median (spread) | processor | peak memory |\n| --- | --- | --- | --- |")
    row("`gaai --version`", ["--version"], 4 * arguments.repeat)
    for kind in ("fraud", "supply_chain", "social"):
        row(f"`gaai run --graph demo:{kind}`", ["run", "--quiet", "--graph", f"demo:{kind}"], arguments.repeat)
    if arguments.debian:
        graph = str(arguments.debian.resolve())
        brief = str(ROOT / "benches" / "debian" / "brief.md")
        row("Debian packages", ["run", "--quiet", "--graph", graph, "--documents", brief], arguments.repeat)


if __name__ == "__main__":
    main()
