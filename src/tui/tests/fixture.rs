//! A review on a screen in memory: keys are pressed, entries come back as if from the disk.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, style::Modifier};

use crate::{
    domain::{
        account::{AccountId, Fact, Kind, TwoFactor},
        campaign::{Campaign, Terms},
        fixture::{Org, entry, provenance},
        items::Item,
        journal::{Decided, Event, Opened},
        provenance::Gap,
        snapshot::Snapshot,
        text::Raw,
    },
    tui::{
        app::{self, State},
        effect::Effect,
        message::{self, Message},
        theme::{Colors, Look},
    },
};

/// A dozen accounts with names in many scripts, a tree of teams, and some access by several ways.
pub(in crate::tui) fn acme() -> Arc<Snapshot> {
    let time = |text: &str| Fact::Known(text.parse().expect("a time"));
    let mut org = Org::new();
    org.account("Ada", "Keller", |it| {
        it.two_factor = Fact::Known(TwoFactor::Active);
    })
    .account("Ben", "Ôkafor", |it| {
        it.last_sign_in = time("2026-03-29T10:00:00Z");
        it.two_factor = Fact::Known(TwoFactor::NotSetUp);
    })
    .account("Cleo", "Gast", |it| it.kind = Kind::Collaborator)
    .account("Dan", "Alt", |it| {
        it.archived = Fact::Known(true);
        it.left_at = time("2025-12-31T00:00:00Z");
    })
    .account("Eva", "Müller-Tanaka", |it| {
        it.suspended = Fact::Known(true);
    })
    .account("Farid", "الحسن", |_| {})
    .account("Gil", "שלום", |it| it.kind = Kind::Guest)
    .account("Hiro", "田中", |_| {})
    .account(
        "Inês",
        "Duarte de Albuquerque e Castro da Silva Teixeira",
        |_| {},
    )
    .account("Zoe\u{200b}", "\u{202e}nimda", |_| {})
    .account("👩‍👩‍👧", "Family", |it| it.kind = Kind::Unknown)
    .account("Kai", "García", |it| it.archived = Fact::Unknown)
    .team("Engineering", None, |_| {})
    .team("Payments", Some("Engineering"), |_| {})
    .team("Attic", None, |it| it.disbanded = Fact::Known(true))
    .project("atlas-billing")
    .project("atlas-ledger-archive-of-all-years-since-the-beginning")
    .project("会計レポート")
    .project("\u{202e}esrever")
    .project("esc\u{1b}[31mape")
    .join("Ada", "Payments", |it| it.lead = Fact::Known(true))
    .join("Ben", "Payments", |it| {
        it.since = time("2024-02-11T00:00:00Z");
    })
    .join("Hiro", "Engineering", |it| it.pending = Fact::Known(true))
    .join("Dan", "Attic", |_| {})
    .join("Kai", "Payments", |it| {
        it.till = time("2025-06-30T00:00:00Z");
    })
    .account_role("Ada", None, "org:admin")
    .account_role("Ben", Some("atlas-billing"), "project:admin")
    .account_role(
        "Ben",
        Some("atlas-ledger-archive-of-all-years-since-the-beginning"),
        "project:member",
    )
    .account_role("Ben", Some("会計レポート"), "project:member")
    .account_role("Ben", Some("\u{202e}esrever"), "project:member")
    .account_role("Ben", Some("esc\u{1b}[31mape"), "project:admin")
    .account_role("Cleo", Some("atlas-billing"), "project:external")
    .account_role("Farid", Some("会計レポート"), "project:member")
    .account_role("Hiro", Some("会計レポート"), "project:admin")
    .team_role("Engineering", Some("会計レポート"), "project:member")
    .team_role("Payments", Some("atlas-billing"), "project:member")
    .team_role("Attic", Some("atlas-billing"), "project:member");
    org.snapshot()
}

/// An account with `n` projects, for bulks; the reviewer has two of them, too.
pub(in crate::tui) fn many(n: usize) -> Arc<Snapshot> {
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Ben", "Ôkafor", |_| {});
    for place in 0..n {
        let name = format!("p{place:03}");
        org.project(&name)
            .account_role("Ben", Some(&name), "project:member");
    }
    org.snapshot()
}

/// A review of `snapshot` by Ada that has just begun.
pub(in crate::tui) fn begun(snapshot: &Arc<Snapshot>, gaps: Vec<Gap>) -> Campaign {
    scoped(snapshot, gaps, None)
}

