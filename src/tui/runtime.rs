//! The loop: wait, update, hand effects out, draw.
//!
//! It waits for signals, keys, messages and the one deadline the screens asked for, in that order, and has no
//! tick of its own: when nothing happens, nothing runs and no byte is written. What is ready is taken in one
//! go, then at most one frame is drawn, and only if something changed.

use std::{io, time::Duration};

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt as _;
use ratatui::Frame;
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    time::Instant,
};

use super::{
    message::Input,
    signals::{Signal, Signals},
    terminal::{self, Canvas, Look, Screen},
};

/// What the loop needs of the screens. They stand behind it so that the loop can be checked by itself.
///
/// Times are in milliseconds since the loop began.
pub(crate) trait Screens {
    /// Everything that can happen to them.
    type Message: From<Input>;
    /// What they may ask for. Whoever carries it out answers with messages.
    type Effect;
    /// Takes a message; what it asks for is handed out in order.
    fn update(&mut self, message: Self::Message, now_ms: u64) -> Vec<Self::Effect>;
    /// Draws.
    fn view(&self, frame: &mut Frame<'_>);
    /// Whether something changed since the last call.
    fn take_dirty(&mut self) -> bool;
    /// When the screens want an [`Input::Deadline`]: a message that fades, a prefix that is explained. After
    /// it has come they ask for another time or for none.
    fn deadline_ms(&self) -> Option<u64>;
    /// What the person asked of the loop itself since the last call.
    fn take_request(&mut self) -> Option<Request>;
    /// How it ended, once it did.
    fn finished(&self) -> Option<Exit>;
}

/// What the loop itself can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Give the terminal back and stop until the shell continues the program.
    Suspend,
    /// Clear the terminal and draw everything.
    Redraw,
    /// Put this text, in which nothing is hidden, into the terminal's clipboard.
    Copy(String),
    /// Give the terminal to whoever carries out the effects asked for with this, until it is asked back.
    Lend,
    /// Take the terminal again.
    TakeBack,
}

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The person left.
    Quit,
    /// A signal asked to end; its number.
    Signal(i32),
}

/// Why the loop cannot go on. Decisions that were acknowledged are on disk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no terminal to take over.
    #[error("cannot take over the terminal")]
    Take(#[source] io::Error),
    /// Keys cannot be read any more.
    #[error("cannot read from the terminal")]
    Read(#[source] io::Error),
    /// Frames cannot be drawn any more.
    #[error("cannot draw on the terminal")]
    Draw(#[source] io::Error),
    /// Whoever carries effects out is gone.
    #[error("the part that carries out what is asked for has stopped")]
    Abandoned,
}

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(8);

/// How much is taken before a frame is drawn.
const BATCH: usize = 256;

/// Shows `screens` in the terminal until they finish, a signal ends them, or something fails. The terminal is
/// given back in each case.
///
/// # Errors
/// When the terminal cannot be used, or the other end of a channel is gone.
pub(crate) fn run<S: Screens>(
    screens: &mut S,
    look: Look,
    effects: UnboundedSender<S::Effect>,
    messages: UnboundedReceiver<S::Message>,
) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(Error::Take)?;
    // The terminal is given back before signals do what they usually do.
    let mut signals = Signals::start().map_err(Error::Take)?;
    let _guard = terminal::take(look).map_err(Error::Take)?;
    // Before the size is asked for, so that no change of it is missed.
    let mut reader = Reader::start().map_err(Error::Take)?;
    let mut canvas = Screen::new(look).map_err(Error::Take)?;
    let sources = Sources {
        signals: &mut signals.receiver,
        keyboard: &mut reader,
        messages,
    };
    let exit = runtime.block_on(drive(screens, &mut canvas, sources, &effects));
    // Whoever carries effects out ends when the last one is through.
    drop(effects);
    exit
}

/// Where things to do come from.
struct Sources<'a, M, K> {
    signals: &'a mut UnboundedReceiver<Signal>,
    keyboard: &'a mut K,
    messages: UnboundedReceiver<M>,
}

/// Where keys come from.
trait Keyboard {
    /// What was typed and is not yet told.
    fn typed(&mut self) -> &mut UnboundedReceiver<io::Result<Event>>;
    /// Lets somebody else read keys; what was typed and not told is forgotten.
    fn rest(&mut self);
    /// Reads keys again.
    fn listen(&mut self) -> io::Result<()>;
}

