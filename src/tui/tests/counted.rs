//! What a frame and a step cost, in things that can be counted on any machine.

use ratatui::{Terminal, backend::TestBackend};

use super::fixture::{Run, acme, begun, key, many};
use crate::{
    domain::snapshot::Snapshot,
    tui::{
        app,
        message::Message,
        theme::{Colors, Look},
    },
};

/// How often memory was asked for, and for how much in all.
fn counted(work: impl FnOnce()) -> (u64, u64) {
    let counted = allocation_counter::measure(work);
    (counted.count_total, counted.bytes_total)
}

/// What a step down and the frame after it ask the memory for, on a large screen.
fn step(snapshot: &std::sync::Arc<Snapshot>) -> (u64, u64) {
    let mut run = Run::of(snapshot, (200, 60));
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a screen in memory");
    let mut draw = |run: &mut Run| {
        let frame = |frame: &mut ratatui::Frame<'_>| app::view(&run.state, frame);
        terminal.draw(frame).expect("drawing to memory");
    };
    // What is made once is made by then.
    for word in ["down", "tab", "down", "down"] {
        run.tell(Message::Key(key(word)));
        draw(&mut run);
    }
    let down = Message::Key(key("down"));
    counted(|| {
        run.tell(down);
        draw(&mut run);
    })
}

#[test]
fn a_step_and_its_frame_cost_the_same_whatever_the_size() {
    let (few, many) = (many(100), many(3000));
    assert!(many.len() > 25 * few.len());
    let ((few_count, few_bytes), (many_count, many_bytes)) = (step(&few), step(&many));
    // Longer numbers may need another piece here and there; a row that is not on the screen would show.
    assert!(many_count <= few_count + 40, "{many_count}, {few_count}");
    assert!(
        many_bytes <= few_bytes + (8 << 10),
        "{many_bytes}, {few_bytes}"
    );
    assert!(many_count < 6_000, "{many_count}");
    assert!(many_bytes < 1 << 20, "{many_bytes}");
}

#[test]
fn the_first_screen_does_not_wait_for_signals() {
    let campaign = begun(&acme(), Vec::new());
    let look = Look::new(Colors::Full, false);
    let mut run = Run::begin(campaign.clone(), (120, 40), look, None);
    let screen = run.screen();
    for told in ["working out the signals", "Signals  being worked out"] {
        assert!(screen.contains(told), "{told}\n{screen}");
    }
    assert!(campaign.signals_made().is_none());
    campaign.signals();
    run.tell(Message::Prepared);
    assert!(run.state.dirty);
    let screen = run.screen();
    assert!(!screen.contains("work"), "{screen}");
    // From here on it is as if they had been made before.
    assert_eq!(screen, Run::of(&acme(), (120, 40)).screen());
}
