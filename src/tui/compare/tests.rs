//! What differs on a screen in memory: keys in, screens out.

use std::sync::Arc;

use ratatui::{Terminal, backend::TestBackend};

use super::{Sheet, Start, State};
use crate::{
    domain::{
        account::Fact,
        campaign::{Campaign, Terms},
        compared::{Compared, Kind},
        decision::{Change, Decision},
        fixture::{Org, campaign, entry, provenance},
        items::ItemSet,
        journal::{Chosen, Decided, Event, LeftOut},
        provenance::Gap,
        text::Raw,
    },
    tui::{
        message::Input,
        runtime::{Exit, Screens as _},
        tests::fixture::{key, text},
        theme::{Colors, Look},
    },
};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (40, 10)];

/// What is the same at both moments.
fn org(change: impl FnOnce(&mut Org)) -> Org {
    let mut org = Org::new();
    org.account("Ada", "Keller", |_| {})
        .account("Ben", "Ôkafor", |_| {})
        .account("Hiro", "田中", |_| {})
        .team("Engineering", None, |_| {})
        .team("Payments", Some("Engineering"), |_| {})
        .project("atlas-billing")
        .project("会計レポート")
        .project("esc\u{1b}[31mape");
    change(&mut org);
    org
}

/// Before, with revokes by Ada.
fn before() -> Campaign {
    let org = org(|org| {
        org.account("Zoe\u{200b}", "\u{202e}nimda", |_| {})
            .join("Ben", "Payments", |_| {})
            .account_role("Ben", Some("atlas-billing"), "project:admin")
            .account_role("Ben", Some("会計レポート"), "project:member")
            .account_role("Hiro", Some("esc\u{1b}[31mape"), "project:member")
            .account_role("Zoe\u{200b}", Some("atlas-billing"), "project:member")
            .team_role("Payments", Some("atlas-billing"), "project:member");
    });
    let snapshot = org.snapshot();
    let mut campaign = campaign(&snapshot);
    let filter = crate::domain::filter::Filter::parse("kind:project account:ben|hiro");
    let revoked: ItemSet = filter.expect("a filter").select(&campaign);
    assert_eq!(revoked.len(), 3);
    let decided = Decided {
        change: Change::Decide(Decision::Revoke),
        items: revoked,
        reason: Some(Raw::from("left \u{202e}team")),
        chosen: Chosen::Marked,
        left_out: LeftOut::default(),
    };
    campaign
        .apply(entry(2, Event::Decided(decided)))
        .expect("it may");
    campaign
}

/// After, with what `gaps` could not be read.
fn after(gaps: &[&str]) -> Campaign {
    let org = org(|org| {
        org.change_account("Hiro", |it| it.suspended = Fact::Known(true));
        org.account("Inês", "Duarte", |_| {})
            .join("Ben", "Payments", |_| {})
            .join("Inês", "Payments", |it| it.lead = Fact::Known(true))
            .account_role("Hiro", Some("esc\u{1b}[31mape"), "project:member")
            .team_role("Payments", Some("atlas-billing"), "project:member");
    });
    let snapshot = org.snapshot();
    let mut opened = campaign(&snapshot).opened().clone();
    opened.review = "live".to_owned();
    opened.provenance = provenance();
    opened.provenance.gaps = gaps
        .iter()
        .map(|call| Gap {
            call: (*call).to_owned(),
            missing: Raw::from("participants of 3 projects"),
            reason: Raw::from("the token may not read them"),
        })
        .collect();
    let first = entry(1, Event::Opened(Box::new(opened)));
    Campaign::open(Arc::clone(&snapshot), Terms::default(), first).expect("it opens")
}

struct Run<'a> {
    state: State<'a>,
}

impl<'a> Run<'a> {
    fn of(compared: &'a Compared<'a>, size: (u16, u16)) -> Self {
        let gaps = compared.newer().opened().provenance.gaps.len();
        let start = Start {
            compared,
            filter: None,
            sides: vec![
                "old  2026-q1, as of 2026-03-31 09:00 UTC; good, signer known".to_owned(),
                "new  live, as of 2026-03-31 09:00 UTC; read just now and not kept".to_owned(),
            ],
            warning: if gaps > 0 {
                format!("PARTIAL: the newer has {gaps} gaps")
            } else {
                String::new()
            },
        };
        let mut run = Self {
            state: State::new(Look::new(Colors::Full, false), start),
        };
        run.tell(Input::Resize(size.0, size.1));
        run
    }

    fn tell(&mut self, input: Input) {
        // There is nothing that could come back: nobody can make an effect.
        assert!(self.state.update(input, 0).is_empty());
    }

    fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ').filter(|word| !word.is_empty()) {
            self.tell(Input::Key(key(word)));
        }
        self
    }

    fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let code = crossterm::event::KeyCode::Char(c);
            self.tell(Input::Key(crossterm::event::KeyEvent::from(code)));
        }
        self
    }

    fn screen(&self) -> String {
        let (wide, high) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(wide, high)).expect("in memory");
        terminal
            .draw(|frame| self.state.view(frame))
            .expect("drawing to memory");
        text(terminal.backend().buffer())
    }
}

#[test]
fn each_part_is_shown_at_each_size() {
    let (old, new) = (before(), after(&[]));
    let partial = after(&["GET projects/{project}/people/members"]);
    let (compared, doubtful) = (Compared::of(&old, &new), Compared::of(&old, &partial));
    for size in SIZES {
        let name = |part: &str| format!("{part}_{}x{}", size.0, size.1);
        let mut run = Run::of(&compared, size);
        insta::assert_snapshot!(name("accounts"), run.screen());
        insta::assert_snapshot!(name("grants"), run.press("5 ]").screen());
        insta::assert_snapshot!(name("particulars"), run.press("6 enter").screen());
        insta::assert_snapshot!(name("compared"), run.press("esc w").screen());
        insta::assert_snapshot!(
            name("partial"),
            Run::of(&doubtful, size).press("6").screen()
        );
        insta::assert_snapshot!(name("help"), run.press("esc ?").screen());
    }
}

#[test]
fn keys_go_through_parts_kinds_of_change_and_particulars() {
    let (old, new) = (before(), after(&[]));
    let compared = Compared::of(&old, &new);
    let mut run = Run::of(&compared, (80, 24));
    assert_eq!(run.state.kind(), Kind::Account);
    run.press("tab tab tab tab");
    assert_eq!(run.state.kind(), Kind::Grant);
    run.press("tab tab");
    assert_eq!(run.state.kind(), Kind::Account);
    run.press("backtab backtab");
    assert_eq!(run.state.kind(), Kind::Grant);
    let word = |run: &Run<'_>| run.state.row().map(|row| row.said.word());
    assert_eq!(word(&run), Some("added"));
    for (keys, expected) in [
        ("]", "removed"),
        ("]", "changed"),
        ("]", "changed"),
        ("[", "removed"),
        ("j [", "removed"),
        ("[", "added"),
        ("G", "changed"),
        ("g g", "added"),
    ] {
        run.press(keys);
        assert_eq!(word(&run), Some(expected), "{keys}");
    }
    run.press("enter");
    assert!(matches!(run.state.sheet, Some(Sheet::Particulars { .. })));
    run.press("q");
    assert!(run.state.sheet.is_none() && run.state.exit.is_none());
    run.press("q");
    assert_eq!(run.state.exit, Some(Exit::Quit));
}

#[test]
fn a_filter_shows_less_until_esc_and_a_mistake_is_told() {
    let (old, new) = (before(), after(&[]));
    let compared = Compared::of(&old, &new);
    let all: usize = compared.rows().iter().map(Vec::len).sum();
    let shown = |run: &Run<'_>| run.state.all().iter().map(Vec::len).sum::<usize>();
    for size in SIZES {
        let mut run = Run::of(&compared, size);
        assert_eq!(shown(&run), all);
        run.press("/").types("accont:ben").press("enter");
        assert!(run.state.said.refused && run.state.sheet.is_some());
        assert!(run.screen().contains('!'), "{}", run.screen());
        run.press("ctrl-u").types("account:hiro").press("enter");
        assert!(shown(&run) > 0 && shown(&run) < all, "{}", run.screen());
        assert!(run.screen().contains("/account"), "{}", run.screen());
        run.press("esc");
        assert_eq!(shown(&run), all);
    }
}

#[test]
fn nothing_of_another_kind_reaches_the_screen_at_any_size() {
    let (old, new) = (before(), after(&["GET team-directory/profiles"]));
    let compared = Compared::of(&old, &new);
    for wide in [1, 20, 39, 40, 41, 59, 60, 79, 100, 119, 180, 250] {
        for high in [1, 5, 9, 10, 11, 16, 24, 30, 46, 70] {
            let mut run = Run::of(&compared, (wide, high));
            for keys in ["", "5", "6 enter", "esc w", "esc ?", "esc /"] {
                let screen = run.press(keys).screen();
                let hidden = screen
                    .chars()
                    .any(|c| c != '\n' && crate::format::canonical::is_hidden(c));
                assert!(!hidden, "{wide}x{high} after {keys}: {screen}");
                let enough = wide >= 40 && high >= 10;
                assert!(
                    !enough || keys.contains('?') || screen.contains("PARTIAL"),
                    "{screen}"
                );
            }
        }
    }
}
