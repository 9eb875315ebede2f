//! `kill -9` while decisions stream in: none that was acknowledged is lost, none is invented.

use std::io::{BufRead as _, BufReader, Write as _};

use crate::program::{Home, Serving, piped};

/// How often the program is killed.
const KILLS: usize = 30;

#[test]
fn no_acknowledged_decision_is_lost_when_the_program_is_killed() {
    let home = Home::new();
    Serving::start(&home, "m").snapshot(&home, "q4").good();
    // Implicit grants are not kept but acknowledged; they come first, so they are done beforehand.
    home.run(&["decide", "q4", "--where", "is:implicit", "--acknowledge"])
        .good();
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let mut child = piped(&mut home.muster(&["review", "q4", "--plain"]));
        let mut input = child.stdin.take().expect("it is piped");
        // More than will be read: the program is killed in the middle of it.
        let writer = std::thread::spawn(move || {
            // The pipe breaks when the program is killed; that is the point.
            let _ = (0..2_000).try_for_each(|_| input.write_all(b"keep\n"));
        });
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        // Another number each time, so that the kill falls elsewhere.
        let wanted = 1 + kill * 7 % 40;
        let mut seen = 0;
        while seen < wanted {
            line.clear();
            assert!(
                output.read_line(&mut line).expect("text") > 0,
                "it ended by itself"
            );
            seen += usize::from(line.contains("Kept."));
        }
        child.kill().expect("it runs");
        // What was written before the kill is still in the pipe, and was acknowledged too.
        for line in output.lines().map_while(Result::ok) {
            seen += usize::from(line.contains("Kept."));
        }
        child.wait().expect("it was killed");
        writer.join().expect("it ends with the pipe");

        acknowledged += seen as u64;
        let kept = home.run(&["status", "q4", "--json"]).good().json()["kept"]
            .as_u64()
            .expect("a number");
        assert!(
            kept >= acknowledged,
            "kill {kill}: {acknowledged} acknowledged, {kept} on disk"
        );
        // At most the one decision that was being written when it was killed is there without its answer.
        assert!(
            kept <= acknowledged + 1,
            "kill {kill}: {acknowledged} acknowledged, {kept} on disk"
        );
        acknowledged = kept;
    }
}