/// The same with a scope.
pub(super) fn scoped(snapshot: &Arc<Snapshot>, gaps: Vec<Gap>, scope: Option<&str>) -> Campaign {
    let mut provenance = provenance();
    provenance.gaps = gaps;
    let opened = Opened {
        previous: None,
        previous_record: None,
        review: "2026-q1".to_owned(),
        reviewer: Raw::from("ada"),
        reviewer_account: Some(AccountId("ada".into())),
        items: snapshot.len() as u64,
        accounts: snapshot.accounts().len() as u64,
        scope: scope.map(Raw::from),
        provenance,
        tool: "muster 0.1.0".to_owned(),
    };
    Campaign::open(
        Arc::clone(snapshot),
        Terms::default(),
        entry(1, Event::Opened(Box::new(opened))),
    )
    .expect("it opens")
}

pub(super) fn gap() -> Gap {
    Gap {
        call: "GET projects/{project}/people/members".to_owned(),
        missing: Raw::from("participants of 3 projects"),
        reason: Raw::from("the token may not read them"),
    }
}

/// A review on a screen.
pub(super) struct Run {
    pub(super) state: State,
    pub(super) now_ms: u64,
    size: (u16, u16),
    seq: u32,
    /// Whether entries come back by themselves.
    pub(super) saves: bool,
    /// Events that were sent to the disk.
    pub(super) sent: Vec<Event>,
    /// What else was asked for.
    pub(super) asked: Vec<Effect>,
    waiting: Vec<Event>,
}

impl Run {
    pub(super) fn of(snapshot: &Arc<Snapshot>, size: (u16, u16)) -> Self {
        Self::open(
            begun(snapshot, Vec::new()),
            size,
            Look::new(Colors::Full, false),
            None,
        )
    }

    pub(super) fn open(
        campaign: Campaign,
        size: (u16, u16),
        look: Look,
        read_only: Option<&str>,
    ) -> Self {
        campaign.signals();
        Self::begin(campaign, size, look, read_only)
    }

    /// The same before anything is prepared.
    pub(super) fn begin(
        campaign: Campaign,
        size: (u16, u16),
        look: Look,
        read_only: Option<&str>,
    ) -> Self {
        let mut run = Self {
            state: State::new(look, size),
            now_ms: 1_000_000,
            size,
            seq: campaign.next_seq() - 1,
            saves: true,
            sent: Vec::new(),
            asked: Vec::new(),
            waiting: Vec::new(),
        };
        run.tell(Message::Opened(Box::new(message::Opened {
            campaign,
            read_only: read_only.map(crate::domain::text::SafeText::of),
            notice: None,
            principal: "ada@example.com".to_owned(),
            now: crate::domain::fixture::now(),
            views: Vec::new(),
            views_wrong: None,
        })));
        run
    }

    /// Sends a message and carries out what comes of it.
    pub(super) fn tell(&mut self, message: Message) {
        let effects = app::update(&mut self.state, message, self.now_ms);
        for effect in effects {
            match effect {
                Effect::Append(event) => {
                    self.sent.push(event.clone());
                    self.waiting.push(event);
                    if self.saves {
                        self.save();
                    }
                }
                Effect::Prepare => {}
                effect => self.asked.push(effect),
            }
        }
    }

    /// Lets the oldest waiting event reach the disk.
    pub(super) fn save(&mut self) {
        let event = self.waiting.remove(0);
        self.seq += 1;
        self.tell(Message::Appended(Box::new(entry(self.seq, event))));
    }

    /// Refuses the oldest waiting event.
    pub(super) fn refuse(&mut self, why: &str) {
        self.waiting.remove(0);
        self.tell(Message::Refused(crate::domain::text::SafeText::of(why)));
    }

