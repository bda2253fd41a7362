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
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
JOBS = [
    ("cities", "csv", None),
    ("cities", "geojson", ["name", "cn", "San"]),
    ("cities", "gpkg", None),
    ("cities", "pmtiles", None),
    ("countries", "csv", ["continent", "eq", "Africa"]),
    ("countries", "geojson", None),
    ("countries", "gpkg", ["continent", "eq", "Africa"]),
    ("countries", "pmtiles", None),
    ("relief", "geotiff", None),
]


def rows(name, content):
    """How many features a file holds, or its first bytes where it is no table."""
    if name.endswith(".csv"):
        return len(list(csv.DictReader(io.StringIO(content.decode(), newline=""))))
    if name.endswith(".geojson"):
        return len(json.loads(content)["features"])
    if name.endswith(".gpkg"):
        with tempfile.NamedTemporaryFile(suffix=".gpkg") as file:
            file.write(content)
            file.flush()
            with sqlite3.connect(file.name) as database:
                assert database.execute("pragma integrity_check").fetchone() == ("ok",)
                (table,) = database.execute("select table_name from gpkg_contents").fetchone()
                return database.execute(f'select count(*) from "{table}"').fetchone()[0]
    # The same input gives the same bytes.
    return hash(content)


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

    def export(self, layer, file_format, condition):
        """The number of features in an export."""
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
            return rows(name, files.read(name))


def memory(pid):
    """Resident memory in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def run(args, sandbox, base, token):
    only = Client(base, token)
    jobs = [job for job in JOBS if job[1] in args.formats.split(",")]
    expected = {number: only.export(*job) for number, job in enumerate(jobs)}
    counted = {f"{job[0]} {job[1]} {job[2]}": expected[number] for number, job in enumerate(jobs)}
    print(json.dumps({job: count for job, count in counted.items() if 0 <= count < 100_000}), flush=True)
    ends = time.monotonic() + args.seconds
    done, wrong = itertools.count(), []

    def work(first):
        client = Client(base, token)
        for number in itertools.count(first):
            if time.monotonic() > ends or wrong:
                return
            number %= len(jobs)
            try:
                found = client.export(*jobs[number])
                assert found == expected[number], f"{jobs[number]}: {found} instead of {expected[number]}"
                next(done)
            except Exception as error:  # Whatever it is, it is what is looked for.
                wrong.append(repr(error))

    threads = [threading.Thread(target=work, args=[first]) for first in range(args.clients)]
    for thread in threads:
        thread.start()
    samples = []
    while any(thread.is_alive() for thread in threads):
        samples.append(memory(sandbox.pid))
        time.sleep(0.5)
    third = len(samples) // 3
    early, late = max(samples[:third]), max(samples[-third:])
    print(f"{args.clients} clients, {args.seconds} s: {next(done)} exports; MiB at most {early:.0f} in the first third,")
    print(f"{late:.0f} in the last", flush=True)
    if wrong:
        sys.exit(f"{len(wrong)} went wrong, first: {wrong[0]}")
    # A tenth more, and what an allocator keeps, is no growth.
    if late > early * 1.1 + 8:
        sys.exit("memory grows")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--felt", default=ROOT / "target" / "debug" / "felt", help="the program (default: the debug build)")
    parser.add_argument("--formats", default="csv,geojson,gpkg,pmtiles,geotiff")
    args = parser.parse_args()
    command = [args.felt, "sandbox", "--job-time", "100ms"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        try:
            said = dict(sandbox.stdout.readline().strip().split("=", 1) for _ in range(2))
            run(args, sandbox, said["FELT_BASE_URL"], said["FELT_API_TOKEN"])
        finally:
            sandbox.terminate()


if __name__ == "__main__":
    main()
