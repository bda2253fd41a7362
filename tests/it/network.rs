//! How servers are reached: proxies, certificates, timeouts, and how much of an answer is read.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use felt_api::{Client, ClientBuilder, ConnectOptions, Error, ErrorKind, Format};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::scripted::{Answer, Scripted};
use crate::{TOKEN, builder, quick};

const LINK: &str = r#"{"export_link": "https://example.com/parsed.gpkg?sig=1"}"#;

fn connect() -> ConnectOptions {
    ConnectOptions::default()
}

async fn link(builder: ClientBuilder) -> Result<String, Error> {
    let layer = builder.build()?.layer("m", "l")?;
    layer.export_link().await.map(|link| link.url().to_string())
}

/// A client of a host that does not exist.
fn elsewhere() -> ClientBuilder {
    Client::builder()
        .base_url("https://felt.example")
        .token(TOKEN)
        .retry(quick())
}

/// A port on this machine with TLS, and the certificate of who signed its own.
async fn tls(protocols: &[&[u8]]) -> (TcpListener, TlsAcceptor, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_string()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (
        listener,
        TlsAcceptor::from(Arc::new(config)),
        authority.pem(),
    )
}

fn localhost(listener: &TcpListener) -> String {
    format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    )
}

/// Answers one request after the other over TLS.
async fn with_tls() -> (String, String) {
    let (listener, acceptor, authority) = tls(&[]).await;
    let url = localhost(&listener);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust it hangs up.
                let mut stream = acceptor.accept(stream).await?;
                let _ = stream.read(&mut [0; 4096]).await?;
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
                let answer = format!("{head} {}\r\n\r\n{LINK}", LINK.len());
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await
            });
        }
    });
    (url, authority)
}

/// Refuses each request in the way of HTTP/2, and counts them.
async fn refusing_http2() -> (String, String, Arc<Mutex<usize>>) {
    let (listener, acceptor, authority) = tls(&[b"h2"]).await;
    let (url, count) = (localhost(&listener), Arc::new(Mutex::new(0)));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, counted) = (acceptor.clone(), counted.clone());
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.unwrap();
                let mut requests = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = requests.accept().await {
                    *counted.lock().unwrap() += 1;
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                }
            });
        }
    });
    (url, authority, count)
}

/// What is tried again is tried again in one place: nothing below repeats a request, not even one that
/// HTTP/2 says was not looked at.
#[tokio::test]
async fn nothing_below_tries_again() {
    let (url, authority, count) = refusing_http2().await;
    let client = elsewhere()
        .base_url(url)
        .connect(connect().root_certificate(authority));
    let layer = client.build().unwrap().layer("m", "l").unwrap();
    let error = layer.export(Format::Csv).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!((error.attempts(), *count.lock().unwrap()), (1, 1));
    let error = layer.export_link().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert_eq!((error.attempts(), *count.lock().unwrap()), (5, 6));
}

