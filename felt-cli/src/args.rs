//! The command line, and what `--help` says about it.

#[cfg(feature = "sandbox")]
use std::net::SocketAddr;
use std::path::PathBuf;
#[cfg(feature = "sandbox")]
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use felt_api::{Filter, Format};
use serde_json::error::Category;

const ENVIRONMENT: &str = "\
Environment:
  FELT_API_TOKEN  The API token, from Felt's developer settings (felt_pat_...)
  FELT_BASE_URL   Where the API is, if not at https://felt.com

Exit codes:
    0  done
    1  failed: not found, refused, the export failed, a file in the way, the disk
    2  usage: an argument or a setting that can never work
    4  not authorized: no token, or one that may not do this
    5  worth trying again: unreachable, too many requests, out of patience
    6  unknown: an export may have been created; look before trying again
  130  interrupted";

/// Get data out of Felt, the web GIS.
#[derive(Debug, Parser)]
#[command(name = "felt", version, after_help = ENVIRONMENT, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Export a layer in a format of your choice, wait for it, and download it
    ///
    /// Prints the path of the file.
    #[command(after_help = "\
Examples:
  felt export luCHyMruTQ6ozGk3gPJfEB 79CKMBRbBRbMWxJSGbf29C -o roads.gpkg
  felt export demo countries -f csv --filter '[\"pop_est\", \"gt\", 1000000]' --sandbox")]
    Export(Export),

    /// Download a whole layer by its direct link: a GeoPackage, or a GeoTIFF for a raster
    ///
    /// Prints the path of the file.
    Download(Download),

    /// Print the direct link to a whole layer
    ///
    /// Whoever has the link can download the layer until the link expires.
    Link(Link),

    /// Print the status of an export: in_progress, completed or failed
    Status(Status),

    /// Run a local Felt that really exports, to try things out without an account
    ///
    /// Prints two lines that a shell can evaluate, and runs until it is interrupted. The map `demo`
    /// has the layers `countries`, `cities` (vector) and `relief` (raster).
    #[cfg(feature = "sandbox")]
    #[command(after_help = "\
Example:
  felt sandbox --addr 127.0.0.1:8080 &
  export FELT_BASE_URL=http://127.0.0.1:8080/api/v2/ FELT_API_TOKEN=felt_pat_sandbox
  felt export demo cities -f geojson")]
    Sandbox(Sandbox),
}

impl Command {
    /// Whether the same command goes on from where it was interrupted.
    pub fn goes_on(&self) -> bool {
        let Self::Download(args) = self else {
            return false;
        };
        // The next embedded sandbox is another one.
        #[cfg(feature = "sandbox")]
        if args.server.sandbox {
            return false;
        }
        args.output
            .output
            .as_ref()
            .is_none_or(|path| path.as_os_str() != "-")
    }
}

/// The layer that a command is about.
#[derive(Debug, clap::Args)]
pub struct LayerArgs {
    /// The id of the map
    #[arg(value_parser = |id: &str| id_of("map", id))]
    pub map: String,
    /// The id of the layer on it
    #[arg(value_parser = |id: &str| id_of("layer", id))]
    pub layer: String,
}

#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    pub layer: LayerArgs,

    /// The format; not needed if the output's name says it
    #[arg(short, long, value_parser = format())]
    pub format: Option<Format>,

    #[command(flatten)]
    pub output: OutputArgs,

    /// Export only features that pass this filter, in Felt Style Language; may be repeated
    #[arg(long = "filter", value_name = "JSON", value_parser = filter)]
    pub filters: Vec<Filter>,

    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, clap::Args)]
pub struct Download {
    #[command(flatten)]
    pub layer: LayerArgs,

    #[command(flatten)]
    pub output: OutputArgs,

    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, clap::Args)]
pub struct Link {
    #[command(flatten)]
    pub layer: LayerArgs,

    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    pub layer: LayerArgs,

    /// The id of the export
    #[arg(value_parser = |id: &str| id_of("export", id))]
    pub export: String,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, clap::Args)]
pub struct Sandbox {
    /// Where to listen; with port 0 on any free one
    #[arg(long, default_value = "127.0.0.1:0")]
    pub addr: SocketAddr,

    /// A folder of layers, DIR/MAP/LAYER.geojson or .tif, beside the built-in map `demo`
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// How long a custom export waits in the queue first, such as 500ms or 1m
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    pub queue_time: Duration,

    /// How long a custom export takes
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = humantime::parse_duration)]
    pub job_time: Duration,

    /// How long a link is valid
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = humantime::parse_duration)]
    pub link_ttl: Duration,

    /// How long a finished file is kept after it was last asked for
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    pub export_ttl: Duration,

    /// A JSON file of rules for what is to go wrong
    ///
    /// An array such as [{"operation": "status", "calls": "1-2", "effect": {"type": "status", "code":
    /// 503}}]. Operations are link, export, status, download and any; effects are status, delay, hang,
    /// reset, truncate, throttle, wrong_content_length, html, odd_json, expire_links, fail_job,
    /// unknown_status and null_link. The documentation of felt_sandbox::faults has all of it. While the
    /// sandbox runs, POST /_sandbox/faults adds rules, and GET /_sandbox/requests tells what came in.
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
}

/// Where the file goes.
#[derive(Debug, clap::Args)]
pub struct OutputArgs {
    /// The file to write, a folder to write it in, or - for stdout [default: LAYER.EXTENSION here]
    ///
    /// A name that ends in .zip keeps the archive that a custom export arrives in.
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,

    /// Replace the file if there is one
    #[arg(long)]
    pub overwrite: bool,
}

/// Which Felt is asked.
#[derive(Debug, clap::Args)]
pub struct ServerArgs {
    /// Ask an embedded sandbox instead of Felt: no account needed
    #[cfg(feature = "sandbox")]
    #[arg(long)]
    pub sandbox: bool,
}

fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.iter().map(|format| format.as_str()))
        .try_map(|name| name.parse::<Format>())
}

fn id_of(what: &str, id: &str) -> Result<String, felt_api::Error> {
    felt_api::check_id(what, id)?;
    Ok(id.to_string())
}

fn filter(text: &str) -> Result<Filter, String> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        // It is JSON, and the message says what a filter is.
        Category::Data => error.to_string(),
        _ => format!("not JSON: {error}; a filter looks like [\"pop_est\", \"gt\", 1000000]"),
    })
}
