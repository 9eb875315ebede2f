//! [`Terminal`]: a program in a terminal of its own, and when it painted what.
//!
//! Every piece of output is stamped as it arrives, before anything looks at it. Only afterwards is it played into an
//! emulator to find the piece that brought what was waited for, so the emulator's own time is not in the figure.

use std::{
    io::{Read as _, Write as _},
    num::NonZeroU16,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How large the terminal is.
pub(crate) const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

/// How long a program that was given a key may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that wrote nothing for so long has painted what it had to paint.
const SILENCE: Duration = Duration::from_millis(15);

/// The mark with which muster ends a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// What programs ask a terminal, and what this one answers: white on black, a VT220. One that gets no answer waits.
const ANSWERS: [(&[u8], &[u8]); 4] = [
    (b"\x1b]10;?", b"\x1b]10;rgb:ffff/ffff/ffff\x07"),
    (b"\x1b]11;?", b"\x1b]11;rgb:0000/0000/0000\x07"),
    (b"\x1b[6n", b"\x1b[1;1R"),
    (b"\x1b[c", b"\x1b[?62;22c"),
];

type Piece = (Instant, Vec<u8>);

type Keyboard = Arc<Mutex<Box<dyn std::io::Write + Send>>>;

/// A program in a terminal of its own.
pub(crate) struct Terminal {
    keyboard: Keyboard,
    output: Receiver<Piece>,
    process: u32,
    started: Instant,
    emulator: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

/// What came after a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Painted {
    /// Until the first frame that changed the screen was complete.
    pub(crate) first: Duration,
    /// Until nothing changed any more.
    pub(crate) last: Duration,
}

impl Terminal {
    /// Starts a program in a terminal of 120 columns and 40 rows.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        environment: &[(&'static str, String)],
    ) -> anyhow::Result<Self> {
        let pair = native_pty_system().openpty(PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        })?;
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in environment {
            command.env(name, value);
        }
        let mut reader = pair.master.try_clone_reader()?;
        let keyboard: Keyboard = Arc::new(Mutex::new(pair.master.take_writer()?));
        let answering = Arc::clone(&keyboard);
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                let piece = (Instant::now(), buffer[..read].to_vec());
                for (question, answer) in ANSWERS {
                    if contains(&piece.1, question) {
                        // A program that is gone needs no answer.
                        let _ = write(&answering, answer);
                    }
                }
                if sender.send(piece).is_err() {
                    return;
                }
            }
        });
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        let rows = NonZeroU16::new(ROWS).context("a terminal has rows")?;
        let columns = NonZeroU16::new(COLUMNS).context("a terminal has columns")?;
        Ok(Self {
            keyboard,
            output,
            process: child.process_id().context("the program has an id")?,
            started,
            emulator: vt100::Parser::new(rows, columns, 0),
            _master: pair.master,
            child,
        })
    }

    /// What the screen shows.
    pub(crate) fn screen(&self) -> String {
        self.emulator.screen().contents()
    }

    /// Waits until the screen is as `seen` wants it; the answer is how long after the start that was.
    pub(crate) fn since_start(
        &mut self,
        what: &str,
        seen: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Duration> {
        let end = Instant::now() + PATIENCE;
        loop {
            let Ok((at, bytes)) = self
                .output
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            else {
                anyhow::bail!("{what} was never shown; the screen is\n{}", self.screen());
            };
            self.emulator.process(&bytes);
            if seen(&self.emulator.screen().contents()) {
                return Ok(at - self.started);
            }
        }
    }

    /// Takes what still comes, until the program is silent for `time`.
    pub(crate) fn settle(&mut self, time: Duration) {
        let end = Instant::now() + PATIENCE;
        while let Ok((_, bytes)) = self.output.recv_timeout(time) {
            self.emulator.process(&bytes);
            if Instant::now() > end {
                return;
            }
        }
    }

    /// What is written within `time`.
    pub(crate) fn listen(&mut self, time: Duration) -> usize {
        let (end, mut written) = (Instant::now() + time, 0);
        while let Ok((_, bytes)) = self
            .output
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            written += bytes.len();
            self.emulator.process(&bytes);
        }
        written
    }

    /// Writes keys and does not wait.
    pub(crate) fn send(&self, keys: &str) -> anyhow::Result<()> {
        Ok(write(&self.keyboard, keys.as_bytes())?)
    }

    /// Presses a key; the answer is when the screen changed, or `None` when it did not within `patience`.
    pub(crate) fn press(
        &mut self,
        key: &str,
        patience: Duration,
    ) -> anyhow::Result<Option<Painted>> {
        let pressed = Instant::now();
        self.send(key)?;
        let mut pieces: Vec<Piece> = Vec::new();
        loop {
            // First anything at all, then until it is silent: a program that only ticks changes nothing.
            loop {
                let left = (pressed + patience).saturating_duration_since(Instant::now());
                let wait = if pieces.is_empty() { left } else { SILENCE };
                match self.output.recv_timeout(wait) {
                    Ok(piece) => pieces.push(piece),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the program ended"),
                }
            }
            if pieces.is_empty() {
                return Ok(None);
            }
            if let Some(painted) = self.replay(pressed, &pieces) {
                return Ok(Some(painted));
            }
            pieces.clear();
        }
    }

    /// Plays the pieces; the answer is when the screen changed.
    fn replay(&mut self, pressed: Instant, pieces: &[Piece]) -> Option<Painted> {
        let brackets = pieces.iter().any(|(_, bytes)| contains(bytes, FRAME_END));
        let (mut first, mut last) = (None, None);
        let mut before = self.emulator.screen().contents_formatted();
        for (at, bytes) in pieces {
            self.emulator.process(bytes);
            // A frame that is not complete is not painted.
            if brackets && !bytes.ends_with(FRAME_END) {
                continue;
            }
            let after = self.emulator.screen().contents_formatted();
            if after != before {
                first.get_or_insert(*at);
                last = Some(*at);
                before = after;
            }
        }
        Some(Painted {
            first: first? - pressed,
            last: last? - pressed,
        })
    }

    /// A line of what the system knows of the process, in kilobytes.
    pub(crate) fn kilobytes(&self, name: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let value =
            line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok());
        value.with_context(|| format!("the system does not tell {name}"))
    }

    /// How much of the processor's time the process has used, in the system's ticks.
    pub(crate) fn ticks(&self) -> u64 {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.process)).unwrap_or_default();
        // The name before it, in parentheses, may hold anything.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let fields: Vec<&str> = fields.split(' ').collect();
        let time = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        time(11).unwrap_or(0) + time(12).unwrap_or(0)
    }

    /// How often the program's threads went to sleep, and so woke, since it started.
    pub(crate) fn wake_ups(&self) -> u64 {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.process)) else {
            return 0;
        };
        threads
            .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("status")).ok())
            .filter_map(|status| {
                let line = status
                    .lines()
                    .find(|line| line.starts_with("voluntary_ctxt_switches"))?;
                line.rsplit_once('\t')?.1.parse::<u64>().ok()
            })
            .sum()
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|bytes| bytes == part)
}

fn write(keyboard: &Keyboard, bytes: &[u8]) -> std::io::Result<()> {
    let mut keyboard = keyboard.lock().unwrap_or_else(PoisonError::into_inner);
    keyboard.write_all(bytes)?;
    keyboard.flush()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
