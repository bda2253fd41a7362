//! `--help` is the manual.

use crate::{felt, run};

#[test]
fn every_help_text() {
    let here = std::env::temp_dir();
    let mut manual = String::new();
    for command in [
        "",
        "export",
        "download",
        "link",
        "status",
        "resume",
        "sandbox",
        "completions",
        "schema",
    ] {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.push("--help");
        let ended = run(&mut felt(&here, &args));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        manual.push_str(&format!("$ felt {}\n{}\n", args.join(" "), ended.stdout));
    }
    insta::assert_snapshot!(manual);
}