#[tokio::test]
async fn a_root_certificate_of_ones_own_is_trusted() {
    let (url, authority) = with_tls().await;
    let (_, another) = with_tls().await;
    let client = || elsewhere().base_url(&url);
    link(client().connect(connect().root_certificate(authority.clone())))
        .await
        .unwrap();
    // A bundle, and one after the other.
    link(client().connect(connect().root_certificate(format!("{another}{authority}"))))
        .await
        .unwrap();
    let two = connect().root_certificate(another.clone());
    link(client().connect(two.root_certificate(authority)))
        .await
        .unwrap();

    for builder in [
        client(),
        client().connect(connect().root_certificate(another)),
    ] {
        let error = link(builder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert_eq!(error.attempts(), 5);
    }
}

/// Nothing is sent before there is a connection that is trusted: an export cannot have been created.
#[tokio::test]
async fn creating_is_tried_again_where_there_is_no_connection() {
    let (url, _) = with_tls().await;
    let proxy = Scripted::always(Answer::new(403, "text/plain", "")).await;
    for builder in [
        elsewhere().base_url(&url),
        elsewhere().connect(connect().proxy(proxy.url("/"))),
    ] {
        let layer = builder.build().unwrap().layer("m", "l").unwrap();
        let error = layer.export(Format::Csv).start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert_eq!(error.attempts(), 5);
        assert!(error.is_retryable());
    }
    assert_eq!(proxy.requests().len(), 5);
}

#[tokio::test]
async fn every_host_but_this_machine_is_asked_for_through_the_proxy() {
    let proxy = Scripted::always(Answer::new(403, "text/plain", "not through here")).await;
    let through = |builder: ClientBuilder| {
        builder.connect(connect().proxy(proxy.url("/").replace("//", "//me:hunter2@")))
    };
    let error = link(through(elsewhere())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    let asked = proxy.requests();
    assert_eq!(asked.len(), 5);
    assert_eq!(asked[0].line, "CONNECT felt.example:443 HTTP/1.1");
    let credentials = asked[0].header("proxy-authorization").unwrap();
    assert!(credentials.starts_with("Basic "), "{credentials}");
    // The tunnel is not made: what is for Felt is not told to the proxy.
    assert_eq!(asked[0].header("authorization"), None);

    let felt = Scripted::always(Answer::json(200, LINK)).await;
    link(through(builder(&felt))).await.unwrap();
    assert_eq!((proxy.requests().len(), felt.requests().len()), (5, 1));
}

#[tokio::test]
async fn downloads_go_through_the_proxy_too() {
    let proxy = Scripted::always(Answer::new(502, "text/plain", "")).await;
    let felt = Scripted::always(Answer::json(200, LINK)).await;
    let client = builder(&felt)
        .connect(connect().proxy(proxy.url("/")))
        .build()
        .unwrap();
    let layer = client.layer("m", "l").unwrap();
    let link = layer.export_link().await.unwrap();
    let moment = Duration::from_millis(1);
    let download = link.download().attempts(2, moment, moment);
    let error = download.to_writer(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DownloadInterrupted, "{error}");
    let asked: Vec<String> = proxy
        .requests()
        .iter()
        .map(|request| request.line.clone())
        .collect();
    assert_eq!(asked, ["CONNECT example.com:443 HTTP/1.1"; 2]);
}

#[tokio::test]
async fn who_asks_says_so() {
    let felt = Scripted::always(Answer::json(200, LINK)).await;
    link(builder(&felt)).await.unwrap();
    let options = connect().user_agent_suffix("backup/1.2 (+https://example.com)");
    link(builder(&felt).connect(options)).await.unwrap();
    let agents: Vec<String> = felt
        .requests()
        .iter()
        .map(|request| request.header("user-agent").unwrap().to_string())
        .collect();
    let ours = concat!("felt-api/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        agents,
        [
            ours.to_string(),
            format!("{ours} backup/1.2 (+https://example.com)")
        ]
    );
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_bound() {
    let long = format!(
        r#"{{"export_link": "https://example.com/{}"}}"#,
        "x".repeat(2000)
    );
    let length = long.len() as u64;
    for (answer, bound, fits) in [
        (Answer::json(200, &long), length, true),
        (Answer::json(200, &long), length - 1, false),
        (Answer::json(200, &long).undeclared(), 100, false),
        (Answer::json(200, LINK), 100, true),
    ] {
        let felt = Scripted::always(answer).await;
        let result = link(builder(&felt).max_body(bound)).await;
        assert_eq!(felt.requests().len(), 1);
        match result {
            Ok(_) => assert!(fits, "{bound}"),
            Err(error) => {
                assert!(!fits, "{bound}: {error}");
                assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
                assert!(
                    error
                        .to_string()
                        .contains(&format!("more than {bound} bytes")),
                    "{error}"
                );
            }
        }
    }
}

/// What a server sends without end is not read without end, whatever it is.
#[tokio::test]
async fn what_never_ends_is_left() {
    for status in [200, 500] {
        let sent = Arc::new(Mutex::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let counted = sent.clone();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n\r\n\"");
            stream.write_all(head.as_bytes()).await.unwrap();
            // Until the client hangs up.
            while stream.write_all(&[b'x'; 65_536]).await.is_ok() {
                *counted.lock().unwrap() += 65_536;
            }
        });
        let client = elsewhere().base_url(url).retry(felt_api::Retry::never());
        let error = link(client).await.unwrap_err();
        let kind = match status {
            200 => ErrorKind::UnexpectedResponse,
            _ => ErrorKind::Server,
        };
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().len() < 1000);
        server.await.unwrap();
        // What is allowed, and what the sockets hold.
        let sent = *sent.lock().unwrap();
        assert!(sent < 20 * 1024 * 1024, "{sent}");
    }
}

