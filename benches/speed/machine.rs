//! The machine that measures, in words.

use std::process::Command;

/// Processor, cores, memory, kernel, compiler, version and day.
pub(crate) fn words() -> String {
    let line = |file: &str, start: &str| -> Option<String> {
        let text = std::fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(start))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let unknown = || "unknown".to_owned();
    let processor = line("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
    let memory = line("/proc/meminfo", "MemTotal")
        .and_then(|total| total.strip_suffix(" kB")?.trim().parse::<u64>().ok())
        .map_or_else(unknown, |kilobytes| {
            format!("{} GB", kilobytes.div_ceil(1 << 20))
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel =
        std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_else(|_| unknown());
    let compiler = {
        let rustc = option_env!("RUSTC").unwrap_or("rustc");
        said(rustc, &["--version"]).unwrap_or_else(unknown)
    };
    format!(
        "muster {} on {}, {processor}, {cores} cores, {memory}, kernel {}, {compiler}, {}.\nLoad average (1, 5, 15 minutes) at the beginning: {}.",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        kernel.trim(),
        chrono::Utc::now().date_naive(),
        load(),
    )
}

/// The load average of the last 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let words: Vec<&str> = text.split(' ').take(3).collect();
    if words.is_empty() {
        "unknown".to_owned()
    } else {
        words.join(", ")
    }
}

/// The first line that a program prints, wherever it does.
pub(crate) fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8([output.stdout, output.stderr].concat()).ok()?;
    text.lines().next().map(|line| line.trim().to_owned())
}
