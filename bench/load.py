#!/usr/bin/env python3
"""Exports from `felt sandbox` with many clients at once, reads every file back, and watches its memory. Linux only.

Each client creates an export of a layer in a format that fits it, asks for its status until it is completed, downloads
it and checks what is in it, again and again. Ends with 1 if a file is wrong, or if memory grows.
"""

import argparse
import csv
import http.client
import io
import itertools
import json
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "felt-sandbox" / "data"
# Layer, format, filter, and the same condition here.
JOBS = [
    ("cities", "csv", None, None),
    ("cities", "geojson", ["name", "cn", "San"], lambda properties: "San" in properties["name"]),
    ("cities", "gpkg", None, None),
    ("cities", "pmtiles", None, None),
    ("countries", "csv", ["continent", "eq", "Africa"], lambda properties: properties["continent"] == "Africa"),
    ("countries", "geojson", None, None),
    ("countries", "gpkg", ["continent", "eq", "Africa"], lambda properties: properties["continent"] == "Africa"),
    ("countries", "pmtiles", None, None),
    ("relief", "geotiff", None, None),
]


def text(value):
    """A value as CSV has it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def source(layer, condition):
    """The features of a built-in layer that pass a condition."""
    features = json.loads((DATA / f"{layer}.geojson").read_text())["features"]
    return [feature for feature in features if condition is None or condition(feature["properties"])]


def tables(content):
    """The rows of a GeoPackage's layer: attributes by name, and geometries in WKB."""
    with tempfile.NamedTemporaryFile(suffix=".gpkg") as file:
        file.write(content)
        file.flush()
        with sqlite3.connect(file.name) as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)
            (table,) = database.execute("select table_name from gpkg_contents").fetchone()
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f'select * from "{table}" order by fid')]


def check(job, content):
    """Compares a file with the data that it was made of."""
    layer, file_format, _, condition = job
    if file_format == "geotiff":
        # It is a Cloud Optimized GeoTIFF already.
        assert content == (DATA / f"{layer}.tif").read_bytes()
    elif file_format == "csv":
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        features = source(layer, condition)
        assert len(rows) == len(features), f"{len(rows)} rows of {len(features)}"
        for row, feature in zip(rows, features):
            for name, value in feature["properties"].items():
                assert row[name] == text(value), f"{name}: {row[name]!r} for {value!r}"
            if feature["geometry"]["type"] == "Point":
                assert [float(row["longitude"]), float(row["latitude"])] == feature["geometry"]["coordinates"][:2]
    elif file_format == "geojson":
        found = json.loads(content)["features"]
        features = source(layer, condition)
        assert [feature["properties"] for feature in found] == [feature["properties"] for feature in features]
        assert [feature["geometry"] for feature in found] == [feature["geometry"] for feature in features]
    elif file_format == "gpkg":
        rows = tables(content)
        features = source(layer, condition)
        assert len(rows) == len(features), f"{len(rows)} rows of {len(features)}"
        for row, feature in zip(rows, features):
            for name, value in feature["properties"].items():
                assert row[name] == value, f"{name}: {row[name]!r} for {value!r}"
            if feature["geometry"]["type"] == "Point":
                # Behind a header of 8 bytes, an envelope of 32, and the WKB's own 5.
                assert list(struct.unpack("<dd", row["geom"][45:61])) == feature["geometry"]["coordinates"][:2]
    else:
        assert content[:8] == b"PMTiles\x03"
        # The same input gives the same bytes; what is in them is the tests' matter.
        with LOCK:
            assert SEEN.setdefault(layer, content) == content


LOCK, SEEN = threading.Lock(), {}


class Client:
    """One client with a connection to each of the two origins."""

    def __init__(self, base, token):
        self.base = urlsplit(base)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connections = {}

    def ask(self, method, netloc, target, body=None, headers=None):
        connection = self.connections.setdefault(netloc, http.client.HTTPConnection(netloc, timeout=60))
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise AssertionError(f"{method} {target}: {response.status} {content[:200]}")
        return content

    def api(self, method, path, body=None):
        target = f"{self.base.path}{path}"
        return json.loads(self.ask(method, self.base.netloc, target, body, self.headers))

    def export(self, job):
        """Exports, downloads, and compares."""
        layer, file_format, condition, _ = job
        params = {"output_format": file_format} | ({"filters": [condition]} if condition else {})
        path = f"maps/demo/layers/{layer}/custom_export"
        created = self.api("POST", path, json.dumps(params))
        while True:
            status = self.api("GET", f"{path}s/{created['export_request_id']}")
            if status["status"] == "completed":
                break
            assert status["status"] == "in_progress", status
            time.sleep(0.05)
        link = urlsplit(status["download_url"])
        archive = self.ask("GET", link.netloc, f"{link.path}?{link.query}")
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            (name,) = files.namelist()
            check(job, files.read(name))


def memory(pid):
    """Resident memory in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def run(args, sandbox, folder, base, token):
    jobs = [job for job in JOBS if job[1] in args.formats.split(",")]
    ends = time.monotonic() + args.seconds
    done, wrong = itertools.count(), []

    def work(first):
        client = Client(base, token)
        for number in itertools.count(first):
            if time.monotonic() > ends or wrong:
                return
            number %= len(jobs)
            try:
                client.export(jobs[number])
                next(done)
            except Exception as error:  # Whatever it is, it is what is looked for.
                wrong.append(f"{jobs[number][:3]}: {error!r}")

    threads = [threading.Thread(target=work, args=[first]) for first in range(args.clients)]
    for thread in threads:
        thread.start()
    samples, files = [], []
    while any(thread.is_alive() for thread in threads):
        samples.append(memory(sandbox.pid))
        files.append(len(list(folder.rglob("*"))))
        time.sleep(0.5)
    third = len(samples) // 3
    early, late = max(samples[:third]), max(samples[-third:])
    print(f"{args.clients} clients, {args.seconds} s: {next(done)} exports, all of them right unless it says so below")
    print(f"memory at most {early:.0f} MiB in the first third, {late:.0f} in the last", flush=True)
    early_files, late_files = max(files[:third]), max(files[-third:])
    print(f"files on disk at most {early_files} in the first third, {late_files} in the last", flush=True)
    if wrong:
        sys.exit(f"{len(wrong)} went wrong, first: {wrong[0]}")
    # A tenth more, and what an allocator keeps, is no growth.
    if late > early * 1.1 + 8:
        sys.exit("memory grows")
    # They go ten seconds after they were last asked for.
    if late_files > early_files * 1.5 + 100:
        sys.exit("the disk fills up")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--felt", default=ROOT / "target" / "debug" / "felt", help="the program (default: the debug build)")
    parser.add_argument("--formats", default="csv,geojson,gpkg,pmtiles,geotiff")
    args = parser.parse_args()
    command = [args.felt, "sandbox", "--job-time", "100ms", "--export-ttl", "10s"]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"TMPDIR": folder}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as sandbox:
            try:
                said = dict(sandbox.stdout.readline().strip().split("=", 1) for _ in range(2))
                run(args, sandbox, Path(folder), said["FELT_BASE_URL"], said["FELT_API_TOKEN"])
            finally:
                sandbox.terminate()


if __name__ == "__main__":
    main()
