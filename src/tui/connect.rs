//! Connecting an organization, step by step: its address, a token, what the token may read, where it is kept.
//!
//! [`State`] owns all steps, so that what was typed in one is still there when an error leads back to it. The steps
//! are screens like those of a review and run in the same loop, with a [`Message`] and an [`Effect`] of their own. A
//! token is typed into a [`Secret`](super::widget::secret::Secret) and leaves it as a `SecretString`; nothing that is
//! drawn or printed has it.

pub(crate) mod message;

mod connected;
mod credentials;
mod found;
mod guide;
mod keep;
mod organization;

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use secrecy::SecretString;

use self::{
    connected::Last,
    credentials::Form,
    guide::Guide,
    keep::Keeping,
    message::{At, Effect, Found, Message},
    organization::Organization,
};
use super::{
    action::Action,
    keymap::{self, Context},
    runtime::{Exit, Request, Screens},
    screen::{ask::GUARD_MS, frame, review::moved},
    theme::Look,
    widget::pen::Pen,
};

/// What the screens begin with.
#[derive(Debug, Default)]
pub(crate) struct Start {
    /// What was named on the command line.
    pub(crate) organization: Option<String>,
    /// The client id that was named on the command line.
    pub(crate) client_id: Option<String>,
}

/// Everything the screens know.
#[derive(Debug)]
pub(crate) struct State {
    dirty: bool,
    look: Look,
    size: (u16, u16),
    request: Option<Request>,
    exit: Option<Exit>,
    step: Step,
    organization: Organization,
    form: Form,
    found: Option<Box<Found>>,
    /// The first line of what was found that is shown.
    top: usize,
    /// Until when keys that go on are dropped: the screen has changed by itself.
    guard: Option<u64>,
    keeping: Keeping,
    last: Option<Last>,
    guide: Option<Guide>,
}

/// Which screen is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The address of the organization.
    Organization,
    /// The token, and trying it.
    Credentials,
    /// What the token may read.
    Found,
    /// Where the token is kept.
    Keep,
    /// It is connected.
    Connected,
}

/// The smallest screen on which every step can be filled in.
const SMALLEST: (u16, u16) = (60, 16);

/// From here on the guide stands beside what is filled in.
const BESIDE: u16 = 118;

/// The longest line that is read with ease.
const LINE: usize = 100;

impl State {
    /// Begins with the address.
    pub(crate) fn new(look: Look, start: &Start) -> Self {
        Self {
            dirty: true,
            look,
            size: (0, 0),
            request: None,
            exit: None,
            step: Step::Organization,
            organization: Organization::of(start.organization.as_deref().unwrap_or_default()),
            form: Form::of(start.client_id.as_deref()),
            found: None,
            top: 0,
            guard: None,
            keeping: Keeping::default(),
            last: None,
            guide: None,
        }
    }

    /// Which keys count.
    fn context(&self) -> Context {
        match self.step {
            _ if self.guide.is_some() => Context::Guide,
            Step::Organization => Context::Organization,
            Step::Credentials if self.form.trying.is_some() => Context::Trying,
            Step::Credentials => Context::Credentials,
            Step::Found => Context::Found,
            Step::Keep => Context::Keep,
            Step::Connected if self.can_begin() => Context::Begin,
            Step::Connected => Context::Connected,
        }
    }

    fn can_begin(&self) -> bool {
        self.last.as_ref().is_some_and(Last::can_begin)
    }

    fn key(&mut self, key: KeyEvent, now_ms: u64, effects: &mut Vec<Effect>) {
        let context = self.context();
        let Some(action) = keymap::meaning(context, key) else {
            self.typed(key, effects);
            return;
        };
        // A key held down, or typed ahead of what is shown, goes nowhere.
        let guarded = self.guard.is_some_and(|until| now_ms < until);
        if action == Action::Accept && (guarded || key.kind == KeyEventKind::Repeat) {
            return;
        }
        match action {
            Action::Quit => self.exit = Some(Exit::Quit),
            Action::Suspend => self.request = Some(Request::Suspend),
            Action::Redraw => self.request = Some(Request::Redraw),
            Action::Help => self.guide = Some(Guide::default()),
            action => self.act(action, effects),
        }
    }

    fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        if let Some(guide) = &mut self.guide {
            if action == Action::Cancel {
                self.guide = None;
            } else {
                guide.go(action, self.size);
            }
            return;
        }
        match (self.step, action) {
            (Step::Organization, Action::Accept) => {
                if self.organization.accept() {
                    self.enter_credentials(effects);
                }
            }
            (Step::Credentials, Action::Cancel) if self.form.trying.is_some() => {
                self.form.stopping = true;
                effects.push(Effect::Stop);
            }
            (Step::Credentials, Action::Cancel) => self.step = Step::Organization,
            (Step::Credentials, action) => {
                let url = self.organization.url();
                effects.extend(url.and_then(|url| self.form.act(action, url)));
            }
            (Step::Found, Action::Cancel) => self.step = Step::Credentials,
            (Step::Found, Action::Accept) => self.step = Step::Keep,
            (Step::Found, action) => self.scroll(action),
            (Step::Keep, Action::Cancel) if !self.keeping.busy => self.step = Step::Found,
            (Step::Keep, action) => effects.extend(self.keeping.act(action)),
            (Step::Organization | Step::Connected, Action::Cancel | Action::Back) => {
                self.exit = Some(Exit::Quit);
            }
            (Step::Connected, action) => {
                effects.extend(self.last.as_mut().and_then(|last| last.act(action)));
            }
            (Step::Organization, _) => {}
        }
    }

    /// A key that is typed into a line, if there is one.
    fn typed(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        match (self.context(), &mut self.last) {
            (Context::Organization, _) => effects.extend(self.organization.typed(key)),
            (Context::Credentials, _) => self.form.typed(key),
            (Context::Begin, Some(last)) => last.typed(key),
            _ => {}
        }
    }

    fn paste(&mut self, text: &SecretString, effects: &mut Vec<Effect>) {
        match self.context() {
            Context::Organization => effects.extend(self.organization.paste(text)),
            Context::Credentials => self.form.paste(text),
            // Elsewhere a paste is a slip, and may be the token.
            _ => {}
        }
    }

    fn enter_credentials(&mut self, effects: &mut Vec<Effect>) {
        self.step = Step::Credentials;
        if self.keeping.keyring.is_none() {
            effects.push(Effect::TryKeyring);
        }
    }

    fn scroll(&mut self, action: Action) {
        let page = usize::from(self.size.1.saturating_sub(3)).max(1);
        let lines = self.found.as_ref().map_or(0, |found| {
            found::lines(found, &self.look, usize::from(self.size.0)).len()
        });
        let places = lines.saturating_sub(page) + 1;
        self.top = moved(self.top, places, page, action);
    }

    fn told(&mut self, message: Message, now_ms: u64, effects: &mut Vec<Effect>) {
        match message {
            Message::Understood { typed, meaning } => {
                if self.organization.understood(&typed, meaning) {
                    self.enter_credentials(effects);
                }
            }
            Message::Keyring(keyring) => self.keeping.tried(keyring),
            Message::Trying(trying) => {
                if self.form.trying.is_some() {
                    self.form.trying = Some(trying);
                }
            }
            Message::Stopped => self.form.stopped(),
            Message::TryFailed(refusal) => {
                self.form.ended();
                if refusal.at == At::Organization {
                    self.step = Step::Organization;
                    self.organization.failed = Some(refusal);
                } else {
                    self.form.failed = Some(refusal);
                }
            }
            Message::Found(found) => {
                self.form.ended();
                self.step = Step::Found;
                self.top = 0;
                self.guide = None;
                self.guard = Some(now_ms + GUARD_MS);
                self.found = Some(found);
            }
            Message::Connected(connected) => {
                // Nobody needs it here any more.
                self.form.forget();
                self.keeping.busy = false;
                self.step = Step::Connected;
                self.guide = None;
                self.last = Some(Last::of(connected));
            }
            Message::KeepFailed(refusal) => self.keeping.failed(refusal),
            Message::Begun => self.exit = Some(Exit::Quit),
            Message::NameRefused(why) => {
                if let Some(last) = &mut self.last {
                    last.refused(why);
                }
            }
            Message::Key(_) | Message::Paste(_) | Message::Resize(..) | Message::Nothing => {}
        }
    }

    /// Draws; the answer is where typing goes in.
    fn draw(&self, pen: &mut Pen<'_>) -> Option<(u16, u16)> {
        let look = pen.look();
        let full = pen.area();
        let last = pen.height().saturating_sub(1);
        let area = Rect {
            height: full.height.saturating_sub(1),
            ..full
        };
        frame::footer(pen, last, self.context(), None, false);
        if let Some(guide) = &self.guide {
            return Some(guide.draw(&mut pen.on(area)));
        }
        let title = match self.step {
            Step::Organization => "Connect, 1 of 3: the organization",
            Step::Credentials => "Connect, 2 of 3: a token",
            Step::Found => "Connect, 2 of 3: what it may read",
            Step::Keep => "Connect, 3 of 3: where it is kept",
            Step::Connected => "Connected",
        };
        pen.rule(0, &Line::from(Span::styled(title, look.theme.strong)));
        let mut under = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(1),
            ..area
        };
        let beside = matches!(self.step, Step::Organization | Step::Credentials);
        if beside && full.width >= BESIDE {
            let wide = (full.width * 2 / 5).min(76);
            under.width -= wide + 1;
            let divider = Rect {
                x: under.right(),
                width: 1,
                ..under
            };
            pen.on(divider).divider(0);
            let right = Rect {
                x: divider.right() + 1,
                width: wide.saturating_sub(1),
                ..under
            };
            guide::draw_beside(&mut pen.on(right));
        }
        let mut pen = pen.on(under);
        match (self.step, &self.found, &self.last) {
            (Step::Organization, ..) => self.organization.draw(&mut pen),
            (Step::Credentials, ..) => {
                let url = self.organization.url().unwrap_or_default();
                self.form.draw(&mut pen, url, self.keeping.keyring.as_ref())
            }
            (Step::Found, Some(found), _) => Some(found::draw(found, self.top, &mut pen)),
            (Step::Keep, Some(found), _) => Some(self.keeping.draw(&mut pen, found)),
            (Step::Connected, _, Some(last)) => last.draw(&mut pen),
            _ => None,
        }
    }
}

