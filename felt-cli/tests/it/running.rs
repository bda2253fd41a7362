//! `felt sandbox` in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::felt;

/// A running sandbox and what it printed; killed when it is dropped.
pub struct Running {
    pub child: Child,
    pub lines: [String; 2],
}

impl Running {
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = felt(folder, &["sandbox"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || stdout.next().unwrap().unwrap();
        let lines = [line(), line()];
        Self { child, lines }
    }

    pub fn apply(&self, command: &mut Command) {
        command.envs(self.lines.iter().map(|line| line.split_once('=').unwrap()));
    }
}

impl Running {
    pub fn base_url(&self) -> &str {
        self.lines[0].trim_start_matches("FELT_BASE_URL=")
    }

    /// What has come in.
    pub fn requests(&self) -> serde_json::Value {
        use std::io::{Read, Write};
        let host = self.origin().trim_start_matches("http://").to_string();
        let mut stream = std::net::TcpStream::connect(&host).unwrap();
        let ask = format!("GET /_sandbox/requests HTTP/1.0\r\nHost: {host}\r\n\r\n");
        stream.write_all(ask.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    pub fn origin(&self) -> String {
        self.base_url().trim_end_matches("/api/v2/").to_string()
    }

    /// As a person does it, so that it removes its files.
    pub fn stop(&mut self) {
        // Once it has been waited for, its id may be another process's.
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        #[cfg(unix)]
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        #[cfg(not(unix))]
        let asked = self.child.kill();
        if asked.is_ok() {
            let _ = self.child.wait();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
