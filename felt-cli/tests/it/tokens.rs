//! Where the token comes from.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::running::Running;
use crate::{felt, run};

#[test]
fn a_token_from_a_file_or_from_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &[]);
    let path = folder.path().join("token");
    fs::write(&path, "felt_pat_sandbox\n").unwrap();
    let link = |file: &str| {
        let mut command = felt(
            folder.path(),
            &["link", "demo", "cities", "--token-file", file],
        );
        // The wrong one: the file wins.
        command
            .env("FELT_BASE_URL", sandbox.base_url())
            .env("FELT_API_TOKEN", "felt_pat_wrong");
        command
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for mode in [0o644, 0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let ended = run(&mut link("token"));
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
            assert!(ended.stderr.contains("chmod 600 token"), "{}", ended.stderr);
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let ended = run(&mut link("token"));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let mut child = link("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"felt_pat_sandbox\n")
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    fs::write(&path, "").unwrap();
    for (file, said) in [
        ("token", "there is no token in token"),
        ("none", "cannot read the token in none"),
    ] {
        let ended = run(&mut link(file));
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}
