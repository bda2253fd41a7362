//! `--help` is the manual: its examples work.

use crate::running::Running;
use crate::{felt, run};

/// A line as a shell splits it, as far as examples need it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words
}

#[test]
fn examples_work() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::start(folder.path(), &[]);
    let mut tried = 0;
    for command in [
        "export",
        "download",
        "link",
        "status",
        "resume",
        "completions",
        "schema",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let help = run(&mut felt(folder.path(), &[command, "--help"])).stdout;
        let (_, examples) = help.split_once("Example").unwrap();
        for example in examples
            .lines()
            .filter_map(|line| line.trim().strip_prefix("felt "))
        {
            let words = words(example.split(" > ~").next().unwrap());
            let args: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut command = felt(folder.path(), &args);
            // It has none of the maps.
            sandbox.apply(&mut command);
            let ended = run(&mut command);
            let needs_felt =
                !example.contains("--sandbox") && !["completions", "schema"].contains(&args[0]);
            let code = if needs_felt { 1 } else { 0 };
            assert_eq!(ended.code, Some(code), "felt {example}: {}", ended.stderr);
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
}

/// The script is one that the shell takes, and completes commands and options.
#[cfg(unix)]
#[test]
fn bash_completes() {
    let folder = tempfile::tempdir().unwrap();
    let script = run(&mut felt(folder.path(), &["completions", "bash"])).stdout;
    let script = folder
        .path()
        .join("felt")
        .with_extension("bash")
        .display()
        .to_string()
        + "\0"
        + &script;
    let (path, script) = script.split_once('\0').unwrap();
    std::fs::write(path, script).unwrap();
    for (typed, wanted) in [
        ("felt ex", "export"),
        ("felt export --ski", "--skip-existing"),
        ("felt export -f geoj", "geojson"),
    ] {
        let words: Vec<String> = typed.split(' ').map(|word| format!("'{word}'")).collect();
        let program = format!(
            "source {path}; COMP_WORDS=({}); COMP_CWORD={}; _felt felt {} {}; echo \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let output = std::process::Command::new("bash")
            .args(["-c", &program])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            said.split_whitespace().any(|word| word == wanted),
            "{typed}: {said} {:?}",
            output.stderr
        );
    }
}