enum Happened<M> {
    Signal(Signal),
    Input(Event),
    Message(M),
    Woke,
}

impl<M, K: Keyboard> Sources<'_, M, K> {
    /// Waits for the next thing, at most until `wake`.
    async fn next(&mut self, wake: Option<Instant>) -> Result<Happened<M>, Error> {
        let asleep = async {
            match wake {
                Some(wake) => tokio::time::sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(signal) = self.signals.recv() => Ok(Happened::Signal(signal)),
            input = self.keyboard.typed().recv() => match input {
                Some(Ok(event)) => Ok(Happened::Input(event)),
                Some(Err(error)) => Err(Error::Read(error)),
                None => Err(Error::Read(io::ErrorKind::UnexpectedEof.into())),
            },
            message = self.messages.recv() => message.map(Happened::Message).ok_or(Error::Abandoned),
            () = asleep => Ok(Happened::Woke),
        }
    }

    /// What is there already, in the same order.
    fn ready(&mut self) -> Option<Result<Happened<M>, Error>> {
        if let Ok(signal) = self.signals.try_recv() {
            return Some(Ok(Happened::Signal(signal)));
        }
        if let Ok(input) = self.keyboard.typed().try_recv() {
            return Some(input.map(Happened::Input).map_err(Error::Read));
        }
        self.messages
            .try_recv()
            .ok()
            .map(|message| Ok(Happened::Message(message)))
    }

    /// Waits until the process goes on; the signal that ends it instead, if one does.
    async fn continued(&mut self) -> Option<i32> {
        loop {
            match self.signals.recv().await? {
                Signal::Continued => return None,
                Signal::End(signal) => return Some(signal),
                Signal::Suspend => {}
            }
        }
    }
}

async fn drive<S: Screens>(
    screens: &mut S,
    canvas: &mut impl Canvas,
    mut sources: Sources<'_, S::Message, impl Keyboard>,
    effects: &UnboundedSender<S::Effect>,
) -> Result<Exit, Error> {
    let start = Instant::now();
    let mut dirty = true;
    let mut last_frame: Option<Instant> = None;
    let mut told: Option<u64> = None;
    if let Ok((columns, rows)) = canvas.size() {
        give(screens, Input::Resize(columns, rows).into(), start, effects)?;
    }
    loop {
        dirty |= screens.take_dirty();
        if let Some(exit) = screens.finished() {
            return Ok(exit);
        }
        let mut frame_due = None;
        if dirty {
            let due = last_frame.map_or(start, |last| last + FRAME);
            if due <= Instant::now() {
                canvas
                    .draw(|frame| screens.view(frame))
                    .map_err(Error::Draw)?;
                last_frame = Some(Instant::now());
                dirty = false;
            } else {
                frame_due = Some(due);
            }
        }

        // A deadline that was told is not told again, even if the screens forgot to change it.
        let deadline = screens
            .deadline_ms()
            .filter(|deadline| told != Some(*deadline));
        let deadline_due = deadline.map(|ms| start + Duration::from_millis(ms));
        let wake = [frame_due, deadline_due].into_iter().flatten().min();

        let mut happened = Some(sources.next(wake).await);
        let mut suspend = false;
        for more in (0..BATCH).rev() {
            let message = match happened.transpose()? {
                None => break,
                Some(Happened::Woke) => None,
                Some(Happened::Signal(Signal::End(signal))) => return Ok(Exit::Signal(signal)),
                Some(Happened::Signal(Signal::Suspend)) => {
                    suspend = true;
                    break;
                }
                Some(Happened::Signal(Signal::Continued)) => {
                    canvas.resume().map_err(Error::Draw)?;
                    dirty = true;
                    None
                }
                Some(Happened::Input(event)) => input_of(event).map(Into::into),
                Some(Happened::Message(message)) => Some(message),
            };
            if let Some(message) = message {
                let asked = screens.update(message, now_ms(start));
                let request = screens.take_request();
                if request == Some(Request::Lend) {
                    let ended = lend(screens, canvas, &mut sources, start, (asked, effects));
                    if let Some(exit) = ended.await? {
                        return Ok(exit);
                    }
                    dirty = true;
                    break;
                }
                hand_out(asked, effects)?;
                match request {
                    Some(Request::Suspend) => {
                        suspend = true;
                        break;
                    }
                    Some(Request::Redraw) => {
                        canvas.clear().map_err(Error::Draw)?;
                        dirty = true;
                    }
                    Some(Request::Copy(text)) => canvas.copy(&text).map_err(Error::Draw)?,
                    Some(Request::Lend | Request::TakeBack) | None => {}
                }
            }
            // What is not handled now must stay where it is.
            if more == 0 {
                break;
            }
            happened = sources.ready();
        }
        if suspend {
            if canvas.suspend().map_err(Error::Draw)? {
                if let Some(signal) = sources.continued().await {
                    return Ok(Exit::Signal(signal));
                }
                canvas.resume().map_err(Error::Draw)?;
            }
            dirty = true;
        }
        if let Some(deadline) = screens.deadline_ms()
            && told != Some(deadline)
            && now_ms(start) >= deadline
        {
            told = Some(deadline);
            give(screens, Input::Deadline.into(), start, effects)?;
        }
    }
}

