//! The terminal, taken over for the screens and given back on every way out: normal end, error, panic, signal,
//! suspension.
//!
//! One static says whether it is taken. [`give_back`] may be called by anybody at any time and does its work
//! once; after it, frames go nowhere. Nothing here asks the terminal a question, so no answer can arrive late
//! and be read as keys.

use std::{
    cell::RefCell,
    fs::File,
    io::{self, IsTerminal as _, Write},
    panic,
    rc::Rc,
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::{Frame, Terminal, backend::CrosstermBackend, layout::Rect};
use ssh_encoding::base64::{Base64, Encoding as _};

use crate::domain::text::SafeText;

/// How the screens may look in this terminal, as far as the environment tells.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that do not depend on each other"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether colours may be used; bold, underline and reverse always may.
    pub(crate) colour: bool,
    /// Whether any colour can be asked for, not only the sixteen of the terminal's own palette.
    pub(crate) deep_colour: bool,
    /// Whether glyphs outside ASCII can be shown.
    pub(crate) unicode: bool,
    /// Whether the keyboard protocol that tells Escape from the start of a sequence is known to work.
    keyboard: bool,
}

impl Look {
    /// Reads it from environment variables: `NO_COLOR`, `COLORTERM`, `TERM`, and the locale.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let locale = set("LC_ALL")
            .or_else(|| set("LC_CTYPE"))
            .or_else(|| set("LANG"));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let depth = set("COLORTERM").unwrap_or_default();
        Self {
            deep_colour: ["truecolor", "24bit"].contains(&depth.as_str()),
            colour: set("NO_COLOR").is_none() && term != "dumb",
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
            keyboard: [
                "xterm-kitty",
                "xterm-ghostty",
                "foot",
                "foot-extra",
                "alacritty",
                "rio",
            ]
            .contains(&term.as_str()),
        }
    }
}

/// The terminal while it is taken.
struct Taken {
    output: File,
    look: Look,
}

static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

fn taken() -> MutexGuard<'static, Option<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back when it goes.
#[derive(Debug)]
pub(crate) struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Takes the terminal: alternate screen, raw mode, bracketed paste, mouse.
///
/// # Errors
/// When there is no terminal, or it is gone.
pub(crate) fn take(look: Look) -> io::Result<Guard> {
    static HOOK: Once = Once::new();
    HOOK.call_once(install_panic_hook);
    // The library's own handling of NO_COLOR would also take the reverse of the cursor line; the theme does it.
    crossterm::style::force_color_output(true);
    take_again(look)?;
    Ok(Guard(()))
}

fn take_again(look: Look) -> io::Result<()> {
    let mut taken = taken();
    if taken.is_some() {
        return Ok(());
    }
    let mut output = output()?;
    enable_raw_mode()?;
    let keyboard = if look.keyboard { "\x1b[>1u" } else { "" };
    // Mouse: presses and the wheel, not motion.
    let modes = format!("\x1b[?1049h{keyboard}\x1b[?2004h\x1b[?1000h\x1b[?1006h\x1b[?25l\x1b[2J");
    let written = output.write_all(modes.as_bytes());
    *taken = Some(Taken { output, look });
    drop(taken);
    if written.is_err() {
        give_back();
    }
    written
}

/// Gives the terminal back as it was; whether it was taken. Errors are of no use to anybody here.
pub(crate) fn give_back() -> bool {
    hand_back(taken())
}

/// Gives it back unless a frame is stuck on its way out; for the last moment before the process is ended.
pub(crate) fn try_give_back() {
    if let Ok(taken) = TAKEN.try_lock() {
        hand_back(taken);
    }
}

fn hand_back(mut taken: MutexGuard<'static, Option<Taken>>) -> bool {
    let Some(Taken { mut output, look }) = taken.take() else {
        return false;
    };
    let keyboard = if look.keyboard { "\x1b[<1u" } else { "" };
    let modes = format!(
        "\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l{keyboard}\x1b[0m\x1b[?1049l\x1b[?25h"
    );
    let _ = output.write_all(modes.as_bytes());
    let _ = disable_raw_mode();
    true
}

/// Standard output, without the buffer that would tear a frame; the controlling terminal when that is a file.
#[expect(clippy::disallowed_methods, reason = "the terminal is a file too")]
fn output() -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        if io::stdout().is_terminal() {
            return io::stdout().as_fd().try_clone_to_owned().map(File::from);
        }
        File::options().write(true).open("/dev/tty")
    }
    #[cfg(not(unix))]
    {
        let _ = io::stdout().is_terminal();
        File::options().read(true).write(true).open("CONOUT$")
    }
}

