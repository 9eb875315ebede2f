use std::io::BufReader;

use super::*;
use crate::domain::{
    account::Fact,
    fixture::{self, Org, acme, campaign, item, now},
    policy::Policy,
};

/// A review of `org` by lines: everything that was said, what was recorded, and how it ended.
struct Talk {
    said: String,
    recorded: Vec<Event>,
    campaign: Campaign,
    exit: PlainExit,
}

fn talk(org: &Org, lines: &str) -> Talk {
    talk_with(org, lines.as_bytes(), |_| Ok(()))
}

/// `disk` tells for each event whether it can be written.
fn talk_with(org: &Org, lines: &[u8], disk: impl FnMut(&Event) -> Result<(), String>) -> Talk {
    let snapshot = org.snapshot();
    let campaign = campaign(&snapshot);
    talk_in(campaign, lines, disk, &mut Place::new(None, now()))
}

fn talk_in(
    mut campaign: Campaign,
    lines: &[u8],
    mut disk: impl FnMut(&Event) -> Result<(), String>,
    place: &mut Place,
) -> Talk {
    let (mut recorded, mut said) = (Vec::new(), Vec::new());
    let mut next = campaign.next_seq();
    let exit = review(
        &mut campaign,
        &mut BufReader::new(lines),
        &mut said,
        &mut |event| {
            disk(&event)?;
            recorded.push(event.clone());
            next += 1;
            Ok(fixture::entry(next - 1, event))
        },
        place,
    );
    Talk {
        said: String::from_utf8(said).expect("what is said is text"),
        recorded,
        exit: exit.expect("memory does not fail"),
        campaign,
    }
}

const PROMPT: &str = "keep, revoke, later, why, next, back, undo, help, quit: ";

/// What was said after the last of `lines`.
fn answer(org: &Org, lines: &str) -> String {
    let said = talk(org, lines).said;
    let turns: Vec<&str> = said.split("quit: ").collect();
    let [.., answer, _] = &turns[..] else {
        panic!("{said}")
    };
    // The next prompt begins on a line of its own.
    answer
        .rsplit_once('\n')
        .expect("an answer ends its line")
        .0
        .trim()
        .to_owned()
}

#[test]
fn what_is_privileged_is_kept_for_a_reason_when_the_policy_says_so() {
    let snapshot = acme().snapshot();
    let admin = item(&snapshot, "Ben", "Pay", "Project Admin");
    let policy = Policy {
        privileged_keep_needs_reason: true,
        keep_reasons: Vec::new(),
        ..Policy::default()
    };
    let campaign = fixture::under(&snapshot, policy);
    let number = admin.number();
    let lines = format!("item {number}\nkeep\n\nkeep\n3\nkeep\non call\nquit\n");
    let talk = talk_in(
        campaign,
        lines.as_bytes(),
        |_| Ok(()),
        &mut Place::new(None, now()),
    );
    for said in [
        "is privileged, and the policy of this review wants a reason to keep it.",
        "Reason: text; an empty line cancels: Nothing was kept.",
        "Say a reason in words.",
        "Keep is a command, not a reason. Nothing is kept yet.",
    ] {
        assert!(talk.said.contains(said), "{said}: {}", talk.said);
    }
    let [Event::Decided(decided)] = &talk.recorded[..] else {
        panic!("{:?}", talk.recorded)
    };
    assert_eq!(decided.reason, Some(Raw::from("on call")));
}

