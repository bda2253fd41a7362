//! Waits until the other side's system has taken all that was written.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time;

/// How long to wait at the most: a client that does not read takes nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait where the system does not tell.
const GUESS: Duration = Duration::from_millis(50);
/// Where Linux lists the connections.
const TABLE: &str = "/proc/self/net/tcp";

/// Returns when nothing is left to be sent on the connection between these two. A reset throws away what is.
pub(crate) async fn drain(local: SocketAddr, peer: SocketAddr) {
    let waiting = async {
        loop {
            match queued(local, peer) {
                Some(0) => return,
                Some(_) => time::sleep(Duration::from_millis(1)).await,
                None => return time::sleep(GUESS).await,
            }
        }
    };
    // That it took too long is no news: what comes next is the same.
    let _ = time::timeout(PATIENCE, waiting).await;
}

/// How many bytes the other side has not acknowledged. None where the system does not tell.
fn queued(local: SocketAddr, peer: SocketAddr) -> Option<u64> {
    let local = format!(":{:04X}", local.port());
    let peer = format!(":{:04X}", peer.port());
    let table = std::fs::read_to_string(TABLE).ok()?;
    table.lines().find_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let ours = columns.next()?.ends_with(&local) && columns.next()?.ends_with(&peer);
        // Behind the state: what is to be sent and what is to be read, in hexadecimal.
        let (queued, _) = columns.nth(1)?.split_once(':')?;
        ours.then(|| u64::from_str_radix(queued, 16).ok())?
    })
}
