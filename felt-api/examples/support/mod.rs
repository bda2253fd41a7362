//! Which Felt the examples ask: the real one if `FELT_API_TOKEN` is set, a local sandbox otherwise.
// Each example uses its part of it.
#![allow(dead_code)]

use std::error::Error;

use felt_api::{Client, Layer};
use felt_sandbox::Sandbox;

pub struct Felt {
    pub client: Client,
    pub layer: Layer,
    // It stops when it is dropped.
    _sandbox: Option<Sandbox>,
}

/// The layer that the arguments MAP and LAYER name; the sandbox's countries without a token.
pub async fn felt() -> Result<Felt, Box<dyn Error>> {
    if std::env::var_os("FELT_API_TOKEN").is_some_and(|token| !token.is_empty()) {
        let ids: Vec<String> = std::env::args().skip(1).collect();
        let [map, layer] = ids.as_slice() else {
            return Err("give the ids of a map and of a layer on it".into());
        };
        let client = Client::from_env()?;
        return Ok(Felt {
            layer: client.layer(map, layer)?,
            client,
            _sandbox: None,
        });
    }
    let sandbox = Sandbox::builder().start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.token())
        .build()?;
    Ok(Felt {
        layer: client.layer("demo", "countries")?,
        client,
        _sandbox: Some(sandbox),
    })
}