#[test]
fn why_speaks_the_signals_with_what_they_looked_at() {
    let snapshot = acme().snapshot();
    let member = item(&snapshot, "Cleo", "Pay", "External");
    let policy = Policy {
        privileged_roles: vec!["external".into()],
        ..Policy::default()
    };
    let campaign = fixture::under(&snapshot, policy);
    let lines = format!("item {}\nwhy\nquit\n", member.number());
    let said = talk_in(
        campaign,
        lines.as_bytes(),
        |_| Ok(()),
        &mut Place::new(None, now()),
    )
    .said;
    for sentence in [
        "Project Pay, role External, privileged.",
        "Privileged: External is one of the privileged roles of the policy: external.",
        "External: the holder is an external collaborator.",
        "Unknown whether no sign-in for long: the last sign-in was not told.",
    ] {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
}

#[test]
fn a_review_is_heard_from_start_to_end() {
    let talk = talk(
        &acme(),
        "acknowledge\naccount next\nkeep\nrevoke\n2\nquit\n",
    );
    let expected = format!(
        "Review q1 of Acme, as of 2026-03-31 09:00 UTC.\n\
         0 decided of 14 items: 0 kept, 0 revoked, 0 acknowledged. 14 undecided.\n\
         Say help to hear what you can say.\n\
         \n\
         Group 1 of 8. Every member. 1 item, 1 undecided.\n\
         Item 1, 1 of 1. Organization Acme, role Member. It is implicit: nobody can remove it, so it is acknowledged.\n\
         acknowledge, later, why, next, back, help, quit: Acknowledged. Undo is available. 0 items left of every member.\n\
         \n\
         Account 2 of 8. Ada Keller, login name ada, ada@example.com, member, active, no two-factor sign-in, last sign-in unknown. 3 items, 3 undecided.\n\
         Item 2, 1 of 3. The account itself: it can sign in to Acme. It is your own access: another reviewer decides on it.\n\
         {PROMPT}\n\
         Account 3 of 8. Ben Ôkafor, login name ben, ben@example.com, member, active, no two-factor sign-in, last sign-in unknown. 3 items, 3 undecided.\n\
         Item 5, 1 of 3. The account itself: it can sign in to Acme.\n\
         {PROMPT}Kept. Undo is available. 2 items left of Ben Ôkafor.\n\
         Item 6, 2 of 3. Team Payments, as Team Member.\n\
         {PROMPT}Leaving the team also takes from Ben Ôkafor:\n\
         Pay as Project Member.\n\
         Lab as Project Member.\n\
         Reason: 1 no longer needed, 2 changed team or job, 3 left the organization, 4 role too high, 5 duplicate: held another way, 6 contract ended, 7 owner unknown, or text; an empty line cancels: Revoked. Undo is available. 1 item left of Ben Ôkafor.\n\
         Item 7, 3 of 3. Project Pay, role Project Admin, privileged.\n\
         {PROMPT}Everything you decided is on disk.\n"
    );
    assert_eq!(talk.said, expected);
    assert_eq!(talk.exit, PlainExit::Quit);
    let progress = talk.campaign.progress();
    assert_eq!(
        (progress.kept, progress.revoked, progress.acknowledged),
        (1, 1, 1)
    );
}

#[test]
fn what_a_revoke_leaves_standing_is_said_before_it_is_recorded() {
    let org = acme();
    let ben = item(&org.snapshot(), "Ben", "Pay", "Project Admin");
    let talk = talk(&org, &format!("item {}\nrevoke\n\n", ben.number()));
    assert!(talk.said.contains(
        "After a revoke, Ben Ôkafor still reaches Pay as Project Member, through team Payments.\nReason: "
    ));
    assert!(talk.said.contains("Nothing was revoked."));
    assert_eq!(talk.recorded, []);
}

#[test]
fn each_kind_of_item_says_what_its_revoke_means() {
    let org = acme();
    let snapshot = org.snapshot();
    for ((holder, resource, role), expected) in [
        (
            ("Ben", "Acme", "Can sign in"),
            "A revoke deactivates the account of Ben Ôkafor, which has 2 items besides.",
        ),
        (
            ("Cleo", "Pay", "External"),
            "After a revoke, Cleo Gast does not reach it in another way.",
        ),
        (
            ("Dan", "Attic", "Team Member"),
            "Leaving the team also takes from Dan Alt:\nLab as Project Member.",
        ),
        (
            ("Engineering", "Lab", "Project Member"),
            "A revoke takes it from the whole team: 2 accounts reach it through team Engineering: 2 lose it.",
        ),
        (("Every member", "Acme", "Member"), "Nobody can remove it."),
    ] {
        let number = item(&snapshot, holder, resource, role).number();
        let why = answer(&org, &format!("item {number}\nwhy"));
        assert!(why.starts_with(expected), "{holder}: {why}");
    }
}

#[test]
fn inherited_access_is_told_with_its_way() {
    let why = answer(&acme(), "item 7\nwhy");
    assert!(why.contains("Through teams it reaches 2 things:"), "{why}");
    assert!(
        why.contains("Lab as Project Member, through team Payments, which is below Engineering."),
        "{why}"
    );
    let dan = answer(
        &acme(),
        "account next\naccount next\naccount next\naccount next\nwhy",
    );
    assert!(
        dan.contains(
            "Lab as Project Member, through team Attic, though whether that counts now is unknown."
        ),
        "{dan}"
    );
}

#[test]
fn a_reason_is_a_number_or_words() {
    for (line, reason) in [
        ("1", "no longer needed"),
        ("7", "owner unknown"),
        ("moved to Lab in May", "moved to Lab in May"),
    ] {
        let talk = talk(&acme(), &format!("item 7\nrevoke\n{line}\n"));
        let [Event::Decided(decided)] = &talk.recorded[..] else {
            panic!("{:?}", talk.recorded)
        };
        assert_eq!(decided.change, Change::Decide(Decision::Revoke));
        assert_eq!(decided.reason, Some(Raw::from(reason)));
        assert_eq!(decided.chosen, Chosen::Single);
    }
    let talk = talk(&acme(), "item 7\nrevoke\n8\n0\n\n");
    assert_eq!(talk.said.matches("There are reasons 1 to 7.").count(), 2);
    assert_eq!(talk.recorded, []);
}

#[test]
fn what_may_not_be_done_is_said_and_not_recorded() {
    for (lines, expected) in [
        (
            "keep",
            "Item 1 is an implicit grant: nobody can remove it. Say acknowledge to acknowledge it.",
        ),
        (
            "revoke",
            "Item 1 is an implicit grant: nobody can remove it. Say acknowledge to acknowledge it.",
        ),
        (
            "item 2\nkeep",
            "Item 2 is your own access; another reviewer decides on it.",
        ),
        (
            "item 2\nrevoke",
            "Item 2 is your own access; another reviewer decides on it.",
        ),
        (
            "item 7\nacknowledge",
            "Item 7 is a stored grant: keep or revoke it.",
        ),
        ("item 7\nclear", "It is not decided and has no bookmark."),
        (
            "item 7\nrevoke 1",
            "Say revoke by itself. The reason is asked next.",
        ),
        ("undo", "There is nothing to undo."),
        ("redo", "There is nothing to redo."),
        ("item 0", "Say item and a number from 1 to 14."),
        ("item 15", "Say item and a number from 1 to 14."),
        ("item x", "Say item and a number from 1 to 14."),
        ("back", "This is the first item."),
        ("account previous", "This is the first account."),
        ("approve", "approve is not a command. Say help to hear all."),
        ("\u{1b}[2J", "␛[2J is not a command. Say help to hear all."),
        (
            "filter nobody",
            "The filter matches nothing, so it was not taken.\nNo name has `nobody`.",
        ),
    ] {
        assert_eq!(answer(&acme(), lines), expected, "{lines}");
        assert_eq!(talk(&acme(), lines).recorded, [], "{lines}");
    }
}

#[test]
fn undo_and_redo_go_all_the_way() {
    let talk = talk(
        &acme(),
        "item 5\nkeep\nlater\nnote ask Ada\nundo\nundo\nundo\nundo\nredo\nredo\nredo\nredo\n",
    );
    for sentence in [
        "Taken back: the note on Pay as Project Admin of Ben Ôkafor.",
        "Taken back: leave Payments as Team Member of Ben Ôkafor for later.",
        "Taken back: keep Acme as Can sign in of Ben Ôkafor.",
        "There is nothing to undo.",
        "Made again: keep Acme as Can sign in of Ben Ôkafor.",
        "There is nothing to redo.",
    ] {
        assert!(talk.said.contains(sentence), "{sentence}");
    }
    let progress = talk.campaign.progress();
    assert_eq!((progress.kept, progress.later), (1, 1));
    assert_eq!(talk.campaign.note(Item(6)), Some(&Raw::from("ask Ada")));
}

#[test]
fn the_rest_of_an_account_is_decided_after_its_number_was_typed() {
    let org = acme();
    let refused = talk(&org, "item 5\nkeep rest\nyes\nkeep rest\n\n");
    assert_eq!(refused.recorded, []);
    assert_eq!(refused.said.matches("Nothing was decided.").count(), 2);

    let talk = talk(&org, "item 5\nkeep rest\n2\n");
    assert!(
        talk.said.contains(
            "1 undecided item of Ben Ôkafor left out: a privileged role, to be decided one by one.\n\
             Keep 2 items of Ben Ôkafor? Type 2 to confirm: 2 items kept."
        ),
        "{}",
        talk.said
    );
    let [Event::Decided(decided)] = &talk.recorded[..] else {
        panic!("{:?}", talk.recorded)
    };
    assert_eq!(decided.chosen, Chosen::RestOfSubject);
    assert_eq!(decided.items.to_string(), "5-6");
    let left_out: Vec<_> = decided.left_out.iter().collect();
    assert_eq!(
        left_out,
        [(signal::Rule::Privileged, &ItemSet::from(Item(6)))]
    );
}

#[test]
fn a_revoke_of_the_rest_is_confirmed_by_the_word_and_the_number() {
    let org = acme();
    assert_eq!(talk(&org, "item 5\nrevoke rest\n1\n3\n").recorded, []);
    let talk = talk(&org, "item 5\nrevoke rest\n1\nrevoke 3\n");
    assert!(
        talk.said
            .contains("Revoke 3 items of Ben Ôkafor? Type revoke 3 to confirm: 3 items revoked.")
    );
    assert_eq!(talk.campaign.progress().revoked, 3);
}

#[test]
fn the_rest_of_an_account_leaves_out_what_is_not_decided_so() {
    let org = acme();
    let own = talk(&org, "item 2\nkeep rest\n");
    assert!(own.said.contains(
        "3 undecided items of Ada Keller left out: your own access, another reviewer decides.\n\
         There is nothing left of Ada Keller to keep together."
    ));
    let implicit = talk(&org, "revoke rest\n");
    assert!(
        implicit
            .said
            .contains("left out: implicit, only acknowledged.")
    );
    assert_eq!((own.recorded, implicit.recorded), (vec![], vec![]));
    // As on the screen, keeping what is implicit is acknowledging it.
    let seen = talk(&org, "keep rest\n1\n");
    assert_eq!(seen.campaign.progress().acknowledged, 1);
}

#[test]
fn a_command_is_not_taken_for_a_reason() {
    for line in [
        "item 6",
        "next",
        "quit",
        "HELP",
        "keep rest",
        "sign off",
        "account next",
    ] {
        let talk = talk(&acme(), &format!("item 7\nrevoke\n{line}\n2\n"));
        assert!(
            talk.said
                .contains("is a command, not a reason. Nothing is revoked yet.\nReason: "),
            "{line}"
        );
        let [Event::Decided(decided)] = &talk.recorded[..] else {
            panic!("{line}: {:?}", talk.recorded)
        };
        assert_eq!(
            decided.reason,
            Some(Raw::from("changed team or job")),
            "{line}"
        );
    }
    // What only begins so is a reason.
    let talk = talk(&acme(), "item 7\nrevoke\nnext year it ends\n");
    assert_eq!(talk.recorded.len(), 1);
}

#[test]
fn a_review_that_is_closed_offers_no_decisions() {
    let snapshot = acme().snapshot();
    let mut place = Place::new(Some("opened to look only".to_owned()), now());
    let lines = b"keep\nrevoke\nlater\nnote x\nundo\nsign off\nkeep rest\nnext\nwhy\n";
    let talk = talk_in(campaign(&snapshot), lines, |_| Ok(()), &mut place);
    assert_eq!((talk.recorded.len(), talk.exit), (0, PlainExit::Quit));
    assert!(
        talk.said
            .contains("why, next, back, item, status, help, quit: ")
    );
    assert!(!talk.said.contains("keep, revoke"), "{}", talk.said);
    let closed = "Nothing can be decided here: opened to look only.";
    assert_eq!(talk.said.matches(closed).count(), 8);
}

#[test]
fn a_sign_off_that_was_cancelled_comes_back_to_the_same_item() {
    let snapshot = acme().snapshot();
    let mut place = Place::new(None, now());
    let first = talk_in(
        campaign(&snapshot),
        b"item 6\nkeep\nsign off\n",
        |_| Ok(()),
        &mut place,
    );
    assert_eq!(first.exit, PlainExit::SignOff);
    let again = talk_in(first.campaign, b"keep\n", |_| Ok(()), &mut place);
    assert!(
        again
            .said
            .starts_with("Back in the review.\n1 decided of 14 items"),
        "{}",
        again.said
    );
    assert!(!again.said.contains("Review q1 of Acme"));
    let [Event::Decided(decided)] = &again.recorded[..] else {
        panic!("{:?}", again.recorded)
    };
    assert_eq!(decided.items.to_string(), "7");
}

#[test]
fn a_filter_leaves_only_what_it_matches() {
    let talk = talk(
        &acme(),
        "filter project:pay\nnext\nnext\nnext\nstatus\nfilter\n",
    );
    assert!(talk.said.contains("The filter matches 3 items."));
    assert!(
        talk.said
            .contains("That was the last one. Going on from the first.")
    );
    assert!(
        talk.said
            .contains("The filter project:pay matches 3 items.")
    );
    assert!(talk.said.contains("No filter. 14 items to see."));
    let near = answer(&acme(), "filter role:admn");
    assert!(
        near.contains("The filter matches nothing, so it was not taken.\nNo role `admn`; did you mean `admin`?"),
        "{near}"
    );
    let letters = answer(&acme(), "filter bokfr");
    assert!(
        letters.contains("No name has `bokfr`, so names"),
        "{letters}"
    );
    let help = answer(&acme(), "help filter");
    assert!(
        help.contains("signin: when the holder last signed in"),
        "{help}"
    );
    let error = answer(&acme(), "filter is:x");
    assert!(
        error.starts_with("The filter was not understood: "),
        "{error}"
    );
}

#[test]
fn the_end_of_the_input_is_quit_and_nothing_is_lost() {
    for lines in ["item 5\nkeep", "item 5\nkeep\nrevoke\n"] {
        let talk = talk(&acme(), lines);
        assert_eq!(talk.exit, PlainExit::Quit);
        assert_eq!(talk.recorded.len(), 1, "{lines}");
        assert!(
            talk.said
                .ends_with("The input ended. Everything you decided is on disk.\n")
        );
    }
}

#[test]
fn signing_off_is_asked_for_in_words() {
    assert_eq!(talk(&acme(), "sign off\n").exit, PlainExit::SignOff);
    assert_eq!(talk(&acme(), "SIGN OFF\n").exit, PlainExit::Quit);
}

#[test]
fn a_disk_that_fails_is_said_and_the_item_stays_undecided() {
    let mut full = true;
    let talk = talk_with(&acme(), b"item 5\nkeep\nkeep\n", |_| {
        if std::mem::take(&mut full) {
            Err("no space left on device".to_owned())
        } else {
            Ok(())
        }
    });
    assert!(
        talk.said
            .contains("Nothing was recorded: no space left on device.")
    );
    assert_eq!(talk.recorded.len(), 1);
    assert_eq!(talk.campaign.progress().kept, 1);
}

#[test]
fn names_cannot_act_on_the_terminal_and_input_need_not_be_text() {
    let mut org = acme();
    org.account("Eve\u{1b}]0;x\u{7}", "\u{202e}nimda", |it| {
        it.email = Fact::Known(Raw::from("e\r@x"));
    });
    let lines = [
        b"account next\n".repeat(5),
        b"keep\xff\xfe\n\x1b\x9b\nnote \x1b[2J\n".to_vec(),
    ]
    .concat();
    let talk = talk_with(&org, &lines, |_| Ok(()));
    assert!(talk.said.contains("Eve␛]0;x␇ ‹U+202E›nimda"));
    assert!(talk.said.contains("A name here has hidden characters"));
    assert!(
        !talk
            .said
            .contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}')
    );
}

