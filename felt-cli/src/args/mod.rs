//! The command line, and what `--help` says about it.

mod again;
mod export;
mod parse;
#[cfg(feature = "sandbox")]
mod sandbox;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use felt_api::ExportHandle;

pub use export::{Export, Output, Transfer};
pub use parse::layer_of;
#[cfg(feature = "sandbox")]
pub use sandbox::Sandbox;

use crate::failure::Failure;
use crate::next;

const FELT: &str = "Which Felt is asked";

const ENVIRONMENT: &str = "\
Environment:
  FELT_API_TOKEN  The API token, from Felt's developer settings (felt_pat_...)
  FELT_BASE_URL   Where the API is, if not at https://felt.com
  NO_COLOR        If set, no colours

Exit codes:
    0  done
    1  failed: not found, refused, the export failed, a file in the way, the disk
    2  usage: an argument or a setting that can never work
    4  not authorized: no token, or one that may not do this
    5  worth trying again: unreachable, too many requests, out of patience
    6  unknown: an export may have been created; look before trying again
  130  interrupted";

/// Get data out of Felt, the web GIS.
///
/// Results go to stdout, everything else to stderr. Interrupted once, a command stops cleanly, keeps what
/// has arrived, and says what takes it up again; twice, it stops at once.
#[derive(Debug, Parser)]
#[command(name = "felt", version, after_help = ENVIRONMENT, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,

    #[command(flatten)]
    pub global: Global,
}

/// What every command knows.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "With every command")]
pub struct Global {
    /// Print results, and how it ended, as JSON: an event a line (see felt schema events)
    #[arg(long, global = true)]
    pub json: bool,

    /// Show no progress and no notes: only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Log to stderr: -v attempts and what goes wrong, -vv each request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// How -v logs
    #[arg(long, global = true, value_name = "FORM", default_value = "text")]
    pub log_format: LogFormat,
}

