//! The real `ssh-keygen` and `ssh-agent`, and the stored test keys.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

pub(crate) const PRINCIPAL: &str = "anna@example.org";

/// Whether `program` is there. A test that needs it says so and ends; in CI it fails.
pub(crate) fn have(program: &str) -> bool {
    let there = Command::new(program)
        .arg("-?")
        .stdin(Stdio::null())
        .output()
        .is_ok();
    if !there {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "this test needs {program}"
        );
        crate::program::skipped(program);
    }
    there
}

/// A folder with copies of the test keys that only their owner can read, as `ssh-keygen` demands.
pub(crate) struct Keys(TempDir);

impl Keys {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
        for entry in fs::read_dir(stored).expect("the test keys") {
            let entry = entry.expect("a test key");
            let copy = folder.path().join(entry.file_name());
            fs::write(&copy, fs::read(entry.path()).expect("a test key")).expect("a copy");
            owner_only(&copy);
        }
        Self(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Type and base64 of a public key.
    pub(crate) fn public(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("{name}.pub"))).expect("a public key");
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// Writes a file into the folder; the answer is its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file in a temporary folder");
        path
    }

    /// What `ssh-keygen -Y verify` says to a signature over `message`.
    pub(crate) fn ssh_keygen_accepts(
        &self,
        allowed: &str,
        principal: &str,
        namespace: &str,
        signature: &str,
        message: &[u8],
    ) -> bool {
        self.ssh_keygen_accepts_at(allowed, principal, namespace, signature, message, None)
    }

    /// The same, at a time in OpenSSH's form and in the zone with this name.
    pub(crate) fn ssh_keygen_accepts_at(
        &self,
        allowed: &str,
        principal: &str,
        namespace: &str,
        signature: &str,
        message: &[u8],
        at: Option<(&str, &str)>,
    ) -> bool {
        let allowed = self.write("allowed_signers", allowed);
        let signature = self.write("message.sig", signature);
        let message = self.write("message", message);
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-n", namespace, "-I", principal]);
        if let Some((time, zone)) = at {
            command.arg(format!("-Overify-time={time}")).env("TZ", zone);
        }
        command
            .arg("-f")
            .arg(allowed)
            .arg("-s")
            .arg(signature)
            .stdin(File::open(message).expect("the message"))
            .output()
            .expect("ssh-keygen runs")
            .status
            .success()
    }

    /// What `ssh-keygen -Y sign` makes.
    pub(crate) fn ssh_keygen_signs(&self, name: &str, namespace: &str, message: &[u8]) -> String {
        let message = self.write("message", message);
        let output = Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", namespace, "-f"])
            .arg(self.path(name))
            .stdin(File::open(message).expect("the message"))
            .output()
            .expect("ssh-keygen runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("a signature is text")
    }
}

pub(crate) fn owner_only(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("permissions");
    }
}

/// A running `ssh-agent`, which ends with the test.
pub(crate) struct RunningAgent {
    folder: TempDir,
    pid: String,
}

impl RunningAgent {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        // It comes back when the socket is there.
        let output = Command::new("ssh-agent")
            .arg("-s")
            .arg("-a")
            .arg(folder.path().join("agent"))
            .output()
            .expect("ssh-agent runs");
        let text = String::from_utf8(output.stdout).expect("ssh-agent prints text");
        let pid = text
            .split_once("SSH_AGENT_PID=")
            .and_then(|(_, rest)| rest.split_once(';'))
            .expect("ssh-agent tells its process");
        Self {
            folder,
            pid: pid.0.to_owned(),
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    pub(crate) fn add(&self, key: &Path) {
        let output = Command::new("ssh-add")
            .env("SSH_AUTH_SOCK", self.socket())
            .arg(key)
            .output()
            .expect("ssh-add runs");
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for RunningAgent {
    fn drop(&mut self) {
        let _ = Command::new("ssh-agent")
            .arg("-k")
            .env("SSH_AGENT_PID", &self.pid)
            .env("SSH_AUTH_SOCK", self.socket())
            .output();
    }
}
