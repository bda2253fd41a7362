#!/usr/bin/env python3
"""Measures downloads from a server on this machine: felt-download's `fetch` beside curl and aria2c. Linux only.

See README.md, beside this file.
"""

import argparse
import ctypes
import hashlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
EXAMPLES = TARGET / "release" / "examples"
MIB = 1024 * 1024
GIB = 1024 * MIB
RATE = 20_000_000
PR_SET_CHILD_SUBREAPER = 36


def build(package, example):
    command = ["cargo", "build", "--release", "--quiet", "-p", package, "--example", example]
    subprocess.run(command, cwd=ROOT, check=True)
    return str(EXAMPLES / example)


def version(tool):
    out = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"\d[\d.]*", out.splitlines()[0].split("version")[-1]).group()


@contextmanager
def serving(server, size, rate=None):
    """The URL of a file of this many bytes, at so many bytes per second for each connection."""
    command = [server, str(size)] + ([str(rate)] if rate else [])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        # Leaving closes its standard input, which ends it.
        yield process.stdout.readline().strip()


def digest(stream):
    sha = hashlib.sha256()
    while piece := stream.read(MIB):
        sha.update(piece)
    return sha.hexdigest()


def measure(command):
    """Runs it: seconds, CPU seconds and peak memory (MiB), its children included.

    A process begins with the peak of the one that it was forked from, which would be this interpreter's. So a shell
    starts it and ends, and this process, made its next of kin, waits for it.
    """
    with tempfile.TemporaryFile() as log:
        began = time.monotonic()
        shell = ["sh", "-c", '"$@" >&2 & echo $!', "sh", *command]
        started = subprocess.run(shell, stdout=subprocess.PIPE, stderr=log, check=True)
        pid = int(started.stdout)
        try:
            _, status, usage = os.wait4(pid, 0)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise
        wall = time.monotonic() - began
        if status != 0:
            log.seek(0)
            sys.exit(f"{command} failed:\n{log.read().decode(errors='replace')}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024}


class Bench:
    """What all comparisons share."""

    def __init__(self, folder, rounds, server):
        self.file = Path(folder) / "file"
        self.rounds = rounds
        self.server = server
        self.digests = {}

    def expected(self, size):
        """The digest of what is served, as a client reads it that is none of those measured."""
        if size not in self.digests:
            with serving(self.server, size) as url, urllib.request.urlopen(url) as response:
                self.digests[size] = digest(response)
        return self.digests[size]

    def compare(self, size, tools, rate=None):
        """Measures each tool once in each round; `tools` are commands by name, made from URL and path."""
        expected = self.expected(size)
        results = {name: [] for name in tools}
        with serving(self.server, size, rate) as url:
            for number in range(self.rounds):
                for name, command in tools.items():
                    self.clear()
                    results[name].append(measure(command(url, str(self.file))))
                    self.check(name, size, expected if number == 0 else None)
        self.clear()
        return results

    def clear(self):
        """Nobody has to write what another one left."""
        for path in self.file.parent.iterdir():
            path.unlink()
        os.sync()

    def check(self, name, size, expected):
        if self.file.stat().st_size != size:
            sys.exit(f"{name}: the file has {self.file.stat().st_size} bytes instead of {size}")
        if expected is not None:
            with self.file.open("rb") as stream:
                if digest(stream) != expected:
                    sys.exit(f"{name}: the file is not what was served")


def synced(command):
    """What `fetch` does by itself: it is done when the file is on the disk."""
    return lambda url, path: ["sh", "-c", f'{command} && sync "$2"', "sh", url, path]


CURL = synced('curl -s -o "$2" "$1"')


def aria2c(options):
    into = '-q -d "$(dirname "$2")" -o "$(basename "$2")"'
    return synced(f'aria2c {options} --file-allocation=none {into} "$1"')


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def table(title, results, base=None):
    """One line for each tool: the medians, their ratios to those of `base`, and every round's seconds."""
    print(f"\n{title}")
    print(f"  {'':<10}{'s':>8}{'CPU s':>8}{'MiB':>8}", end="")
    print(f"   {'ratios to ' + base:<22}" if base else "   ", end="")
    print("all: s / CPU s / MiB")
    for name, runs in results.items():
        median = medians(runs)
        line = f"  {name:<10}{median['wall']:>8.2f}{median['cpu']:>8.2f}{median['memory']:>8.1f}   "
        if base:
            ratios = [median[key] / (medians(results[base])[key] or 0.001) for key in median]
            line += f"{' / '.join(f'{ratio:.2f}' for ratio in ratios):<22}"
        print(line + ", ".join(f"{run['wall']:.2f}/{run['cpu']:.2f}/{run['memory']:.1f}" for run in runs), flush=True)


def human(size):
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size / MIB:g} MiB"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each tool runs (default: 3)")
    parser.add_argument("--size", type=int, default=GIB, help="bytes of the file that is compared (default: 1 GiB)")
    parser.add_argument("--slow-curl", action="store_true", help="curl at the limited rate too: 53 s a round")
    parser.add_argument("--fetch", help="this program instead of the example `fetch`, with the same arguments")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    args = parser.parse_args()
    if args.rounds < 1 or args.size < 1:
        parser.error("--rounds and --size have to be at least 1")
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("cannot become the subreaper, so that no peak could be measured")

    versions = {tool: version(tool) for tool in ["curl", "aria2c"]}
    print(f"curl {versions['curl']}, aria2c {versions['aria2c']}; medians of {args.rounds}", flush=True)
    server = build("felt-sandbox", "storage")
    fetch = os.path.abspath(args.fetch) if args.fetch else build("felt-download", "fetch")

    def with_connections(*number):
        return lambda url, path: [fetch, url, path, *number]

    figures = {"versions": versions, "size": args.size, "rate": RATE}
    (TARGET / "bench").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TARGET / "bench") as folder:
        bench = Bench(folder, args.rounds, server)

        tools = {"curl": CURL, "aria2c": aria2c("-x1"), "fetch": with_connections("1")}
        figures["one_connection"] = bench.compare(args.size, tools)
        table(f"{human(args.size)}, one connection", figures["one_connection"], "curl")

        for key, title, number in [
            ("memory_one", "one connection", ["1"]),
            ("memory", "as many connections as it likes", []),
        ]:
            figures[key] = {}
            for size in [MIB, 32 * MIB, GIB, 4 * GIB]:
                result = bench.compare(size, {"fetch": with_connections(*number)})
                figures[key][human(size)] = result["fetch"]
            table(f"Memory of fetch, {title}", figures[key])

        tools = {"aria2c": aria2c("-x8 -s8 -k1M"), "fetch": with_connections("8")}
        if args.slow_curl:
            tools["curl"] = CURL
        figures["limited_rate"] = bench.compare(args.size, tools, RATE)
        title = f"{human(args.size)}, {RATE / 1e6:g} MB/s for each of eight connections"
        table(title, figures["limited_rate"], "aria2c")

    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