#[tokio::test]
async fn settings_that_can_never_work_are_named() {
    let felt = Scripted::always(Answer::json(200, LINK)).await;
    let mut messages = Vec::new();
    for builder in [
        builder(&felt).request_timeout(Duration::ZERO),
        builder(&felt).create_timeout(Duration::ZERO),
        builder(&felt).connect(connect().connect_timeout(Duration::ZERO)),
        builder(&felt).connect(connect().read_timeout(Duration::ZERO)),
        builder(&felt).max_body(0),
        builder(&felt).connect(connect().proxy("proxy.example.com")),
        builder(&felt).connect(connect().proxy("socks5://me:hunter2@proxy.example.com")),
        builder(&felt).connect(connect().root_certificate("not PEM")),
        builder(&felt).connect(connect().user_agent_suffix("two\r\nlines")),
        builder(&felt).connect(connect().user_agent_suffix("")),
    ] {
        let error = link(builder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        messages.push(error.to_string());
    }
    insta::assert_snapshot!(messages.join("\n"));
    assert!(felt.requests().is_empty());
}

/// A server that takes connections, and never says a word on them.
async fn mute() -> String {
    let (listener, _, _) = tls(&[]).await;
    let url = localhost(&listener);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    url
}

#[tokio::test]
async fn a_connection_has_a_time_of_its_own() {
    let moment = connect().connect_timeout(Duration::from_millis(50));
    let error = link(elsewhere().base_url(mute().await).connect(moment))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no connection to the server in time"),
        "{error}"
    );
    assert_eq!(error.attempts(), 5);
}

#[tokio::test]
async fn a_silent_storage_host_is_left_after_the_time_that_was_set() {
    let storage = Scripted::always(Answer::silence()).await;
    let answer = format!(r#"{{"export_link": "{}"}}"#, storage.url("/x"));
    let felt = Scripted::always(Answer::json(200, &answer)).await;
    let client = builder(&felt).connect(connect().read_timeout(Duration::from_millis(50)));
    let layer = client.build().unwrap().layer("m", "l").unwrap();
    let link = layer.export_link().await.unwrap();
    let moment = Duration::from_millis(1);
    let download = link.download().attempts(2, moment, moment);
    let error = download.to_writer(&mut Vec::new()).await.unwrap_err();
    assert!(
        error.to_string().contains("sent nothing for 0.05 s"),
        "{error}"
    );
    assert_eq!(storage.requests().len(), 2);
}

/// The generated client has the same bounds, in time and in bytes.
#[tokio::test]
async fn the_generated_client_is_bounded() {
    use felt_api::generated::Error;
    let felt = Scripted::always(Answer::json(200, LINK)).await;
    let client = builder(&felt).max_body(10).build().unwrap();
    let answer = client
        .generated()
        .create_map_layer_export_link("m", "l")
        .await;
    assert!(matches!(answer.unwrap_err(), Error::ResponseBodyError(_)));

    let felt = Scripted::always(Answer::silence()).await;
    let moment = Duration::from_millis(1);
    let client = builder(&felt)
        .request_timeout(moment)
        .create_timeout(moment);
    let client = client.build().unwrap();
    let answer = client
        .generated()
        .create_map_layer_export_link("m", "l")
        .await;
    assert!(matches!(answer.unwrap_err(), Error::CommunicationError(why) if why.is_timeout()));
}

/// Each timeout is its own, and none cuts another short.
#[tokio::test]
async fn a_question_may_take_longer_than_creating() {
    let felt = Scripted::always(Answer::silence()).await;
    let client = builder(&felt)
        .create_timeout(Duration::from_millis(1))
        .request_timeout(Duration::from_millis(1_500))
        .retry(felt_api::Retry::never());
    let error = link(client).await.unwrap_err();
    assert!(
        error.to_string().contains("no answer within 1.5s"),
        "{error}"
    );
}

#[tokio::test]
async fn the_defaults() {
    let felt = Scripted::always(Answer::json(200, LINK)).await;
    insta::assert_snapshot!(format!("{:#?}", builder(&felt)));
}

/// The largest of everything is much, and nothing breaks.
#[tokio::test]
async fn no_setting_is_too_large() {
    let mut retry = felt_api::Retry::default();
    (retry.retries, retry.budget) = (u32::MAX, Duration::MAX);
    retry.slow_down_budget = Duration::MAX;
    (retry.first_delay, retry.longest_delay) = (Duration::from_millis(1), Duration::from_millis(2));
    let felt = Scripted::in_turn(vec![
        Answer::json(500, ""),
        Answer::json(429, "").header("retry-after", "0"),
        Answer::json(200, LINK),
        Answer::json(404, ""),
    ])
    .await;
    let client = builder(&felt)
        .retry(retry)
        .request_timeout(Duration::MAX)
        .create_timeout(Duration::MAX)
        .connect(
            connect()
                .connect_timeout(Duration::MAX)
                .read_timeout(Duration::MAX),
        )
        .max_body(u64::MAX);
    link(client.clone()).await.unwrap();
    let layer = client.build().unwrap().layer("m", "l").unwrap();
    let error = layer.export(Format::Csv).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
