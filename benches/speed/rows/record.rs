//! Sealing a record, and verifying it.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::ORDINARY;
use crate::{
    Bench,
    figure::{Figure, Unit},
    ground::{Copy, NAME, PRINCIPAL, files},
    table::{Budget, Table},
};

/// What sealing one review took.
struct Sealed {
    record: PathBuf,
    /// From the attestation to the signed record.
    written: Duration,
    /// From there to the end: the record is verified and the review closed.
    checked: Duration,
    /// The most memory the process had, in megabytes.
    peak: f64,
}

pub(super) fn seal(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let (mut written, mut checked, mut peaks, mut plain) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.options.runs {
        let (copy, sealed) = sealed(bench)?;
        written.push(sealed.written);
        checked.push(sealed.written + sealed.checked);
        peaks.push(sealed.peak);
        plain.push(hash_and_write(&sealed.record, &copy.path("plain"))?);
    }
    let plain = Figure::times(&plain);
    let same = "hashing and writing the same bytes, fsync";
    table.beside(
        "seal: attested, written, signed, on disk",
        Figure::times(&written),
        same,
        plain.clone(),
        Budget::Times(2.0),
    );
    table.beside(
        "seal: with the verification of what was written",
        Figure::times(&checked),
        same,
        plain,
        Budget::Told,
    );
    table.alone(
        "seal: most memory",
        Figure::new(Unit::Megabytes, peaks),
        Budget::Told,
    );
    Ok(())
}

pub(super) fn verify(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    let (copy, sealed) = sealed(bench)?;
    let signers = signers(&copy)?;
    let (mut ours, mut stock, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    let record = sealed.record.display().to_string();
    let list = signers.display().to_string();
    for _ in 0..bench.options.runs {
        let start = Instant::now();
        let mut child = copy
            .home
            .muster(&["verify", &record, "--allowed-signers", &list])
            .stdout(Stdio::null())
            .spawn()?;
        let peak = watch(&mut child)?;
        ours.push(start.elapsed());
        peaks.push(peak);
        if bench.peers.get("ssh-keygen").is_some() && bench.peers.get("sha256sum").is_some() {
            stock.push(by_hand(&sealed.record, &signers)?);
        }
    }
    table.beside(
        "verify: signature, digests, replay, decisions, tree, totals",
        Figure::times(&ours),
        "`ssh-keygen -Y verify` and `sha256sum -c`",
        Figure::times(&stock),
        Budget::Times(1.5),
    );
    table.alone(
        "verify: most memory",
        Figure::new(Unit::Megabytes, peaks),
        Budget::Told,
    );
    Ok(())
}

/// A review in which everything that can be kept is kept, sealed with a key of its own.
fn sealed(bench: &Bench) -> anyhow::Result<(Copy, Sealed)> {
    let copy = bench.ground.copy()?;
    let decided = copy
        .home
        .muster(&["decide", NAME, "--where", ORDINARY, "--keep"])
        .stdout(Stdio::null())
        .status()?;
    anyhow::ensure!(decided.success(), "the items cannot be kept");
    let key = copy.path("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", PRINCIPAL, "-f"])
        .arg(&key)
        .status()
        .context("sealing is measured with ssh-keygen's keys")?;
    anyhow::ensure!(made.success(), "ssh-keygen makes no key");
    let out = copy.path("records");
    fs::create_dir(&out)?;
    let (key, out_text) = (key.display().to_string(), out.display().to_string());
    let mut child = copy
        .home
        .muster(&[
            "seal",
            NAME,
            "--principal",
            PRINCIPAL,
            "--key",
            &key,
            "--out",
            &out_text,
        ])
        .args([
            "--attest",
            "--allow-undecided",
            "decided by another reviewer",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    // It says what it does when it begins to do it.
    let said = child.stderr.take().context("stderr is a pipe")?;
    let listening = std::thread::spawn(move || -> std::io::Result<_> {
        let (mut begun, mut done) = (None, None);
        let mut talk = String::new();
        for line in BufReader::new(said).lines() {
            let line = line?;
            match line.as_str() {
                "writing the attestation" => begun = Some(Instant::now()),
                "checking the record" => done = Some(Instant::now()),
                _ => talk.push_str(&line),
            }
        }
        Ok((begun, done, talk))
    });
    let watched = watch(&mut child);
    let end = Instant::now();
    let (begun, done, talk) = listening.join().expect("listening does not panic")?;
    let peak = watched.with_context(|| format!("sealing failed: {talk}"))?;
    let (begun, done) = begun
        .zip(done)
        .with_context(|| format!("sealing failed: {talk}"))?;
    let record = fs::read_dir(&out)?
        .next()
        .context("there is a record")??
        .path();
    let sealed = Sealed {
        record,
        written: done - begun,
        checked: end - done,
        peak,
    };
    Ok((copy, sealed))
}

/// Waits for the process; the answer is the most memory it had, in megabytes.
fn watch(child: &mut std::process::Child) -> anyhow::Result<f64> {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0.0;
    loop {
        if let Ok(text) = fs::read_to_string(&status)
            && let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))
            && let Ok(kilobytes) = line.trim().trim_end_matches(" kB").parse::<f64>()
        {
            peak = kilobytes / 1024.0;
        }
        if let Some(status) = child.try_wait()? {
            anyhow::ensure!(status.success(), "the program failed");
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The auditor's list of signers.
fn signers(copy: &Copy) -> anyhow::Result<PathBuf> {
    let public = fs::read_to_string(copy.path("key.pub"))?;
    let path = copy.path("signers");
    fs::write(
        &path,
        format!("{PRINCIPAL} namespaces=\"muster-review\" {public}"),
    )?;
    Ok(path)
}

/// Hashes every file of the record and writes its bytes elsewhere, each synced.
fn hash_and_write(record: &Path, to: &Path) -> anyhow::Result<Duration> {
    fs::create_dir(to)?;
    let start = Instant::now();
    let mut piece = vec![0; 256 << 10];
    for (path, _) in files(record)? {
        let name = path.file_name().context("a file has a name")?;
        let (mut from, mut out) = (File::open(&path)?, File::create(to.join(name))?);
        let mut hash = Sha256::new();
        loop {
            let read = from.read(&mut piece)?;
            if read == 0 {
                break;
            }
            hash.update(&piece[..read]);
            out.write_all(&piece[..read])?;
        }
        out.sync_all()?;
        std::hint::black_box(hash.finalize());
    }
    Ok(start.elapsed())
}

/// What an auditor does without muster, as the README says it.
fn by_hand(record: &Path, signers: &Path) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let signature = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "muster-review", "-I", PRINCIPAL, "-s"])
        .arg(record.join("SHA256SUMS.reviewer.sig"))
        .arg("-f")
        .arg(signers)
        .stdin(File::open(record.join("SHA256SUMS"))?)
        .stdout(Stdio::null())
        .status()?;
    let sums = Command::new("sha256sum")
        .args(["--strict", "--quiet", "-c", "SHA256SUMS"])
        .current_dir(record)
        .status()?;
    anyhow::ensure!(
        signature.success() && sums.success(),
        "the stock tools refuse the record"
    );
    Ok(start.elapsed())
}
