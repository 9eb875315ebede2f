//! Grouping, sorting and views: what stands together, in which order, and under which name.

use super::{
    compared,
    fixture::{Run, acme, many},
};
use crate::{
    domain::{
        filter::Filter,
        fixture::Org,
        items::ItemSet,
        journal::{Chosen, Event},
        text::SafeText,
        view::{Grouping, Sort, View},
    },
    tui::{
        effect::{Effect, ViewChange},
        message::Message,
        runtime::Request,
    },
};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (40, 10)];

fn run(size: (u16, u16)) -> Run {
    let mut run = Run::of(&acme(), size);
    run.press("a a s d 2");
    run
}

fn own(run: &mut Run, views: Vec<View>) {
    run.tell(Message::Views {
        own: views,
        done: SafeText::of("done"),
    });
}

fn payments() -> View {
    View {
        name: "payments".to_owned(),
        filter: "team:Payments".to_owned(),
        grouping: Grouping::Role,
        sort: Sort::named("-name").expect("an order"),
    }
}

#[test]
fn each_grouping_at_each_size() {
    for (name, keys) in [
        ("by_project", "o p"),
        ("by_role", "o r o R"),
        ("by_team", "o t"),
        ("flat", "o f o R"),
    ] {
        for size in SIZES {
            let mut run = run(size);
            run.press(keys);
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), run.screen());
        }
    }
    for size in SIZES {
        let mut run = run(size);
        own(&mut run, vec![payments()]);
        run.press("o 2 o");
        insta::assert_snapshot!(format!("views_{}x{}", size.0, size.1), run.screen());
    }
    let mut run = run((80, 24));
    run.press("o p tab");
    insta::assert_snapshot!("queue_by_project_80x24", run.screen());
}

#[test]
fn every_grouping_can_be_gone_through_to_the_last_item() {
    for group in ["a", "t", "p", "r", "f"] {
        for sort in ["N", "R", "L", "O"] {
            let mut run = Run::of(&many(9), (80, 24));
            run.press("o")
                .press(group)
                .press("o")
                .press(sort)
                .press("n");
            // Ada reviews, so what is hers is left; keys come slowly enough to be no bounce.
            for _ in 0..12 {
                run.press("a n");
            }
            let kept: ItemSet = run
                .decided()
                .into_iter()
                .filter_map(|decided| decided.items.first())
                .collect();
            let open = run.state.campaign().progress().undecided;
            assert_eq!(
                kept.len() as u64 + open,
                run.state.campaign().items().len() as u64
            );
            let left = Filter::parse("is:undecided -is:own").expect("a filter");
            assert!(
                left.select(run.state.campaign()).is_empty(),
                "{group} {sort}"
            );
        }
    }
}

#[test]
fn the_item_under_the_cursor_stays_there_however_it_is_put_together() {
    let mut run = run((120, 40));
    run.press("/").types("hiro").press("enter");
    run.press("home down");
    for keys in [
        "o p", "o r", "o t", "o f", "o R", "o R", "o L", "o O", "o a", "o .",
    ] {
        run.press(keys);
        let screen = run.screen();
        let why = screen
            .lines()
            .find(|line| line.contains("What"))
            .unwrap_or_default();
        assert!(why.contains("Engineering"), "{keys}\n{screen}");
    }
}

#[test]
fn the_order_by_open_items_does_not_move_under_the_cursor() {
    let mut run = run((120, 40));
    run.press("o O tab home enter");
    let names = |run: &mut Run| -> Vec<String> {
        let screen = run.screen();
        let rows = screen.lines().skip(4).take(16);
        rows.map(|row| row.chars().skip(3).take(18).collect())
            .collect()
    };
    let before = names(&mut run);
    run.press("a a a");
    assert_eq!(names(&mut run), before, "{}", run.screen());
    run.press("o .");
    assert_ne!(names(&mut run), before, "asked for, it is made anew");
}

#[test]
fn marks_survive_grouping_sorting_and_filtering() {
    let mut run = run((120, 40));
    run.press("/").types("ben").press("enter").press("*");
    assert!(run.screen().contains("7 marked"));
    for keys in ["o p", "o R", "/ h i r o enter", "o f", "o a", "o r"] {
        run.press(keys);
        assert!(
            run.screen().contains("7 marked"),
            "{keys}\n{}",
            run.screen()
        );
    }
    run.press("s");
    let [.., Event::Decided(_)] = &run.sent[..] else {
        // It is confirmed first.
        run.press("y");
        let last = run.decided().into_iter().last().expect("it is decided");
        assert_eq!(
            last.items.len(),
            4,
            "three of the seven are decided already"
        );
        return;
    };
}

