//! What an export is told.

use std::path::PathBuf;

use felt_api::{ExportHandle, Filter, Format};

use super::parse::{format, json_filter, layer_of, rate, text_filter};
use super::{Server, Wait, again};
use crate::failure::Failure;
use crate::next::Resume;

const WHAT: &str = "What is exported";
pub const WHERE: &str = "Where the file goes";
pub const WAIT: &str = "The wait";

#[derive(Debug, clap::Args)]
pub struct Export {
    /// The id of the map, its address at Felt, or MAP/LAYER in one word
    #[arg(required_unless_present = "manifest")]
    pub map: Option<String>,
    /// The id of the layer on it
    pub layer: Option<String>,

    /// The format; not needed if the output's name says it
    #[arg(short, long, value_parser = format(), help_heading = WHAT)]
    pub format: Option<Format>,

    #[command(flatten)]
    pub output: Output,

    /// Keep the zip archive that the file arrives in
    #[arg(long, help_heading = WHERE)]
    pub keep_zip: bool,

    /// Export only features that pass this condition; may be repeated, @FILE reads it from a file
    #[arg(long = "where", value_name = "CONDITION", value_parser = text_filter, help_heading = WHAT)]
    pub conditions: Vec<Filter>,

    /// The same in Felt Style Language; may be repeated, @FILE reads it from a file
    #[arg(long = "filter", value_name = "JSON", value_parser = json_filter, help_heading = WHAT)]
    pub filters: Vec<Filter>,

    /// Have Felt send an e-mail when the export is done
    #[arg(long, help_heading = WHAT)]
    pub email: bool,

    #[command(flatten)]
    pub wait: Wait,

    /// Print the handle of the export and do not wait for it: felt resume HANDLE downloads it later
    #[arg(long, help_heading = WAIT, conflicts_with_all = ["output", "directory", "overwrite", "skip_existing", "keep_zip"])]
    pub detach: bool,

    #[command(flatten)]
    pub many: Many,

    #[command(flatten)]
    pub transfer: Transfer,

    #[command(flatten)]
    pub server: Server,
}

/// Many exports with one command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Many exports")]
pub struct Many {
    /// A list of exports, in CSV or JSON; - is stdin
    ///
    /// The columns of CSV, or the members of each object in a JSON array: map, layer, format, where,
    /// output (in JSON also filter). All but the map may be left out, and are then as the options say.
    /// Failures do not stop the others. What a run has created and not seen to its end is written down
    /// beside the manifest, in MANIFEST.state: within twelve hours the next run takes it up, and with
    /// --skip-existing leaves what is done.
    #[arg(long, value_name = "MANIFEST", conflicts_with_all = ["map", "layer", "detach"])]
    pub manifest: Option<PathBuf>,

    /// How many exports are worked at at once [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Stop all of them as soon as one fails
    #[arg(long)]
    pub fail_fast: bool,
}

impl Export {
    /// The ids of map and layer.
    pub fn ids(&self) -> Result<(String, String), Failure> {
        layer_of(
            self.map.as_deref().unwrap_or_default(),
            self.layer.as_deref(),
        )
    }

    /// What takes up one of its exports.
    pub fn resume(&self, export: &ExportHandle, output: &crate::output::Output) -> Resume {
        let token = &self.server.token;
        again::resume(export, output, &self.wait, &self.transfer, token)
    }

    /// All that a feature has to pass.
    pub fn all_filters(&self) -> impl Iterator<Item = Filter> {
        self.conditions.iter().chain(&self.filters).cloned()
    }
}

/// Where the file goes.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = WHERE)]
pub struct Output {
    /// The file to write, a folder to write it in, or - for stdout [default: LAYER.EXTENSION]
    ///
    /// A name that ends in .zip keeps the archive that a custom export arrives in. {map}, {layer},
    /// {format}, {date} and {time} (UTC) have their places in it, and in --directory, and folders that
    /// are named like this are made: a run each night makes new files. A brace is written twice.
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,

    /// The folder that the file goes to, which must exist
    #[arg(short = 'D', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// Replace the file if there is one
    #[arg(long)]
    pub overwrite: bool,

    /// If there is a file, leave it, and be done
    #[arg(long, conflicts_with = "overwrite")]
    pub skip_existing: bool,
}

/// How the file is downloaded.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The download")]
pub struct Transfer {
    /// How many connections there may be at once, where several are faster
    #[arg(long, value_name = "N", default_value = again::CONNECTIONS, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub connections: u16,

    /// Give up a connection that is slower than this for a minute, such as 50k (bytes per second)
    #[arg(long, value_name = "RATE", default_value = again::MIN_RATE, value_parser = rate)]
    pub min_rate: u64,
}
