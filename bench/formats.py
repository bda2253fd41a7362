#!/usr/bin/env python3
"""Measures how `felt sandbox` exports 100,000 points to each vector format, beside GDAL. Linux only.

GDAL comes with pyogrio, which is installed below target/tools; it writes the same layer from memory, in a process of its
own. The sandbox's figures are those of its process with the layer loaded: seconds from the request until the export is
completed, CPU seconds, and the peak of its memory so far.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TOOLS = TARGET / "tools" / "pyogrio"
TICKS = os.sysconf("SC_CLK_TCK")
DRIVERS = {"csv": "CSV", "geojson": "GeoJSON", "gpkg": "GPKG", "pmtiles": "PMTiles"}

PEER = """
import resource, sys, time
import pyogrio
source, target, driver = sys.argv[1:]
meta, _, geometry, fields = pyogrio.raw.read(source)
began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
options = {"GEOMETRY": "AS_WKT"} if driver == "CSV" else {"MAXZOOM": "8"} if driver == "PMTiles" else {}
pyogrio.raw.write(target, geometry, fields, meta["fields"], driver=driver, layer="points", geometry_type="Point",
                  crs=meta["crs"], **options)
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(time.monotonic() - began, cpu, after.ru_maxrss / 1024)
"""


def points(path, number):
    draw = random.Random(5)
    features = (
        {
            "type": "Feature",
            "id": n,
            "properties": {"name": f"point {n}", "value": n * 0.5, "count": n, "even": n % 2 == 0, "group": f"g{n % 50}"},
            "geometry": {
                "type": "Point",
                "coordinates": [round(draw.uniform(-180, 180), 6), round(draw.uniform(-80, 80), 6)],
            },
        }
        for n in range(number)
    )
    with path.open("w") as file:
        file.write('{"type":"FeatureCollection","features":[\n')
        file.write(",\n".join(json.dumps(feature) for feature in features))
        file.write("\n]}\n")


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak(pid):
    return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def export(base, token, file_format):
    """Seconds until an export is completed."""
    def ask(path, body=None):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(base + path, data=body, headers=headers)) as response:
            return json.load(response)

    began = time.monotonic()
    path = "maps/bench/layers/points/custom_export"
    created = ask(path, json.dumps({"output_format": file_format}).encode())
    while True:
        status = ask(f"{path}s/{created['export_request_id']}")
        if status["status"] == "completed":
            return time.monotonic() - began
        if status["status"] != "in_progress":
            sys.exit(f"{file_format}: {status}")
        time.sleep(0.02)


def peer(python, source, target, driver):
    command = [python, "-c", PEER, source, target, driver]
    out = subprocess.run(command, capture_output=True, text=True)
    if out.returncode != 0:
        return None
    return [float(figure) for figure in out.stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--felt", help="this program instead of the release build")
    args = parser.parse_args()
    felt = args.felt
    if felt is None:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "felt-cli"], cwd=ROOT, check=True)
        felt = TARGET / "release" / "felt"
    python = TOOLS / "bin" / "python"
    if not python.exists():
        venv.create(TOOLS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "pyogrio"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        source = data / "bench" / "points.geojson"
        source.parent.mkdir(parents=True)
        points(source, args.points)
        print(f"{args.points} points, {source.stat().st_size / 1e6:.1f} MB of GeoJSON: s / CPU s / MiB at most", flush=True)
        for file_format, driver in DRIVERS.items():
            # A sandbox for each, or the peak would be the highest of all.
            command = [felt, "sandbox", "--data", data, "--job-time", "0ms"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
                try:
                    said = dict(sandbox.stdout.readline().strip().split("=", 1) for _ in range(2))
                    before = cpu(sandbox.pid)
                    wall = export(said["FELT_BASE_URL"], said["FELT_API_TOKEN"], file_format)
                    line = f"{wall:6.2f} /{cpu(sandbox.pid) - before:6.2f} /{peak(sandbox.pid):6.0f}"
                finally:
                    sandbox.terminate()
            other = peer(python, source, Path(folder, f"out.{file_format}"), driver)
            theirs = "cannot" if other is None else "{:6.2f} /{:6.2f} /{:6.0f}".format(*other)
            print(f"  {file_format:8} sandbox {line}    GDAL {theirs}", flush=True)


if __name__ == "__main__":
    main()