#[test]
fn ranges_run_over_the_rows_that_are_seen() {
    let mut run = run((120, 40));
    run.press("o f o R home v j j v");
    assert!(run.screen().contains("3 marked"), "{}", run.screen());
    run.press("-").press("o p tab home V j");
    assert!(
        run.screen().contains("range of projects"),
        "{}",
        run.screen()
    );
    run.press("V");
    let (wanted, screen) = (Filter::parse("project:=atlas-billing"), run.screen());
    let wanted = wanted.expect("a filter").select(run.state.campaign()).len();
    assert!(
        wanted > 0 && !screen.contains("nothing is marked"),
        "{screen}"
    );
}

#[test]
fn the_rest_of_a_project_is_recorded_as_the_filter_that_chooses_it() {
    for (group, wanted, asks) in [
        (
            "p",
            "project:=\"ATLAS-BILLING\" is:undecided",
            "of project atlas-billing",
        ),
        (
            "r",
            "role:=\"Project Member\" is:undecided",
            "of role Project Member",
        ),
    ] {
        let mut run = Run::of(&acme(), (120, 40));
        run.press("/")
            .types(wanted)
            .press("enter")
            .press("o")
            .press(group);
        run.press("esc");
        let before = run.state.campaign().clone();
        run.press("A");
        let screen = run.screen();
        assert!(
            screen.contains(asks) || screen.contains("in bulk"),
            "{screen}"
        );
        assert_eq!(run.decided().len(), 0);
        run.press("y");
        let decided = run.decided();
        let [decided] = &decided[..] else {
            panic!("one act: {}", run.screen());
        };
        let Chosen::Filter(text) = &decided.chosen else {
            panic!("{:?}", decided.chosen);
        };
        assert_eq!(text.raw(), wanted);
        // `decide --where` takes the same, and chooses at least what was decided; what is left out is told.
        let chosen = Filter::parse(text.raw()).expect("a filter").select(&before);
        assert!(decided.items.iter().all(|item| chosen.contains(item)));
    }
}

#[test]
fn the_rest_of_a_group_leaves_other_marks_alone() {
    let mut run = Run::of(&acme(), (120, 40));
    run.press("/")
        .types("hiro")
        .press("enter")
        .press("*")
        .press("esc esc");
    assert!(!run.screen().contains("3 marked"), "Esc takes marks first");
    run.press("g m")
        .press("o p")
        .press("/")
        .types("cleo project:atlas")
        .press("enter");
    run.press("A y");
    assert_eq!(run.decided().len(), 1, "{}", run.screen());
    assert!(run.screen().contains("3 marked"), "{}", run.screen());
}

#[test]
fn undo_goes_to_what_changed_in_every_grouping() {
    for group in ["t", "p", "r", "f"] {
        let mut run = run((120, 40));
        run.press("o").press(group).press("tab home enter home u");
        let screen = run.screen();
        let row = run.cursor_row();
        assert!(
            row.contains('↶') && row.contains("Ben"),
            "{group} {row}\n{screen}"
        );
    }
}

#[test]
fn a_group_counts_what_is_decided_through_bulk_undo_and_redo() {
    let mut run = Run::of(&many(6), (120, 40));
    run.press("o r");
    let counts = |run: &mut Run| -> Vec<String> {
        let screen = run.screen();
        let queue = screen.lines().skip(4).take(3);
        let counts = queue.flat_map(|row| row.split(' ').take(40));
        counts
            .filter(|word| word.contains('/'))
            .map(str::to_owned)
            .collect()
    };
    let before = counts(&mut run);
    run.press("/")
        .types("project:p0")
        .press("enter")
        .press("A y esc");
    let after = counts(&mut run);
    assert!(
        after.contains(&"6/6".to_owned()),
        "{before:?} {after:?}\n{}",
        run.screen()
    );
    run.press("u");
    assert_eq!(counts(&mut run), before);
    run.press("^r");
    assert_eq!(counts(&mut run), after);
}

#[test]
fn esc_takes_away_marks_then_the_filter_then_the_grouping() {
    let mut run = run((120, 40));
    run.press("/")
        .types("ben")
        .press("enter")
        .press("o p o R space");
    run.press("esc");
    assert!(!run.screen().contains("1 marked"));
    assert!(run.screen().contains("/ [ben]"));
    run.press("esc");
    assert!(!run.screen().contains("/ [ben]") && run.screen().contains("by project"));
    run.press("esc");
    assert!(!run.screen().contains("by project") && !run.screen().contains("risk"));
}

#[test]
fn a_digit_chooses_a_view_and_the_header_names_it() {
    let mut run = run((120, 40));
    run.press("o 2");
    let screen = run.screen();
    assert!(screen.contains("view privileged"), "{screen}");
    assert!(run.toast().starts_with("privileged: "), "{}", run.toast());
    run.press("o p");
    assert!(
        !run.screen().contains("view privileged"),
        "it is another one now"
    );
    run.press("o 0");
    assert_eq!(run.toast(), "! there is no such view");
    let mut compared = compared::run((120, 40));
    compared.press("o 6");
    let screen = compared.screen();
    assert!(
        screen.contains("4 items matched · view new or changed"),
        "{screen}"
    );
}

