//! Starting and stopping.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use felt_sandbox::Sandbox;
use serde_json::json;

use crate::client::{collection, create, direct_link, folder, get, sandbox, send, status, wait};

fn addr(url: &str) -> SocketAddr {
    url.split('/').nth(2).unwrap().parse().unwrap()
}

#[tokio::test]
async fn it_says_where_it_is() {
    let sandbox = sandbox().await;
    assert!(sandbox.base_url().starts_with("http://127.0.0.1:"));
    assert!(sandbox.base_url().ends_with("/api/v2/"));
    assert!(sandbox.storage_url().starts_with("http://127.0.0.1:"));
    assert_eq!(sandbox.token(), "felt_pat_sandbox");
    assert_eq!(sandbox.skipped(), []);
    let shown = format!("{sandbox:?}");
    assert!(
        shown.contains(&sandbox.base_url()) && !shown.contains("felt_pat"),
        "{shown}"
    );
}

#[tokio::test]
async fn dropping_or_stopping_frees_the_ports() {
    for drop_it in [true, false] {
        let sandbox = sandbox().await;
        let addrs = [addr(&sandbox.base_url()), addr(&sandbox.storage_url())];
        for addr in addrs {
            TcpStream::connect(addr).unwrap();
        }
        // With work and a connection under way.
        let idle = TcpStream::connect(addrs[0]).unwrap();
        create(
            &sandbox,
            "demo/layers/countries",
            &json!({ "output_format": "gpkg" }),
        );
        if drop_it {
            drop(sandbox);
        } else {
            sandbox.stop().await;
        }
        for addr in addrs {
            assert!(TcpStream::connect(addr).is_err(), "{addr} still answers");
        }
        drop(idle);
    }
}

#[test]
fn it_outlives_the_runtime_that_started_it() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let sandbox = runtime.block_on(sandbox());
    drop(runtime);
    assert_eq!(
        get(&direct_link(&sandbox, "demo/layers/cities"), &[]).status,
        200
    );
}

#[tokio::test]
async fn many_at_once() {
    let sandboxes = [sandbox().await, sandbox().await, sandbox().await];
    for sandbox in &sandboxes {
        direct_link(sandbox, "demo/layers/relief");
    }
    let [first, second, _] = &sandboxes;
    let path = direct_link(first, "demo/layers/relief")
        .replace(&first.storage_url(), &second.storage_url());
    assert_eq!(get(&path, &[]).status, 403);
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let error = Sandbox::builder()
        .addr(addr)
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&addr.to_string()) && error.contains("in use"),
        "{error}"
    );
}

#[tokio::test]
async fn on_all_addresses_it_names_one_that_works() {
    let sandbox = Sandbox::builder()
        .addr("0.0.0.0:0".parse().unwrap())
        .start()
        .await
        .unwrap();
    assert!(sandbox.base_url().starts_with("http://127.0.0.1:"));
    assert_eq!(
        get(&direct_link(&sandbox, "demo/layers/cities"), &[]).status,
        200
    );
}

#[tokio::test]
async fn a_data_folder_must_be_a_folder() {
    let folder = folder(&[("file", "")]);
    for (path, reason) in [("nothing", "No such file"), ("file", "Not a directory")] {
        let path = folder.path().join(path);
        let error = Sandbox::builder()
            .data(&path)
            .start()
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(path.to_str().unwrap()) && error.contains(reason),
            "{error}"
        );
    }
}

#[tokio::test]
async fn another_token() {
    let sandbox = Sandbox::builder()
        .token("felt_pat_a/b+c=")
        .start()
        .await
        .unwrap();
    assert_eq!(sandbox.token(), "felt_pat_a/b+c=");
    direct_link(&sandbox, "demo/layers/cities");
    let url = format!(
        "{}maps/demo/layers/cities/get_export_link",
        sandbox.base_url()
    );
    assert_eq!(
        send(
            "GET",
            &url,
            &[("authorization", "Bearer felt_pat_sandbox")],
            b""
        )
        .status,
        401
    );
    for bad in ["", "a b", "é", "a\nb"] {
        assert!(
            Sandbox::builder().token(bad).start().await.is_err(),
            "{bad:?}"
        );
    }
}

#[tokio::test]
async fn durations_without_end_are_no_trouble() {
    let builder = Sandbox::builder()
        .job_time(Duration::MAX)
        .link_ttl(Duration::MAX);
    let sandbox = builder.start().await.unwrap();
    create(
        &sandbox,
        "demo/layers/cities",
        &json!({ "output_format": "csv" }),
    );
    assert_eq!(
        get(&direct_link(&sandbox, "demo/layers/cities"), &[]).status,
        200
    );
}

/// Who asks for a direct link waits for it, and not for the exports of others.
#[tokio::test]
async fn a_direct_link_does_not_stand_in_the_queue() {
    let sandbox = Sandbox::builder()
        .job_time(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let body = json!({ "output_format": "pmtiles" });
    let ids: Vec<String> = (0..30)
        .map(|_| create(&sandbox, "demo/layers/countries", &body))
        .collect();
    direct_link(&sandbox, "demo/layers/relief");
    // Behind all of them it would be answered when the last two are at work.
    let middle = status(&sandbox, "demo/layers/countries", &ids[15]);
    assert_eq!(middle["status"], "in_progress", "{middle}");
}

/// What was exported is there whatever has become of its layer.
#[tokio::test]
async fn an_export_outlives_its_layer() {
    let data = folder(&[("m/l.geojson", &collection(&[(json!(null), json!({}))]))]);
    let sandbox = Sandbox::builder()
        .data(data.path())
        .job_time(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let id = create(&sandbox, "m/layers/l", &json!({ "output_format": "csv" }));
    wait(&sandbox, "m/layers/l", &id);
    std::fs::write(data.path().join("m/l.geojson"), "{").unwrap();
    assert_eq!(status(&sandbox, "m/layers/l", &id)["status"], "completed");
    std::fs::remove_file(data.path().join("m/l.geojson")).unwrap();
    assert_eq!(status(&sandbox, "m/layers/l", &id)["status"], "completed");
}

/// A file that has changed is read once for all who ask for it: they get the same file.
#[tokio::test]
async fn who_asks_at_once_gets_the_same() {
    let features: Vec<_> = (0..2000)
        .map(|n| {
            (
                json!({ "type": "Point", "coordinates": [n % 180, 0] }),
                json!({ "n": n }),
            )
        })
        .collect();
    let data = folder(&[("m/l.geojson", "{}")]);
    let sandbox = Sandbox::builder().data(data.path()).start().await.unwrap();
    std::fs::write(data.path().join("m/l.geojson"), collection(&features)).unwrap();
    let paths: Vec<String> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| direct_link(&sandbox, "m/layers/l")))
            .collect();
        let links = asking.into_iter().map(|asked| asked.join().unwrap());
        links
            .map(|link| link.split('?').next().unwrap().to_owned())
            .collect()
    });
    assert!(paths.iter().all(|path| *path == paths[0]), "{paths:?}");
}
