//! What the sandbox is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

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

    /// How many requests the API takes in each second; the others get a 429
    #[arg(long, value_name = "N")]
    pub rate_limit: Option<u32>,

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
