//! A program in a terminal of its own, and an auditor of what it writes there.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    num::NonZeroU16,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program in a pseudo-terminal, with an emulator that shows what a person would see.
///
/// Waiting is waiting for output: no test sleeps. When it goes, everything that was written is audited and
/// the program is ended.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    output: Receiver<Vec<u8>>,
    exit: Receiver<ExitStatus>,
    exited: Option<ExitStatus>,
    process: u32,
    emulator: vt100::Parser,
    bytes: Vec<u8>,
}

impl Terminal {
    /// Starts `command` in a terminal of this size.
    pub(crate) fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal can be had");
        let mut child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        drop(pair.slave);
        let process = child.process_id().expect("a started program has an id");
        let mut reader = pair
            .master
            .try_clone_reader()
            .expect("a terminal can be read");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let (sender, exit) = channel();
        thread::spawn(move || {
            let _ = sender.send(child.wait().expect("a child can be waited for"));
        });
        Self {
            keyboard: pair
                .master
                .take_writer()
                .expect("a terminal can be written to"),
            master: pair.master,
            output,
            exit,
            exited: None,
            process,
            emulator: vt100::Parser::new(cells(rows), cells(columns), 0),
            bytes: Vec::new(),
        }
    }

    /// Types: characters as they are, and `<enter>`, `<esc>`, `<tab>`, `<up>`, `<down>`, `<left>`, `<right>`,
    /// `<c-x>` for Ctrl and a letter.
    pub(crate) fn press(&mut self, keys: &str) {
        self.send(&bytes_of(keys));
    }

    /// Pastes, as a terminal does when the program asked for brackets.
    pub(crate) fn paste(&mut self, text: &str) {
        assert!(
            self.emulator.screen().bracketed_paste(),
            "the program did not ask for brackets"
        );
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes());
    }

    fn send(&mut self, bytes: &[u8]) {
        self.keyboard
            .write_all(bytes)
            .expect("the terminal takes keys");
        self.keyboard.flush().expect("the terminal takes keys");
    }

    /// Changes the size; the program is told by a signal.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.emulator
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        self.master
            .resize(size(columns, rows))
            .expect("a terminal can be resized");
    }

    /// Sends a signal to the program.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.process)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.expect("a process has an id"), signal)
            .expect("the program is there");
    }

    /// How often the program's threads went to sleep, and so woke, since it started.
    #[cfg(target_os = "linux")]
    pub(crate) fn wake_ups(&self) -> u64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process))
            .expect("the program is there");
        let status = threads
            .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("status")).ok());
        let switches = |status: String| {
            let line = status
                .lines()
                .find(|line| line.starts_with("voluntary_ctxt_switches"))?;
            line.rsplit_once('\t')?.1.parse::<u64>().ok()
        };
        status.filter_map(switches).sum()
    }

    /// What the screen shows, line by line, without blanks at the ends.
    pub(crate) fn screen(&self) -> String {
        self.emulator.screen().contents()
    }

    /// The screen with cursor, attributes and modes.
    pub(crate) fn emulator(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    /// All bytes that were written so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until `seen` holds; `what` is named when it never does.
    pub(crate) fn wait_until(&mut self, what: &str, mut seen: impl FnMut(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !seen(self.emulator.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            if let Err(error) = self.take(left) {
                panic!(
                    "waited in vain for {what} ({error}); the screen is\n{}",
                    self.screen()
                );
            }
        }
    }

    /// What arrives within `time`; empty when the program is silent.
    pub(crate) fn listen(&mut self, time: Duration) -> Vec<u8> {
        let (before, end) = (self.bytes.len(), Instant::now() + time);
        while self
            .take(end.saturating_duration_since(Instant::now()))
            .is_ok()
        {}
        self.bytes[before..].to_vec()
    }

    fn take(&mut self, time: Duration) -> Result<(), RecvTimeoutError> {
        let chunk = self.output.recv_timeout(time)?;
        self.emulator.process(&chunk);
        self.bytes.extend(chunk);
        Ok(())
    }

    /// Waits until the program has ended and everything it wrote has arrived.
    pub(crate) fn wait_for_exit(&mut self) -> ExitStatus {
        let status = self.exit.recv_timeout(PATIENCE);
        let status = status.unwrap_or_else(|_| {
            panic!("the program does not end; the screen is\n{}", self.screen())
        });
        self.exited = Some(status.clone());
        while self.take(PATIENCE).is_ok() {}
        status
    }

    /// What was shown after the screens were left, in a terminal of its own.
    pub(crate) fn after_the_screens(&self) -> String {
        const LEAVE: &[u8] = b"\x1b[?1049l";
        let at = self
            .bytes
            .windows(LEAVE.len())
            .rposition(|bytes| bytes == LEAVE);
        let rest = at.map_or(&self.bytes[..], |at| &self.bytes[at..]);
        let mut emulator = vt100::Parser::new(cells(200), cells(200), 0);
        emulator.process(rest);
        emulator.screen().contents()
    }

    /// Checks that the terminal is as it was: main screen, cursor shown, no mouse, no paste brackets.
    pub(crate) fn assert_restored(&self) {
        let screen = self.emulator.screen();
        assert!(
            !screen.alternate_screen(),
            "the alternate screen was not left"
        );
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pastes are bracketed");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        let pushed = count(&self.bytes, b"\x1b[>1u");
        assert_eq!(
            pushed,
            count(&self.bytes, b"\x1b[<1u"),
            "the keyboard protocol stays on"
        );
        assert!(!self.is_raw(), "raw mode stays on");
    }

    /// Whether keys reach the program unedited and unechoed.
    #[cfg(unix)]
    pub(crate) fn is_raw(&self) -> bool {
        use rustix::termios::LocalModes;
        let modes = self
            .master
            .get_termios()
            .expect("a terminal has modes")
            .local_flags
            .bits();
        !LocalModes::from_bits_retain(modes).contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    #[cfg(not(unix))]
    fn is_raw(&self) -> bool {
        false
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        #[cfg(unix)]
        if self.exited.is_none()
            && let Some(id) = i32::try_from(self.process)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
        let found = audit(&self.bytes);
        if !thread::panicking() {
            assert!(
                found.is_empty(),
                "the program wrote what it never should:\n{}",
                found.join("\n")
            );
        }
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has cells")
}

fn count(bytes: &[u8], sequence: &[u8]) -> usize {
    bytes
        .windows(sequence.len())
        .filter(|window| *window == sequence)
        .count()
}

/// The bytes a terminal sends for `keys`.
fn bytes_of(keys: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = (c == '<')
            .then(|| rest.find('>').map(|end| (&rest[1..end], &rest[end + 1..])))
            .flatten();
        if let Some((name, after)) = named.filter(|(name, _)| !name.is_empty()) {
            rest = after;
            match name.as_bytes() {
                b"enter" => bytes.push(b'\r'),
                b"esc" => bytes.push(0x1b),
                b"tab" => bytes.push(b'\t'),
                b"backspace" => bytes.push(0x7f),
                b"up" => bytes.extend(b"\x1b[A"),
                b"down" => bytes.extend(b"\x1b[B"),
                b"right" => bytes.extend(b"\x1b[C"),
                b"left" => bytes.extend(b"\x1b[D"),
                [b'c', b'-', letter @ b'a'..=b'z'] => bytes.push(letter - b'a' + 1),
                _ => panic!("there is no key <{name}>"),
            }
        } else {
            bytes.extend(c.to_string().bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    bytes
}

/// What in `bytes` a terminal program of ours never writes: any control sequence but the few that draw and
/// switch modes, any string sequence, any other control while the screens are shown, and any character that
/// hides something. Each finding says where.
pub(crate) fn audit(bytes: &[u8]) -> Vec<String> {
    let mut auditor = Auditor::default();
    let mut parser = vte::Parser::new();
    for (at, byte) in bytes.iter().enumerate() {
        auditor.at = at;
        // Strings that the parser swallows without a word: SOS, PM, APC.
        if let [0x1b, kind @ (b'X' | b'^' | b'_' | b'P' | b']')] = bytes[at.saturating_sub(1)..=at]
        {
            auditor.found(&format!("the start of a string, ESC {}", char::from(kind)));
        }
        parser.advance(&mut auditor, &[*byte]);
    }
    auditor.findings
}

#[derive(Default)]
struct Auditor {
    at: usize,
    on_screens: bool,
    findings: Vec<String>,
}

impl Auditor {
    fn found(&mut self, what: &str) {
        if self.findings.len() < 20 {
            self.findings.push(format!("byte {}: {what}", self.at));
        }
    }
}

impl vte::Perform for Auditor {
    fn print(&mut self, c: char) {
        // U+200E is ours: it stands on both sides of right-to-left text, so that columns keep their places.
        let hidden = c.is_control()
            || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
        if hidden {
            self.found(&format!("U+{:04X}", u32::from(c)));
        }
    }

    fn execute(&mut self, byte: u8) {
        if self.on_screens || !matches!(byte, b'\r' | b'\n' | b'\t') {
            self.found(&format!("control {byte:#04x}"));
        }
    }

    fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
        self.found(&format!("a device control string {action}"));
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        let kind = params
            .first()
            .map(|kind| String::from_utf8_lossy(kind).into_owned());
        self.found(&format!(
            "an operating system command {}",
            kind.unwrap_or_default()
        ));
    }

    fn csi_dispatch(&mut self, params: &vte::Params, intermediates: &[u8], _: bool, action: char) {
        let numbers: Vec<u16> = params.iter().flatten().copied().collect();
        let known = match (intermediates, action, &numbers[..]) {
            // Place the cursor; attributes and colours; clear. The keyboard protocol, disambiguation only.
            (b"", 'H' | 'm' | 'J' | 'K', _) | (b">" | b"<", 'u', [1]) => true,
            (b"?", 'h' | 'l', [mode]) => {
                if *mode == 1049 {
                    self.on_screens = action == 'h';
                }
                matches!(mode, 25 | 1000 | 1006 | 1049 | 2004 | 2026)
            }
            _ => false,
        };
        if !known {
            let mut what = format!("CSI {}", String::from_utf8_lossy(intermediates));
            let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
            let _ = write!(what, "{}{action}", numbers.join(";"));
            self.found(&what);
        }
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        self.found(&format!("ESC {}", char::from(byte)));
    }
}

#[test]
fn the_auditor_knows_what_is_not_ours() {
    for clean in [
        &b"plain text\r\n"[..],
        b"\x1b[?1049h\x1b[>1u\x1b[?2004h\x1b[?1000h\x1b[?1006h\x1b[?25l\x1b[2J",
        b"\x1b[?2026h\x1b[3;14H\x1b[1;38;2;0;114;178mkeep\x1b[39m\x1b[0m\x1b[?2026l",
        "\u{e9} 会計 ‹U+202E› ␛]52".as_bytes(),
    ] {
        assert_eq!(
            audit(clean),
            Vec::<String>::new(),
            "{}",
            clean.escape_ascii()
        );
    }
    for bad in [
        &b"\x1b]0;title\x07"[..],
        b"\x1b]52;c;cm0=\x1b\\",
        b"\x1b]8;;https://example.com\x1b\\",
        b"\x1bP1$r\x1b\\",
        b"\x1b_apc\x1b\\",
        b"\x1b^pm\x1b\\",
        b"\x1bXsos\x1b\\",
        b"\x1b[6n",
        b"\x1b[c",
        b"\x1b[?1003h",
        b"\x1b[?2026$p",
        b"\x1b[5i",
        b"\x1b[21t",
        b"\x1bc",
        b"\x07",
        b"\x08",
        b"\x1b[?1049h\n",
        "\u{9b}31m".as_bytes(),
        "\u{202e}nimda".as_bytes(),
        "ad\u{200b}min".as_bytes(),
    ] {
        assert_ne!(audit(bad), Vec::<String>::new(), "{}", bad.escape_ascii());
    }
}
