//! Which Felt a command asks: the one of the environment, or an embedded sandbox.

use felt_api::{Client, Layer};

use crate::args::{LayerArgs, ServerArgs};
use crate::failure::Failure;

/// A client, and what has to live as long as it is used.
pub struct Server {
    client: Client,
    #[cfg(feature = "sandbox")]
    _sandbox: Option<felt_sandbox::Sandbox>,
}

impl Server {
    #[cfg(feature = "sandbox")]
    pub async fn start(args: &ServerArgs) -> Result<Self, Failure> {
        if !args.sandbox {
            return Ok(Self {
                client: Client::from_env()?,
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
    pub async fn start(_: &ServerArgs) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::from_env()?,
        })
    }

    pub fn layer(&self, args: &LayerArgs) -> Result<Layer, Failure> {
        Ok(self.client.layer(&args.map, &args.layer)?)
    }
}
