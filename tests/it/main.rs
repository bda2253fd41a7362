//! What crosses crates: the facade against the sandbox or a scripted server, the files that come out
//! read back by other readers than the ones that wrote them, and the build itself.
// A test that panics has failed, as it should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod build;
mod client;
mod creating;
mod dependents;
mod errors;
mod exports;
mod files;
mod kinds;
mod logs;
mod network;
mod pacing;
mod readers;
mod retries;
mod schemas;
mod scripted;
mod surface;
mod waiting;

use std::time::Duration;

use felt_api::{Client, ClientBuilder, Layer, Retry};
use felt_sandbox::Sandbox;
use scripted::Scripted;

const TOKEN: &str = "felt_pat_a/b+secret";

/// A client of the server, with the default number of retries but without the waiting.
fn builder(server: &Scripted) -> ClientBuilder {
    Client::builder()
        .base_url(server.url("/api/v2/"))
        .token(TOKEN)
        .retry(quick())
}

/// A layer on that server.
fn layer(server: &Scripted) -> Layer {
    builder(server).build().unwrap().layer("m1", "l1").unwrap()
}

fn quick() -> Retry {
    let mut retry = Retry::default();
    retry.first_delay = Duration::from_millis(1);
    retry.longest_delay = Duration::from_millis(2);
    retry
}

/// A sandbox whose exports are done at once, and a client of it.
async fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::builder()
        .job_time(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let client = client_of(&sandbox);
    (sandbox, client)
}

fn client_of(sandbox: &Sandbox) -> Client {
    Client::builder()
        .base_url(sandbox.base_url())
        .token(sandbox.token())
        .build()
        .unwrap()
}