impl Global {
    /// What can be seen of it in a command line that cannot be read as a whole.
    pub fn seen() -> Self {
        let mut options = std::env::args_os().take_while(|word| word != "--");
        Self {
            json: options.any(|word| word == "--json"),
            quiet: false,
            verbose: 0,
            log_format: LogFormat::Text,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Export a layer in a format of your choice, wait for it, and download it
    ///
    /// Prints the path of the file.
    #[command(after_help = "\
Examples:
  felt export luCHyMruTQ6ozGk3gPJfEB 79CKMBRbBRbMWxJSGbf29C -o roads.gpkg
  felt export https://felt.com/map/Roads-luCHyMruTQ6ozGk3gPJfEB 79CKMBRbBRbMWxJSGbf29C -f csv
  felt export demo/countries -f csv --where 'pop_est > 1e6 and continent = \"Africa\"' --sandbox
  felt export demo countries -f geojson --filter '[\"pop_est\", \"gt\", 1000000]' -o - --sandbox
  felt export --manifest layers.csv -f gpkg -o '{date}/{layer}.{format}' --skip-existing")]
    Export(Export),

    /// Download a whole layer by its direct link: a GeoPackage, or a GeoTIFF for a raster
    ///
    /// Prints the path of the file. Interrupted, the same command goes on with what has arrived.
    #[command(after_help = "\
Examples:
  felt download demo countries --sandbox
  felt download demo/relief -o relief.tif --overwrite --sandbox")]
    Download(Download),

    /// Print the direct link to a whole layer
    ///
    /// Whoever has the link can download the layer until the link expires.
    #[command(after_help = "\
Example:
  felt link demo countries --sandbox")]
    Link(Link),

    /// Print the status of an export: in_progress, completed or failed
    #[command(after_help = "\
Examples:
  felt status demo/cities/luCHyMruTQ6ozGk3gPJfEB:csv
  felt status demo cities luCHyMruTQ6ozGk3gPJfEB")]
    Status(Status),

    /// Wait for an export that was started before, and download it
    ///
    /// Prints the path of the file. Takes up what an interrupted command has left of it, and creates
    /// nothing at Felt. The handle is what felt export --detach prints, and every message about an
    /// export that is not over.
    #[command(after_help = "\
Example:
  felt resume demo/cities/luCHyMruTQ6ozGk3gPJfEB:csv -o cities.csv")]
    Resume(Resume),

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

    /// Print a script that completes commands and options in a shell
    #[command(after_help = "\
Examples:
  felt completions bash > ~/.local/share/bash-completion/completions/felt
  felt completions zsh > ~/.zfunc/_felt
  felt completions fish > ~/.config/fish/completions/felt.fish")]
    Completions(Completions),

    /// Print a JSON Schema
    #[command(after_help = "\
Example:
  felt schema events")]
    Schema(Schema),
}

/// The layer that a command is about.
#[derive(Debug, clap::Args)]
pub struct Layer {
    /// The id of the map, its address at Felt, or MAP/LAYER in one word
    pub map: String,
    /// The id of the layer on it
    pub layer: Option<String>,
}

impl Layer {
    /// The ids of map and layer.
    pub fn ids(&self) -> Result<(String, String), Failure> {
        layer_of(&self.map, self.layer.as_deref())
    }
}

#[derive(Debug, clap::Args)]
pub struct Download {
    #[command(flatten)]
    pub layer: Layer,

    #[command(flatten)]
    pub output: Output,

    #[command(flatten)]
    pub transfer: Transfer,

    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
pub struct Link {
    #[command(flatten)]
    pub layer: Layer,

    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, clap::Args)]
pub struct Status {
    /// The handle of the export, or the ids of map, layer and export
    #[arg(value_name = "HANDLE", num_args = 1..=3, required = true)]
    pub export: Vec<String>,

    #[command(flatten)]
    pub token: Token,
}

impl Status {
    /// The ids of map, layer and export.
    pub fn ids(&self) -> Result<(String, String, String), Failure> {
        match &self.export[..] {
            [map, layer, export] => {
                let (map, layer) = layer_of(map, Some(layer))?;
                felt_api::check_id("export", export)?;
                Ok((map, layer, export.clone()))
            }
            [handle] => {
                let handle: ExportHandle = handle.parse()?;
                let [map, layer, export] =
                    [handle.map_id(), handle.layer_id(), handle.export_id()].map(str::to_string);
                Ok((map, layer, export))
            }
            _ => Err(Failure::Usage(
                "give a handle (MAP/LAYER/EXPORT:FORMAT), or the ids of map, layer and export"
                    .to_string(),
            )),
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Resume {
    /// What says which export it is: MAP/LAYER/EXPORT:FORMAT
    #[arg(value_parser = |text: &str| text.parse::<ExportHandle>())]
    pub handle: ExportHandle,

    #[command(flatten)]
    pub output: Output,

    /// Keep the zip archive that the file arrives in
    #[arg(long, help_heading = export::WHERE)]
    pub keep_zip: bool,

    #[command(flatten)]
    pub wait: Wait,

    #[command(flatten)]
    pub transfer: Transfer,

    #[command(flatten)]
    pub token: Token,
}

impl Resume {
    /// What takes it up once more.
    pub fn again(&self, output: &crate::output::Output) -> next::Resume {
        again::resume(
            &self.handle,
            output,
            &self.wait,
            &self.transfer,
            &self.token,
        )
    }
}

/// How long an export is waited for.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = export::WAIT)]
pub struct Wait {
    /// How long to wait for the export, such as 90s or 2h; it goes on at Felt when that is over
    #[arg(long, value_name = "TIME", default_value = again::TIMEOUT, value_parser = humantime::parse_duration)]
    pub timeout: std::time::Duration,
}

#[derive(Debug, clap::Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
pub struct Schema {
    /// events: what --json prints; filter: what --filter takes; manifest: what --manifest takes as JSON
    pub what: SchemaOf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemaOf {
    Events,
    Filter,
    Manifest,
}

/// Which Felt is asked.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = FELT)]
pub struct Server {
    #[command(flatten)]
    pub token: Token,

    /// Ask an embedded sandbox instead of Felt: no account needed
    #[cfg(feature = "sandbox")]
    #[arg(long, conflicts_with = "token_file")]
    pub sandbox: bool,
}

/// Where the token is.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = FELT)]
pub struct Token {
    /// A file with the API token, instead of FELT_API_TOKEN; - is stdin
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl Server {
    /// Whether that Felt ends with the command.
    pub fn is_embedded(&self) -> bool {
        #[cfg(feature = "sandbox")]
        return self.sandbox;
        #[cfg(not(feature = "sandbox"))]
        false
    }
}
