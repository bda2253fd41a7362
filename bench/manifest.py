#!/usr/bin/env python3
"""Exports many layers with one command, from a sandbox that takes 20 requests a second and breaks one call in twenty.

Prints how many requests there were beside the least possible (one to create and one to ask for each export), and the time
beside what the limit allows for as many. Ends with 1 if a file is missing or wrong, an export was created twice, or there were more than 1.5 of the least possible.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def layer(path, number):
    features = [
        {
            "type": "Feature",
            "properties": {"layer": number, "feature": feature},
            "geometry": {"type": "Point", "coordinates": [number / 10, feature]},
        }
        for feature in range(1 + number % 7)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def faults(share):
    broken = {"probability": share, "seed": 7}
    rules = [
        {"operation": "status", "effect": {"type": "status", "code": 503}},
        # What was certainly not accepted.
        {"operation": "export", "effect": {"type": "status", "code": 503, "headers": {"Retry-After": "1"}}},
        {"operation": "download", "effect": {"type": "reset", "at": 10}},
    ]
    return [rule | broken for rule in rules]


def check(folder, number):
    """Whether a file is the one of this layer."""
    with (folder / f"l{number}.csv").open(newline="") as file:
        rows = [(int(row["layer"]), int(row["feature"])) for row in csv.DictReader(file)]
    return rows == [(number, feature) for feature in range(1 + number % 7)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=500)
    parser.add_argument("--limit", type=int, default=20, help="requests per second")
    parser.add_argument("--faults", type=float, default=0.05, help="the share of calls that break")
    parser.add_argument("--jobs", type=int, default=32)
    parser.add_argument("--job-time", default="1s")
    parser.add_argument("--felt", default=ROOT / "target" / "debug" / "felt", help="the program (default: the debug build)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "data" / "many").mkdir(parents=True)
        (folder / "out").mkdir()
        for number in range(args.layers):
            layer(folder / "data" / "many" / f"l{number}.geojson", number)
        (folder / "rules.json").write_text(json.dumps(faults(args.faults)))
        rows = "".join(f"many,l{number}\n" for number in range(args.layers))
        (folder / "jobs.csv").write_text("map,layer\n" + rows)
        command = [
            args.felt, "sandbox", "--data", folder / "data", "--faults", folder / "rules.json",
            "--rate-limit", str(args.limit), "--job-time", args.job_time,
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
            try:
                said = dict(sandbox.stdout.readline().strip().split("=", 1) for _ in range(2))
                began = time.monotonic()
                command = [
                    args.felt, "export", "--manifest", folder / "jobs.csv", "--jobs", str(args.jobs),
                    "-f", "csv", "-D", folder / "out", "--quiet",
                ]
                done = subprocess.run(command, env=said, stdout=subprocess.PIPE, text=True)
                wall = time.monotonic() - began
                origin = said["FELT_BASE_URL"].removesuffix("/api/v2/")
                with urllib.request.urlopen(f"{origin}/_sandbox/requests") as response:
                    requests = json.load(response)
            finally:
                sandbox.terminate()
        asked = [request for request in requests if request["origin"] == "api"]
        refused = sum(request["status"] == 429 for request in asked)
        created = [request["path"] for request in asked if request["method"] == "POST" and request["status"] == 200]
        least = 2 * args.layers
        print(f"{len(asked)} requests, {len(asked) / least:.2f} of the least possible; {refused} of them refused")
        print(f"{wall:.1f} s, {wall * args.limit / len(asked):.2f} of what the limit allows for these")
        wrong = [number for number in range(args.layers) if not check(folder / "out", number)]
        if len(asked) > 1.5 * least:
            sys.exit("more than 1.5 of the least possible")
        if done.returncode != 0 or wrong or len(created) != args.layers or len(set(created)) != args.layers:
            sys.exit(f"exit code {done.returncode}, {len(wrong)} wrong files, {len(created)} exports created")


if __name__ == "__main__":
    main()
