//! `fetch URL PATH [CONNECTIONS]`: downloads one link to a file, and goes on with what an earlier run has
//! left of it.

use std::process::ExitCode;

use felt_download::{ConnectOptions, Download, Error, FixedLink, StorageClient};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(path)) = (args.next(), args.next()) else {
        eprintln!("usage: fetch URL PATH [CONNECTIONS]");
        return ExitCode::from(2);
    };
    let connections = args.next().and_then(|number| number.parse().ok());
    match fetch(&url, &path, connections).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn fetch(url: &str, path: &str, connections: Option<usize>) -> Result<(), Error> {
    let storage = StorageClient::new(&ConnectOptions::default())?;
    let link = FixedLink::new(url);
    let mut download = Download::new(&storage, &link);
    if let Some(connections) = connections {
        download = download.connections(connections);
    }
    let done = download.to_path(path).await?;
    println!("{}", done.path.display());
    Ok(())
}