impl Screens for State {
    type Message = Message;
    type Effect = Effect;

    fn update(&mut self, message: Message, now_ms: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.dirty |= !matches!(message, Message::Nothing);
        match message {
            Message::Resize(wide, high) => {
                // The first one: what was named on the command line is not understood yet.
                if self.size == (0, 0) {
                    effects.extend(self.organization.ask());
                }
                self.size = (wide, high);
                self.scroll(Action::Redraw);
            }
            Message::Key(key) => self.key(key, now_ms, &mut effects),
            Message::Paste(text) => self.paste(&text, &mut effects),
            message => self.told(message, now_ms, &mut effects),
        }
        effects
    }

    fn view(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let mut pen = Pen::new(frame.buffer_mut(), area, &self.look);
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            draw_too_small(&mut pen);
            return;
        }
        let cursor = self.draw(&mut pen);
        if let Some((x, y)) = cursor.filter(|(x, y)| *x < area.right() && *y < area.bottom()) {
            frame.set_cursor_position((x, y));
        }
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    fn deadline_ms(&self) -> Option<u64> {
        None
    }

    fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    fn finished(&self) -> Option<Exit> {
        self.exit
    }
}

fn draw_too_small(pen: &mut Pen<'_>) {
    let times = pen.look().glyphs.times;
    let need = format!("connect needs {}{times}{}", SMALLEST.0, SMALLEST.1);
    let size = format!("this is {}{times}{}", pen.width(), pen.height());
    let lines = [
        &need,
        &size,
        "what you typed is still there",
        "^c quit, or make it larger",
    ];
    for (row, line) in lines.into_iter().enumerate() {
        pen.line(row, &Line::raw(line));
    }
}

/// Lines from top to bottom.
struct Rows<'p, 'a> {
    pen: &'p mut Pen<'a>,
    row: usize,
}

impl<'p, 'a> Rows<'p, 'a> {
    fn new(pen: &'p mut Pen<'a>, row: usize) -> Self {
        Self { pen, row }
    }

    /// Leaves a row free.
    fn gap(&mut self) {
        self.row += 1;
    }

    /// Draws one line.
    fn line(&mut self, column: usize, line: &Line<'_>) {
        self.pen.line_at(column, self.row, line);
        self.row += 1;
    }

    /// Draws a text in as many lines as it takes.
    fn text(&mut self, column: usize, text: &str, style: Style) {
        let wide = self.pen.width().saturating_sub(column + 1).min(LINE);
        for line in super::widget::text::wrap(text, wide) {
            self.line(column, &Line::styled(line, style));
        }
    }

    /// Draws a value behind its name, whole: what is confirmed is not cut.
    fn value(&mut self, column: usize, (name, dim): (&str, Style), (value, style): (&str, Style)) {
        self.pen
            .line_at(column, self.row, &Line::styled(name.to_owned(), dim));
        self.text(column + super::widget::text::width(name), value, style);
    }

    /// Draws what wants attention, behind a sign.
    fn alert(&mut self, text: &str, style: Style) {
        self.pen.line_at(1, self.row, &Line::styled("!", style));
        self.text(3, text, style);
    }

    /// Draws a no and what to do about it.
    fn refusal(&mut self, refusal: &message::Refusal) {
        let theme = &self.pen.look().theme;
        self.alert(refusal.why.as_str(), theme.error);
        if !refusal.hint.as_str().is_empty() {
            self.text(3, refusal.hint.as_str(), theme.text);
        }
    }

    /// Where column `column` of the row drawn last is on the screen.
    fn place(&self, column: usize) -> Option<(u16, u16)> {
        let area = self.pen.area();
        let x = area.x
            + u16::try_from(column)
                .ok()?
                .min(area.width.saturating_sub(1));
        let y = area.y + u16::try_from(self.row.checked_sub(1)?).ok()?;
        (y < area.bottom()).then_some((x, y))
    }
}

#[cfg(test)]
mod tests;