/// Lends the terminal to whoever carries out what is `asked`, and takes it again; how it ended, if it did. Nothing is drawn
/// and no key is read meanwhile.
async fn lend<S: Screens>(
    screens: &mut S,
    canvas: &mut impl Canvas,
    sources: &mut Sources<'_, S::Message, impl Keyboard>,
    start: Instant,
    (asked, effects): (Vec<S::Effect>, &UnboundedSender<S::Effect>),
) -> Result<Option<Exit>, Error> {
    // Before whoever gets the terminal begins.
    sources.keyboard.rest();
    canvas.lend();
    hand_out(asked, effects)?;
    loop {
        let message = tokio::select! {
            biased;
            Some(signal) = sources.signals.recv() => match signal {
                Signal::End(signal) => return Ok(Some(Exit::Signal(signal))),
                Signal::Suspend => {
                    // Whoever has the terminal stops too, and gives it back before.
                    canvas.suspend().map_err(Error::Draw)?;
                    continue;
                }
                Signal::Continued => continue,
            },
            message = sources.messages.recv() => message.ok_or(Error::Abandoned)?,
        };
        give(screens, message, start, effects)?;
        if let Some(exit) = screens.finished() {
            return Ok(Some(exit));
        }
        if screens.take_request() == Some(Request::TakeBack) {
            canvas.resume().map_err(Error::Draw)?;
            sources.keyboard.listen().map_err(Error::Take)?;
            return Ok(None);
        }
    }
}

fn give<S: Screens>(
    screens: &mut S,
    message: S::Message,
    start: Instant,
    effects: &UnboundedSender<S::Effect>,
) -> Result<(), Error> {
    hand_out(screens.update(message, now_ms(start)), effects)
}

fn hand_out<E>(asked: Vec<E>, effects: &UnboundedSender<E>) -> Result<(), Error> {
    for effect in asked {
        effects.send(effect).map_err(|_| Error::Abandoned)?;
    }
    Ok(())
}

fn now_ms(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Releases of keys and changes of focus are nobody's business.
fn input_of(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Input::Key(key)),
        Event::Mouse(mouse) => Some(Input::Mouse(mouse)),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(columns, rows) => Some(Input::Resize(columns, rows)),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// Reads keys, mouse and pastes on a thread of their own: a terminal that hung up can make its reader spin,
/// and the loop must still hear the signal that says so.
struct Reader {
    receiver: UnboundedReceiver<io::Result<Event>>,
    /// The reader ends when this goes, so that the next prompt finds nobody else reading.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Keyboard for Reader {
    fn typed(&mut self) -> &mut UnboundedReceiver<io::Result<Event>> {
        &mut self.receiver
    }

    fn rest(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell when it fails: the next one reads.
            let _ = thread.join();
        }
    }

    fn listen(&mut self) -> io::Result<()> {
        *self = Self::start()?;
        Ok(())
    }
}

impl Reader {
    fn start() -> io::Result<Self> {
        let (sender, receiver) = unbounded_channel();
        let (stop, mut stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let mut events = EventStream::new();
        let thread = std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    loop {
                        let event = tokio::select! {
                            biased;
                            _ = &mut stopped => return,
                            event = events.next() => event,
                        };
                        let Some(event) = event else { return };
                        if sender.send(event).is_err() {
                            return;
                        }
                    }
                });
            })?;
        Ok(Self {
            receiver,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

#[cfg(test)]
mod tests;
