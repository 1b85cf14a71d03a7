//! A real provider of identities, on loopback: `e2e/provider.mjs`.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A provider in a process of its own.
pub struct Provider {
    child: Child,
    /// Kept open: the process ends when it cannot print.
    printed: BufReader<ChildStdout>,
    /// Its address, without a path.
    pub issuer: String,
}

impl Provider {
    /// Starts one that sends whoever signed in to `back`.
    pub fn start(back: &str) -> Provider {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "the provider is not installed: run `npm ci` in e2e/ (`make test` does)"
        );
        let mut child = Command::new("node")
            .args(["provider.mjs", back])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("node cannot be started ({error}): install Node.js 20 or later"));
        let mut issuer = String::new();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        printed.read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http://"), "the provider did not start: {issuer:?}");
        Provider { child, printed, issuer: issuer.trim().to_owned() }
    }

    /// Signs with a new key from now on; the one before is gone.
    pub fn rotate(&mut self) {
        writeln!(self.child.stdin.as_mut().unwrap(), "rotate").unwrap();
        // It also says on the way what it thinks of its settings.
        let mut said = String::new();
        while !said.ends_with("rotated\n") {
            assert_ne!(self.printed.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.issuer.trim_start_matches("http://")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
