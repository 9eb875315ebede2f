use std::cell::RefCell;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, widgets::Paragraph};

use super::*;
use crate::tui::{effect::Effect, message::Message};

/// Screens that write down what they were told: `q` quits, `z` suspends, `v` lends the terminal until `Stopped` arrives, `l` draws anew, `e` asks for two effects, `t` for a
/// deadline in a second, everything else is text.
#[derive(Default)]
struct Diary {
    told: Vec<String>,
    dirty: bool,
    request: Option<Request>,
    quit: bool,
    deadline: Option<u64>,
    /// How often it was drawn, and when.
    frames: RefCell<Vec<Duration>>,
    began: Option<Instant>,
}

impl Screens for Diary {
    type Message = Message;
    type Effect = Effect;

    fn update(&mut self, message: Message, now_ms: u64) -> Vec<Effect> {
        self.dirty = true;
        match message {
            Message::Key(key) => {
                let KeyCode::Char(c) = key.code else {
                    return Vec::new();
                };
                self.told.push(c.to_string());
                match c {
                    'l' => self.request = Some(Request::Redraw),
                    'y' => self.request = Some(Request::Copy("what was asked for".to_owned())),
                    'q' => self.quit = true,
                    'z' => self.request = Some(Request::Suspend),
                    'v' => {
                        self.request = Some(Request::Lend);
                        return vec![Effect::ListKeys];
                    }
                    't' => self.deadline = Some(now_ms + 1000),
                    'e' => return vec![Effect::ListKeys, Effect::CancelLoading],
                    _ => {}
                }
            }
            Message::Deadline => {
                self.told.push(format!("deadline at {now_ms}"));
            }
            Message::Stopped => {
                self.told.push("back".to_owned());
                self.request = Some(Request::TakeBack);
            }
            Message::Resize(..) => self.began = self.began.or(Some(Instant::now())),
            other => self.told.push(format!("{other:?}")),
        }
        Vec::new()
    }

    fn view(&self, frame: &mut Frame<'_>) {
        frame.render_widget(Paragraph::new(self.told.concat()), frame.area());
        let began = self.began.expect("the size is told first");
        self.frames.borrow_mut().push(began.elapsed());
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    fn deadline_ms(&self) -> Option<u64> {
        self.deadline
    }

    fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    fn finished(&self) -> Option<Exit> {
        self.quit.then_some(Exit::Quit)
    }
}

/// A canvas in memory, and what was asked of it.
struct Memory {
    terminal: Terminal<TestBackend>,
    calls: Vec<&'static str>,
}

impl Canvas for Memory {
    fn size(&self) -> io::Result<(u16, u16)> {
        Ok((40, 2))
    }

    fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.calls.push("draw");
        self.terminal
            .draw(view)
            .map(|_| ())
            .map_err(io::Error::other)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.calls.push("clear");
        Ok(())
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        assert_eq!(text, "what was asked for");
        self.calls.push("copy");
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<bool> {
        self.calls.push("suspend");
        Ok(true)
    }

    fn lend(&mut self) {
        self.calls.push("lend");
    }

    fn resume(&mut self) -> io::Result<()> {
        self.calls.push("resume");
        Ok(())
    }
}

/// Keys that a test presses.
struct Keys {
    typed: UnboundedReceiver<io::Result<Event>>,
    /// Whether somebody else reads.
    resting: bool,
}

impl Keyboard for Keys {
    fn typed(&mut self) -> &mut UnboundedReceiver<io::Result<Event>> {
        assert!(!self.resting, "somebody else reads");
        &mut self.typed
    }

    fn rest(&mut self) {
        self.resting = true;
        while self.typed.try_recv().is_ok() {}
    }

    fn listen(&mut self) -> io::Result<()> {
        self.resting = false;
        Ok(())
    }
}

/// A loop over a diary, and the ends that a test holds.
struct Bench {
    diary: Diary,
    canvas: Memory,
    signals: (UnboundedSender<Signal>, UnboundedReceiver<Signal>),
    input: (UnboundedSender<io::Result<Event>>, Keys),
    messages: (
        Option<UnboundedSender<Message>>,
        Option<UnboundedReceiver<Message>>,
    ),
    effects: (UnboundedSender<Effect>, UnboundedReceiver<Effect>),
}

impl Bench {
    fn new() -> Self {
        let (sender, receiver) = unbounded_channel();
        let (press, typed) = unbounded_channel();
        Self {
            diary: Diary::default(),
            canvas: Memory {
                terminal: Terminal::new(TestBackend::new(40, 2)).expect("memory is there"),
                calls: Vec::new(),
            },
            signals: unbounded_channel(),
            input: (
                press,
                Keys {
                    typed,
                    resting: false,
                },
            ),
            messages: (Some(sender), Some(receiver)),
            effects: unbounded_channel(),
        }
    }