#[test]
fn a_line_without_end_is_refused_as_a_whole() {
    let long = [&b"item 5\nkeep "[..], &b"x".repeat(100_000), b"\nkeep\n"].concat();
    let talk = talk_with(&acme(), &long, |_| Ok(()));
    assert!(
        talk.said
            .contains("That line has more than 16384 bytes and was not taken.")
    );
    let [Event::Decided(decided)] = &talk.recorded[..] else {
        panic!("{:?}", talk.recorded)
    };
    assert_eq!(decided.reason, None);
}

#[test]
fn a_scoped_review_speaks_only_of_what_is_in_it() {
    let snapshot = acme().snapshot();
    let scoped = fixture::scoped(&snapshot, Some("team:Payments state:active")).expect("it opens");
    let inside = scoped.items().clone();
    let outside = item(&snapshot, "Cleo", "Pay", "External").number();
    let lines = format!(
        "item {outside}\nfilter project:pay\nkeep\nfilter\naccount next\naccount next\nwhy\nquit\n"
    );
    let talk = talk_in(
        scoped,
        lines.as_bytes(),
        |_| Ok(()),
        &mut Place::new(None, now()),
    );
    for expected in [
        "It is scoped: only team:Payments state:active is put up for decision, 8 items are outside.",
        "0 decided of 6 items",
        "Account 1 of 2. Ada Keller",
        "is outside the scope of this review.",
        "The filter matches 1 item.",
        "Account 2 of 2. Ben Ôkafor",
        "This is the last account.",
    ] {
        assert!(talk.said.contains(expected), "{expected}\n{}", talk.said);
    }
    for event in &talk.recorded {
        let Event::Decided(decided) = event else {
            panic!("{event:?}");
        };
        assert!(decided.items.iter().all(|item| inside.contains(item)));
    }
    assert_eq!(talk.recorded.len(), 1);
}
