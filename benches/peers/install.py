"""Gets what the comparison needs: the peers in their own environment, gaai and a Rust peer as builds."""

import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


@dataclass
class Tools:
    """The programs that measure."""

    python: Path
    gaai: Path
    graph: Path

    def prefixes(self, graphs: list[str]) -> dict[str, tuple[int, str]]:
        """Vertices and where the files are of each graph, made now if they are missing."""
        command = [self.gaai, "--generate", "--full", "--graph", ",".join(graphs)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        words = (line.split(" ", 2) for line in lines)
        return {name: (int(n), prefix) for name, n, prefix in words}

    def offered(self) -> dict[str, list[str]]:
        """The works of each peer."""
        in_python = subprocess.run([self.python, "-B", HERE / "protocol.py"], check=True, capture_output=True)
        of_crate = subprocess.run([self.graph], check=True, capture_output=True, text=True)
        return {**json.loads(in_python.stdout), "graph": of_crate.stdout.split()}


def install(gaai: Path | None) -> Tools:
    """Installs and builds; quick when all is there. `gaai` is measured instead of the bench built here."""
    return Tools(_environment(), gaai.resolve() if gaai else _bench(), _crate())


def _environment() -> Path:
    directory = TARGET / "peers-venv"
    python = directory / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    installed = directory / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        print(f"installing the peers into {directory}", file=sys.stderr)
        venv.create(directory, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
        installed.write_text(wanted, encoding="utf-8")
    return python


def _bench() -> Path:
    print("building gaai", file=sys.stderr)
    command = ["cargo", "bench", "--locked", "--bench", "kernels", "--no-run", "--message-format=json"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "kernels":
            return Path(message["executable"])
    raise SystemExit("cargo named no program for the bench `kernels`")


def _crate() -> Path:
    directory = TARGET / "peers-rust"
    command = ["cargo", "build", "--locked", "--release", "--target-dir", directory]
    subprocess.run(command, cwd=HERE / "rust", check=True)
    return directory / "release" / "peer"
