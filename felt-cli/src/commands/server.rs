//! Which Felt a command asks: the one of the environment, or an embedded sandbox.

use felt_api::{Client, ClientBuilder, Export, ExportHandle, Layer};

use crate::args;
use crate::failure::Failure;
use crate::token;

/// A client, and what has to live as long as it is used.
pub struct Server {
    client: Client,
    #[cfg(feature = "sandbox")]
    _sandbox: Option<felt_sandbox::Sandbox>,
}

/// A client of the Felt that the environment names.
pub async fn client(args: &args::Token) -> Result<Client, Failure> {
    let builder = ClientBuilder::from_env()?;
    let builder = match &args.token_file {
        Some(path) => builder.token(token::read(path).await?),
        None => builder,
    };
    Ok(builder.build()?)
}

impl Server {
    #[cfg(feature = "sandbox")]
    pub async fn start(args: &args::Server) -> Result<Self, Failure> {
        if !args.sandbox {
            return Ok(Self {
                client: client(&args.token).await?,
                _sandbox: None,
            });
        }
        let sandbox = felt_sandbox::Sandbox::builder()
            .start()
            .await
            .map_err(|error| Failure::Local(format!("cannot start the sandbox: {error}")))?;
        let client = Client::builder()
            .base_url(sandbox.base_url())
            .token(sandbox.token())
            .build()?;
        Ok(Self {
            client,
            _sandbox: Some(sandbox),
        })
    }

    #[cfg(not(feature = "sandbox"))]
    pub async fn start(args: &args::Server) -> Result<Self, Failure> {
        Ok(Self {
            client: client(&args.token).await?,
        })
    }

    pub fn resume(&self, handle: ExportHandle) -> Export {
        self.client.resume(handle)
    }

    pub fn layer(&self, map: &str, layer: &str) -> Result<Layer, Failure> {
        Ok(self.client.layer(map, layer)?)
    }
}
