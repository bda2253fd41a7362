#!/usr/bin/env python3
"""Builds three programs that export a layer, each from nothing: one written by hand on reqwest, and one on felt-api
with and without the feature codegen. Prints the CPU seconds of each, of its quickest and its slowest build, and the
ratios of the quickest to that of the first.

The programs stand outside the workspace and are built with its Cargo.lock, one after the other, in turns: a shared
machine is slower at one time than at another, by more than what is measured here.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What felt-api does for its users, in the least that does it: no retries, nothing resumed.
BY_HAND = """
use std::io::Cursor;
use std::time::Duration;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

#[derive(Serialize)]
struct Request { output_format: &'static str, filters: Vec<serde_json::Value>, email_on_completion: bool }
#[derive(Deserialize)]
struct Created { export_request_id: String }
#[derive(Deserialize)]
struct Status { status: String, download_url: Option<String> }

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token = std::env::var("FELT_API_TOKEN")?;
    let layer = url::Url::parse("https://felt.com/api/v2/maps/M/layers/L/")?;
    let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).build()?;
    let request = Request { output_format: "csv", filters: Vec::new(), email_on_completion: false };
    let created: Created = client.post(layer.join("custom_export")?).bearer_auth(&token).json(&request)
        .send().await?.error_for_status()?.json().await?;
    let link = loop {
        let status = layer.join(&format!("custom_exports/{}", created.export_request_id))?;
        let status: Status = client.get(status).bearer_auth(&token).send().await?.error_for_status()?.json().await?;
        match status.download_url {
            Some(link) if status.status == "completed" => break link,
            _ => tokio::time::sleep(Duration::from_secs(2)).await,
        }
    };
    let mut body = client.get(link).send().await?.error_for_status()?.bytes_stream();
    let mut file = tokio::fs::File::create("layer.zip").await?;
    while let Some(piece) = body.next().await { file.write_all(&piece?).await?; }
    let archive = tokio::fs::read("layer.zip").await?;
    zip::ZipArchive::new(Cursor::new(archive))?.extract(".")?;
    Ok(())
}
"""

ON_FELT_API = """
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), felt_api::Error> {
    let client = felt_api::Client::from_env()?;
    let export = client.layer("M", "L")?.export(felt_api::Format::Csv).start().await?;
    export.wait().await?.download().to_path("layer.csv").await?;
    Ok(())
}
"""

TOKIO = 'tokio = { version = "1.53", features = ["fs", "io-util", "macros", "rt", "time"] }'
PROGRAMS = {
    "by hand": (
        BY_HAND,
        f"""
futures-util = {{ version = "0.3.32", default-features = false }}
reqwest = {{ version = "0.13.4", default-features = false, features = ["http2", "json", "rustls", "stream", "system-proxy"] }}
serde = {{ version = "1.0.229", features = ["derive"] }}
serde_json = "1.0.150"
{TOKIO}
url = "2.5.8"
zip = {{ version = "9.8", default-features = false, features = ["deflate-flate2-zlib-rs"] }}
""",
    ),
    "without codegen": (
        ON_FELT_API,
        f"""
felt-api = {{ path = "{ROOT}/felt-api", default-features = false, features = ["rustls", "tracing", "zip"] }}
{TOKIO}
""",
    ),
    "with codegen": (ON_FELT_API, f'felt-api = {{ path = "{ROOT}/felt-api" }}\n{TOKIO}\n'),
}


def program(folder, source, dependencies):
    (folder / "src").mkdir(parents=True)
    (folder / "src/main.rs").write_text(source)
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "program"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n{dependencies}'
    )
    # The same versions for all.
    shutil.copy(ROOT / "Cargo.lock", folder)


def cpu_seconds(folder, profile):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CARGO_", "FELT_", "RUSTC"))}
    # As dependencies from a registry or from git are built, which paths are not.
    environment["CARGO_INCREMENTAL"] = "0"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["cargo", "build", "--quiet", "--offline", *profile, "--target-dir", folder / "target"],
        cwd=folder, env=environment, check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(folder / "target")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--release", action="store_true", help="with optimization")
    options = arguments.parse_args()
    profile = ["--release"] if options.release else []
    seconds = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        for name, (source, dependencies) in PROGRAMS.items():
            program(Path(folder) / name, source, dependencies)
            subprocess.run(["cargo", "fetch", "--quiet"], cwd=Path(folder) / name, check=True)
        for _ in range(options.rounds):
            for name in PROGRAMS:
                seconds[name].append(cpu_seconds(Path(folder) / name, profile))
    by_hand = min(seconds["by hand"])
    for name, all_rounds in seconds.items():
        least = min(all_rounds)
        print(f"{name}: {least:.1f} to {max(all_rounds):.1f} CPU seconds, {least / by_hand:.2f} of the one by hand")


if __name__ == "__main__":
    main()