#[test]
fn what_is_shown_is_saved_under_a_name_renamed_and_deleted() {
    let mut run = run((120, 40));
    run.press("/")
        .types("team:payments")
        .press("enter")
        .press("o r o s");
    run.types("All Open").press("enter");
    assert!(
        run.screen().contains("there is a view all open already"),
        "{}",
        run.screen()
    );
    assert!(run.asked.is_empty());
    run.press("^u").types("mine").press("enter");
    let Some(Effect::Views(ViewChange::Save(view))) = run.asked.pop() else {
        panic!("it is saved");
    };
    assert_eq!((&*view.name, &*view.filter), ("mine", "team:payments"));
    assert_eq!(view.grouping, Grouping::Role);
    own(&mut run, vec![view]);
    assert!(run.screen().contains("view mine"), "{}", run.screen());
    run.press("e").press("^u").types("yours").press("enter");
    let Some(Effect::Views(ViewChange::Rename { from, to })) = run.asked.pop() else {
        panic!("it is renamed");
    };
    assert_eq!((&*from, &*to), ("mine", "yours"));
    run.press("esc o x y");
    let Some(Effect::Views(ViewChange::Delete(name))) = run.asked.pop() else {
        panic!("it is deleted: {}", run.screen());
    };
    assert_eq!(name, "mine");
    assert!(
        run.sent
            .iter()
            .all(|event| matches!(event, Event::Decided(_)))
    );
}

#[test]
fn views_that_are_always_there_are_not_deleted_and_trouble_with_the_file_is_told() {
    let mut run = run((120, 40));
    run.press("o home x");
    assert!(
        run.toast().contains("all open is always there"),
        "{}",
        run.toast()
    );
    run.tell(Message::ViewsFailed(SafeText::of("no space left")));
    assert_eq!(run.toast(), "! your views are as they were: no space left");
}

#[test]
fn the_commands_group_and_sort_by_name() {
    let mut run = run((120, 40));
    run.press(":").types("group-by-project").press("enter");
    assert!(run.screen().contains("by project"), "{}", run.screen());
    run.press(":").types("sort-by-risk").press("enter");
    assert!(run.screen().contains("▾ risk"), "{}", run.screen());
}

#[test]
fn y_copies_the_item_as_a_line_in_which_nothing_is_hidden() {
    let mut run = run((120, 40));
    run.press("/").types("esrever").press("enter y");
    let Some(Request::Copy(text)) = run.state.take_request() else {
        panic!("it is copied: {}", run.screen());
    };
    assert!(text.starts_with("item 10 "), "{text}");
    assert!(
        text.ends_with(": ‹U+202E›esrever / Project Member of Ben Ôkafor"),
        "{text}"
    );
    assert!(
        run.toast().starts_with("copied, if the terminal lets"),
        "{}",
        run.toast()
    );
    run.press("tab y");
    assert_eq!(run.state.take_request(), None);
    assert!(run.toast().contains("an item is copied"));
}

/// A review of more items than are counted at once.
fn large() -> Run {
    let mut org = Org::new();
    for project in 0..150 {
        org.project(&format!("p{project}"));
    }
    for account in 0..150 {
        let name = format!("a{account}");
        org.account(&name, "X", |_| {});
        for project in 0..150 {
            org.account_role(&name, Some(&format!("p{project}")), "project:member");
        }
    }
    Run::of(&org.snapshot(), (200, 60))
}

#[test]
fn the_views_of_a_large_review_are_counted_while_nothing_else_is_to_be_done() {
    let mut run = large();
    let all_open = |run: &mut Run| -> String {
        let screen = run.screen();
        let found = screen.lines().find(|line| line.starts_with(" 1 all open"));
        let panel = found.unwrap_or_default().chars().take(44);
        panel.collect::<String>().trim_end().to_owned()
    };
    assert!(all_open(&mut run).ends_with('…'), "{}", run.screen());
    let mut told = Vec::new();
    while let Some(due) = run.state.deadline_ms() {
        let later = told.last().is_none_or(|last| *last < due);
        assert!(later, "each is told once");
        told.push(due);
        assert!(told.len() < 50, "it comes to an end");
        run.now_ms = run.now_ms.max(due);
        run.tell(Message::Deadline);
    }
    assert!(all_open(&mut run).ends_with("22 651"), "{}", run.screen());
    // A key is not kept waiting: what it changes is counted afterwards.
    run.press("a j j");
    assert!(all_open(&mut run).ends_with("22 651"));
    assert!(run.state.deadline_ms().is_some());
}