    fn press(&self, keys: &str) {
        for c in keys.chars() {
            let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            self.input
                .0
                .send(Ok(Event::Key(key)))
                .expect("the loop holds the other end");
        }
    }

    fn signal(&self, signal: Signal) {
        self.signals
            .0
            .send(signal)
            .expect("the loop holds the other end");
    }

    /// Runs the loop until it ends or an hour has passed.
    fn run(&mut self) -> Option<Result<Exit, Error>> {
        self.run_while(async {})
    }

    /// The same while something else happens.
    fn run_while(
        &mut self,
        happens: impl Future<Output = ()> + 'static,
    ) -> Option<Result<Exit, Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let runtime = runtime.expect("a runtime can be made");
        let around = tokio::task::LocalSet::new();
        around.spawn_local(happens);
        around.block_on(&runtime, async {
            tokio::time::timeout(Duration::from_secs(3600), self.drive())
                .await
                .ok()
        })
    }

    async fn drive(&mut self) -> Result<Exit, Error> {
        let sources = Sources {
            signals: &mut self.signals.1,
            keyboard: &mut self.input.1,
            messages: self.messages.1.take().expect("the loop runs once"),
        };
        drive(&mut self.diary, &mut self.canvas, sources, &self.effects.0).await
    }

    fn told(&self) -> String {
        self.diary.told.join(" ")
    }
}

#[test]
fn nothing_runs_while_nothing_happens() {
    let mut bench = Bench::new();
    assert!(bench.run().is_none());
    assert_eq!(bench.canvas.calls, ["draw"]);
    assert!(bench.diary.told.is_empty());
}

#[test]
fn a_burst_of_keys_is_one_frame() {
    let mut bench = Bench::new();
    bench.press(&"j".repeat(200));
    assert!(bench.run().is_none());
    assert_eq!(bench.diary.told.len(), 200);
    assert_eq!(bench.canvas.calls, ["draw", "draw"]);
}

#[test]
fn three_hundred_keys_at_once_are_three_frames_at_most() {
    let mut bench = Bench::new();
    bench.press(&"j".repeat(300));
    assert!(bench.run().is_none());
    assert_eq!(bench.diary.told.len(), 300);
    let frames = bench.canvas.calls.iter().filter(|call| **call == "draw");
    assert!(frames.count() <= 3, "{:?}", bench.canvas.calls);
}

#[test]
fn a_change_right_after_a_frame_waits_for_its_turn() {
    let mut bench = Bench::new();
    bench.press("j");
    assert!(bench.run().is_none());
    let frames = bench.diary.frames.borrow();
    assert_eq!(*frames, [Duration::ZERO, FRAME]);
}

#[test]
fn what_was_typed_first_is_told_first_and_quitting_ends_the_loop() {
    let mut bench = Bench::new();
    bench.press("abqc");
    assert!(matches!(bench.run(), Some(Ok(Exit::Quit))));
    assert!(bench.told().starts_with("a b q"));
}

#[test]
fn effects_leave_in_the_order_they_were_asked_for() {
    let mut bench = Bench::new();
    bench.press("ee");
    assert!(bench.run().is_none());
    let mut effects = Vec::new();
    while let Ok(effect) = bench.effects.1.try_recv() {
        effects.push(format!("{effect:?}"));
    }
    assert_eq!(
        effects,
        ["ListKeys", "CancelLoading", "ListKeys", "CancelLoading"]
    );
}

#[test]
fn a_released_key_and_a_change_of_focus_are_not_told() {
    let mut bench = Bench::new();
    let released = KeyEvent::new_with_kind(
        KeyCode::Char('a'),
        KeyModifiers::NONE,
        KeyEventKind::Release,
    );
    let repeated =
        KeyEvent::new_with_kind(KeyCode::Char('r'), KeyModifiers::NONE, KeyEventKind::Repeat);
    for event in [
        Event::Key(released),
        Event::FocusLost,
        Event::Key(repeated),
        Event::FocusGained,
    ] {
        bench
            .input
            .0
            .send(Ok(event))
            .expect("the loop holds the other end");
    }
    assert!(bench.run().is_none());
    assert_eq!(bench.told(), "r");
}