    /// Presses keys: words of one character are that key, others are names such as `enter` and `^r`. Keys come
    /// slowly enough that no confirmation drops them.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ').filter(|word| !word.is_empty()) {
            self.now_ms += 400;
            self.tell(Message::Key(key(word)));
        }
        self
    }

    /// Types text character by character.
    pub(super) fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.now_ms += 30;
            self.tell(Message::Key(KeyEvent::from(KeyCode::Char(c))));
        }
        self
    }

    /// The changes of items that were sent.
    pub(super) fn decided(&self) -> Vec<&Decided> {
        let decided = self.sent.iter().filter_map(|event| match event {
            Event::Decided(decided) => Some(decided),
            _ => None,
        });
        decided.collect()
    }

    pub(super) fn buffer(&mut self) -> (Buffer, Option<(u16, u16)>) {
        self.buffer_of(self.size)
    }

    fn buffer_of(&mut self, (wide, high): (u16, u16)) -> (Buffer, Option<(u16, u16)>) {
        let mut terminal = Terminal::new(TestBackend::new(wide, high)).expect("a screen in memory");
        let mut cursor = None;
        terminal
            .draw(|frame| {
                app::view(&self.state, frame);
                cursor = Some(());
            })
            .expect("drawing to memory");
        self.state.dirty = false;
        let position = terminal.get_cursor_position().expect("a screen in memory");
        let position = cursor.map(|()| (position.x, position.y));
        (terminal.backend().buffer().clone(), position)
    }

    /// The screen as text, without the blanks at the ends of its rows.
    pub(super) fn screen(&mut self) -> String {
        text(&self.buffer().0)
    }

    pub(super) fn resize(&mut self, wide: u16, high: u16) {
        self.size = (wide, high);
        self.tell(Message::Resize(wide, high));
    }

    /// The row above the footer.
    pub(super) fn toast(&mut self) -> String {
        let screen = self.screen();
        let rows: Vec<&str> = screen.lines().collect();
        rows[rows.len() - if self.size.0 >= 180 { 3 } else { 2 }]
            .trim()
            .to_owned()
    }

    /// The row with the cursor.
    pub(super) fn cursor_row(&mut self) -> String {
        let (buffer, cursor) = self.buffer();
        let (_, y) = cursor.expect("a cursor");
        text(&buffer)
            .lines()
            .nth(usize::from(y))
            .unwrap_or("")
            .to_owned()
    }
}

/// The item whose holder, resource and role begin with these names.
pub(super) fn item(snapshot: &Snapshot, holder: &str, resource: &str, role: &str) -> Item {
    crate::domain::fixture::item(snapshot, holder, resource, role)
}

pub(in crate::tui) fn key(word: &str) -> KeyEvent {
    let code = match word {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "bs" => KeyCode::Backspace,
        word => {
            let c = word.chars().next_back().expect("a key");
            let modifiers = match word.len() - c.len_utf8() {
                0 => KeyModifiers::NONE,
                _ => KeyModifiers::CONTROL,
            };
            return KeyEvent::new(KeyCode::Char(c), modifiers);
        }
    };
    KeyEvent::from(code)
}

/// A key as a terminal reports it that is held down.
pub(in crate::tui) fn repeated(word: &str) -> KeyEvent {
    KeyEvent {
        kind: KeyEventKind::Repeat,
        ..key(word)
    }
}

pub(in crate::tui) fn text(buffer: &Buffer) -> String {
    let mut rows = Vec::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut hidden = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if hidden == 0 {
                row.push_str(symbol);
                hidden = crate::tui::widget::text::width(symbol).max(1);
            }
            hidden -= 1;
        }
        rows.push(row.trim_end().to_owned());
    }
    rows.join("\n")
}

/// The styles of a screen, row by row as runs: what text has which attributes.
pub(super) fn styles(buffer: &Buffer) -> String {
    let mut rows = Vec::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(String, usize)> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let mut style = String::new();
            for (modifier, word) in [
                (Modifier::BOLD, "bold"),
                (Modifier::DIM, "dim"),
                (Modifier::UNDERLINED, "underlined"),
                (Modifier::REVERSED, "reversed"),
            ] {
                if cell.modifier.contains(modifier) {
                    style.push_str(word);
                    style.push(' ');
                }
            }
            if cell.fg != ratatui::style::Color::Reset {
                style.push_str(&cell.fg.to_string());
            }
            let style = if style.is_empty() {
                "-".to_owned()
            } else {
                style.trim().to_owned()
            };
            match runs.last_mut() {
                Some((last, n)) if *last == style => *n += 1,
                _ => runs.push((style, 1)),
            }
        }
        let row: Vec<String> = runs
            .iter()
            .map(|(style, n)| format!("{n} {style}"))
            .collect();
        rows.push(format!("{y:>2}: {}", row.join(", ")));
    }
    rows.join("\n")
}
