//! Random sequences of faults: the file is whole or there is none, nothing is transferred in vain, and there
//! is always an end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use felt_sandbox::faulty::{Content, Fault, Options, Storage};
use proptest::prelude::*;

use crate::resume::{Links, is};
use crate::{download, names};

/// Longer than every honest answer on this machine takes, and short enough to be waited for.
const STALL: Duration = Duration::from_millis(400);

fn faults() -> impl Strategy<Value = Fault> {
    let at = 0..400_000_u64;
    prop_oneof![
        at.clone().prop_map(Fault::ResetAt),
        at.clone().prop_map(Fault::ResetAt),
        at.clone().prop_map(Fault::TruncateAt),
        at.clone().prop_map(Fault::TruncateAt),
        at.clone().prop_map(Fault::StallAt),
        at.clone().prop_map(Fault::ShortRange),
        Just(Fault::Chunked),
        Just(Fault::Silence),
        Just(Fault::Reset),
        Just(Fault::Refuse(403)),
        Just(Fault::Refuse(500)),
        Just(Fault::Refuse(503)),
        Just(Fault::Refuse(429)),
        Just(Fault::NoLength),
        Just(Fault::IgnoreRange),
        (-1000..1000_i64).prop_map(Fault::ShiftRange),
        (-1000..1000_i64).prop_map(Fault::LieAboutRange),
        (-1000..1000_i64).prop_map(Fault::WrongTotal),
        Just(Fault::OtherEtag),
        Just(Fault::RangeWithOtherEtag),
        Just(Fault::WeakEtag),
        Just(Fault::NoEtag),
        Just(Fault::OnlyLastModified),
        Just(Fault::Encoded),
        Just(Fault::Unsatisfiable(None)),
        (0..400_000_u64).prop_map(|total| Fault::Unsatisfiable(Some(total))),
        Just(Fault::RedirectToSelf),
        Just(Fault::Redirect(
            "http://example.com/?X-Signature=secret".to_string()
        )),
        Just(Fault::Refuse(404)),
        Just(Fault::Html),
        at.prop_map(Fault::NoLengthTruncateAt),
        prop_oneof![Just(204), Just(206), Just(304), Just(100), Just(299)].prop_map(|status| {
            Fault::Status {
                status,
                headers: vec![("ETag".to_string(), "\"x\"".to_string())],
                body: Vec::new(),
            }
        }),
    ]
}

/// Whether a file with this content may begin so.
fn begins(content: &Content, head: &[u8]) -> Result<(), String> {
    let mut wanted = vec![0; head.len().min(content.size() as usize)];
    content.read_at(0, &mut wanted);
    match wanted == head {
        true => Ok(()),
        false => Err("it is another file".to_string()),
    }
}

/// Whether what arrived before it, or with it, may be of no use because of it.
fn wastes(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::NoLength
            | Fault::NoLengthTruncateAt(_)
            | Fault::Html
            | Fault::Status { .. }
            | Fault::IgnoreRange
            | Fault::ShiftRange(_)
            | Fault::LieAboutRange(_)
            | Fault::WrongTotal(_)
            | Fault::OtherEtag
            | Fault::RangeWithOtherEtag
            | Fault::WeakEtag
            | Fault::NoEtag
            | Fault::OnlyLastModified
            | Fault::Unsatisfiable(_)
    )
}

/// Runs the download over and over until it succeeds, at most once for each fault: so that ends are tried as
/// well as goings on.
async fn weather(size: u64, storm: Vec<Fault>, connections: usize) -> Result<(), TestCaseError> {
    let content = Content::pattern(size, size);
    let script = storm.clone();
    let storage = Storage::with_script(content.clone(), Options::default(), move |asked| {
        script.get(asked.number).cloned()
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    for _ in 0..=storm.len() {
        let links = Links::of(&storage);
        // What the protocol cannot tell, its content tells.
        let known = content.clone();
        let download = download(&links)
            .stall_timeout(STALL)
            .check_head(move |head| begins(&known, head))
            .check_file(move |file| match file.metadata().unwrap().len() == size {
                true => Ok(()),
                false => Err("it is cut off".to_string()),
            });
        let download = match connections {
            1 => download.connections(1),
            several => download.connections_at_once(several, 10_000),
        };
        match download.to_path(&path).await {
            Ok(done) => {
                prop_assert_eq!(done.bytes, size);
                break;
            }
            Err(error) => {
                let shown = format!("{error} {error:?}");
                prop_assert!(!error.to_string().is_empty() && !shown.contains("secret"));
                prop_assert!(!path.exists(), "{}", shown);
            }
        }
        prop_assert!(links.given.load(Ordering::SeqCst) as usize <= storm.len() + 2);
    }
    prop_assert!(path.exists(), "there is no file");
    prop_assert!(is(&path, &content), "the file is another");
    prop_assert_eq!(names(folder.path()), ["out.bin"]);
    let asked = storage.asked();
    let wasted = storm.iter().zip(&asked).map(|(fault, asked)| match fault {
        // Refused when its head is seen.
        Fault::Encoded => asked.sent,
        // Twice: what was there of the file that the fault was about, and the file that it made of it. And what is
        // no file at all.
        fault if wastes(fault) => 2 * size + if asked.sent > size { asked.sent } else { 0 },
        _ => 0,
    });
    let most = size + wasted.sum::<u64>();
    // What is on its way when a connection's end is given to another is nobody's fault: that may be all that was
    // asked for.
    let most = most + if connections == 1 { 0 } else { size };
    let sent = storage.bytes_sent();
    prop_assert!(sent <= most, "{sent} > {most}");
    Ok(())
}

fn run(size: u64, storm: Vec<Fault>, connections: usize) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(weather(size, storm, connections))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn on_one_connection(
        size in prop_oneof![Just(0), 1..100_u64, 1..400_000_u64],
        storm in proptest::collection::vec(faults(), 0..10),
    ) {
        run(size, storm, 1)?;
    }

    #[test]
    fn on_several_connections(
        size in 1..400_000_u64,
        storm in proptest::collection::vec(faults(), 0..10),
        connections in 2..6_usize,
    ) {
        run(size, storm, connections)?;
    }
}