#[test]
fn a_paste_arrives_in_one_piece() {
    let mut bench = Bench::new();
    bench
        .input
        .0
        .send(Ok(Event::Paste("qqq\nd1".into())))
        .expect("the loop holds the other end");
    assert!(bench.run().is_none());
    assert_eq!(bench.told(), r#"Paste("qqq\nd1")"#);
}

#[test]
fn a_deadline_is_told_once_when_it_has_come() {
    let mut bench = Bench::new();
    bench.press("t");
    assert!(bench.run().is_none());
    assert_eq!(bench.told(), "t deadline at 1000");
}

#[test]
fn a_signal_goes_before_keys_that_wait() {
    let mut bench = Bench::new();
    bench.press("aaa");
    bench.signal(Signal::End(15));
    assert!(matches!(bench.run(), Some(Ok(Exit::Signal(15)))));
    assert!(bench.diary.told.is_empty());
}

#[test]
fn a_suspended_program_draws_nothing_until_it_goes_on() {
    let mut bench = Bench::new();
    bench.press("za");
    assert!(bench.run().is_none());
    assert_eq!(bench.canvas.calls, ["draw", "suspend"]);
    assert_eq!(bench.told(), "z");

    let mut bench = Bench::new();
    bench.signal(Signal::Suspend);
    bench.signal(Signal::Continued);
    bench.press("a");
    assert!(bench.run().is_none());
    assert_eq!(bench.canvas.calls[..3], ["draw", "suspend", "resume"]);
    assert_eq!(bench.told(), "a");
}

#[test]
fn what_is_copied_goes_to_the_terminal_and_draws_nothing_anew() {
    let mut bench = Bench::new();
    bench.press("y");
    assert!(bench.run().is_none());
    assert_eq!(bench.canvas.calls[..2], ["draw", "copy"]);
    assert!(!bench.canvas.calls.contains(&"clear"));
}

#[test]
fn while_the_terminal_is_lent_nothing_is_drawn_and_no_key_is_read() {
    let mut bench = Bench::new();
    bench.press("va");
    assert!(bench.run().is_none());
    assert_eq!(bench.canvas.calls, ["draw", "lend"]);
    assert_eq!(bench.told(), "v", "what was typed ahead is forgotten");
    assert!(bench.effects.1.try_recv().is_ok(), "it was handed out");

    let mut bench = Bench::new();
    bench.press("va");
    let (signals, messages) = (bench.signals.0.clone(), bench.messages.0.clone());
    let happens = async move {
        let soon = || tokio::time::sleep(Duration::from_secs(1));
        soon().await;
        for signal in [Signal::Suspend, Signal::Continued] {
            signals.send(signal).expect("the loop holds the other end");
        }
        soon().await;
        let messages = messages.expect("the loop has not ended");
        messages
            .send(Message::Stopped)
            .expect("the loop holds the other end");
    };
    assert!(bench.run_while(happens).is_none());
    assert_eq!(bench.told(), "v back");
    assert_eq!(
        bench.canvas.calls,
        ["draw", "lend", "suspend", "resume", "draw"],
        "it stops with whoever has the terminal, and does not take it when both go on"
    );

    let mut bench = Bench::new();
    bench.press("v");
    let signals = bench.signals.0.clone();
    let ended = bench.run_while(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        signals
            .send(Signal::End(15))
            .expect("the loop holds the other end");
    });
    assert!(matches!(ended, Some(Ok(Exit::Signal(15)))));
}

#[test]
fn everything_is_drawn_anew_when_asked_for() {
    let mut bench = Bench::new();
    bench.press("l");
    assert!(bench.run().is_none());
    assert_eq!(bench.canvas.calls, ["draw", "clear", "draw"]);
}

#[test]
fn a_suspended_program_can_be_ended() {
    let mut bench = Bench::new();
    bench.signal(Signal::Suspend);
    bench.signal(Signal::End(1));
    assert!(matches!(bench.run(), Some(Ok(Exit::Signal(1)))));
    assert_eq!(bench.canvas.calls, ["draw", "suspend"]);
}

#[test]
fn a_stop_that_nobody_announced_is_made_good_when_the_program_goes_on() {
    let mut bench = Bench::new();
    bench.signal(Signal::Continued);
    assert!(bench.run().is_none());
    assert_eq!(bench.canvas.calls, ["draw", "resume", "draw"]);
}

#[test]
fn the_screens_end_when_nobody_writes_decisions_any_more() {
    let mut bench = Bench::new();
    bench.messages.0 = None;
    assert!(matches!(bench.run(), Some(Err(Error::Abandoned))));
}

#[test]
fn a_terminal_that_is_gone_ends_the_screens() {
    let mut bench = Bench::new();
    bench
        .input
        .0
        .send(Err(io::ErrorKind::BrokenPipe.into()))
        .expect("the loop holds the other end");
    assert!(matches!(bench.run(), Some(Err(Error::Read(_)))));
}