/// A bug anywhere gives the terminal back first and then says so in one paragraph. While the terminal is not
/// taken, panics are reported as they were before.
fn install_panic_hook() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !give_back() {
            return before(info);
        }
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let what = text.unwrap_or("no description");
        let place = info
            .location()
            .map(|at| format!(" ({}:{})", at.file(), at.line()));
        let place = place.unwrap_or_default();
        let _ = writeln!(
            io::stderr(),
            "muster stopped because of a bug in it, and the terminal is as it was: {}{place}. Your decisions are on disk; \
             start muster again to go on where you were.",
            SafeText::of(what)
        );
    }));
}

/// Where frames are drawn.
pub(crate) trait Canvas {
    /// Columns and rows.
    fn size(&self) -> io::Result<(u16, u16)>;
    /// Draws one frame.
    fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()>;
    /// Forgets what is on the screen. The next frame is drawn in full.
    fn clear(&mut self) -> io::Result<()>;
    /// Puts `text` into the terminal's clipboard, if it has one and lets us. It is not asked whether it did.
    fn copy(&mut self, text: &str) -> io::Result<()>;
    /// Gives the terminal back and stops the process; whether it did, and a continuation is to be waited for.
    fn suspend(&mut self) -> io::Result<bool>;
    /// Gives the terminal to somebody else, for as long as it is not taken again.
    fn lend(&mut self);
    /// Takes the terminal again. The next frame is drawn in full.
    fn resume(&mut self) -> io::Result<()>;
}

/// The bytes of a frame until it is complete. Flushing does nothing: the frame leaves in one piece.
#[derive(Debug, Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The taken terminal as a [`Canvas`]. A frame is one write, between the marks that let a terminal show it
/// at once.
pub(crate) struct Screen {
    look: Look,
    terminal: Terminal<CrosstermBackend<Bytes>>,
    bytes: Bytes,
}

impl Screen {
    /// Draws on the taken terminal.
    ///
    /// # Errors
    /// When the terminal does not tell its size.
    pub(crate) fn new(look: Look) -> io::Result<Self> {
        let bytes = Bytes(Rc::new(RefCell::new(Vec::with_capacity(64 * 1024))));
        let terminal = Terminal::new(CrosstermBackend::new(bytes.clone()))?;
        Ok(Self {
            look,
            terminal,
            bytes,
        })
    }
}

/// Writes to the taken terminal.
fn send(bytes: &[u8]) -> io::Result<()> {
    match taken().as_mut() {
        Some(taken) => taken.output.write_all(bytes),
        None => Err(io::Error::other("the terminal was given back")),
    }
}

/// The sequence (OSC 52) that puts `text` into the clipboard of a terminal. Encoded, the text cannot act on one.
fn clipboard(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x1b\\", Base64::encode_string(text.as_bytes())).into_bytes()
}

impl Canvas for Screen {
    fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.bytes.write_all(b"\x1b[?2026h")?;
        self.terminal.draw(view)?;
        self.bytes.write_all(b"\x1b[?2026l")?;
        let mut bytes = self.bytes.0.borrow_mut();
        let written = send(&bytes);
        bytes.clear();
        written
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        send(&clipboard(text))
    }

    fn clear(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`, which would ask the terminal where its cursor is.
        let (width, height) = self.size()?;
        self.terminal.resize(Rect::new(0, 0, width, height))
    }

    fn suspend(&mut self) -> io::Result<bool> {
        if !can_suspend() {
            return Ok(false);
        }
        give_back();
        stop()?;
        Ok(true)
    }

    fn lend(&mut self) {
        super::signals::lend(true);
        give_back();
    }

    fn resume(&mut self) -> io::Result<()> {
        super::signals::lend(false);
        // After a stop that nobody announced, the shell has changed the modes: begin from nothing.
        give_back();
        take_again(self.look)?;
        self.clear()
    }
}

/// Whether somebody is there who can continue a stopped process: a shell in this session. In a container the parent and
/// the leader of a session may be outside; their ids are then 0.
#[cfg(unix)]
fn can_suspend() -> bool {
    use nix::unistd::{getppid, getsid};
    let parent = getppid();
    parent.as_raw() > 0
        && match (getsid(Some(parent)), getsid(None)) {
            (Ok(theirs), Ok(ours)) => theirs == ours,
            _ => false,
        }
}

/// Stops this process and what runs in its job, as `^Z` would.
#[cfg(unix)]
fn stop() -> io::Result<()> {
    rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
    Ok(())
}

#[cfg(not(unix))]
fn can_suspend() -> bool {
    false
}

#[cfg(not(unix))]
fn stop() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
