//! `felt link`

use super::print;
use super::server::Server;
use crate::args::Link;
use crate::failure::Failure;
use crate::progress::Shown;

pub async fn run(args: Link) -> Result<(), Failure> {
    let server = Server::start(&args.server).await?;
    let layer = server.layer(&args.layer)?;
    let shown = Shown::waiting("asking for the link");
    let link = layer.export_link().await?;
    drop(shown);
    print(link.url())?;
    #[cfg(feature = "sandbox")]
    if args.server.sandbox {
        eprintln!(
            "note: the embedded sandbox has ended, and its link with it; felt sandbox keeps one running"
        );
    }
    Ok(())
}
