#!/usr/bin/env python3
"""Generates clients from made-up specs with 1, 50, 500 and 1000 operations, and measures seconds and memory. Linux only.

At 500 operations both must stay under 5 s and 500 MiB, and twice the spec must take about twice as much of them.
Ends with 1 if not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZES = [1, 50, 500, 1000]
MOST_SECONDS, MOST_MIB = 5.0, 500.0
# From 500 operations to 1000, where what the program takes anyway no longer counts: if it grew by the square it were 4.
MOST_GROWTH = 3.0


def build(*what):
    command = ["cargo", "build", "--release", "--locked", "--package", "felt-api-codegen", *what]
    subprocess.run(command, cwd=ROOT, check=True)


def measured(command):
    """Seconds of processor and of clock, and MiB at the peak, of a command that must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="the best of so many counts (default: %(default)s)")
    runs = parser.parse_args().runs
    build("--bins")
    build("--example", "synthetic")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    found = []
    print("operations  spec KiB  code KiB  CPU s  wall s  peak MiB")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            spec, out = Path(folder) / "spec", Path(folder) / "client.rs"
            spec.mkdir()
            made = subprocess.run([target / "examples" / "synthetic", str(size)], check=True, capture_output=True)
            (spec / "spec.json").write_bytes(made.stdout)
            command = [str(target / "felt-api-codegen"), "generate", "--spec", str(spec), "--out", str(out)]
            cpu, wall, memory = map(min, zip(*(measured(command) for _ in range(runs))))
            sizes = [len(made.stdout) / 1024, out.stat().st_size / 1024]
        found.append((cpu, memory))
        print(f"{size:10}  {sizes[0]:8.0f}  {sizes[1]:8.0f}  {cpu:5.2f}  {wall:6.2f}  {memory:8.0f}")
    growth = {}
    for few, many in [(1, 2), (2, 3)]:
        cpu, memory = (found[many][kind] / found[few][kind] for kind in range(2))
        growth[many] = max(cpu, memory)
        print(f"from {SIZES[few]} to {SIZES[many]} operations: {cpu:.1f} x the CPU, {memory:.1f} x the memory")
    cpu, memory = found[2]
    if cpu > MOST_SECONDS or memory > MOST_MIB or growth[3] > MOST_GROWTH:
        sys.exit(f"more than {MOST_SECONDS} s, {MOST_MIB} MiB or {MOST_GROWTH} x")


if __name__ == "__main__":
    main()
