//! Ways to look at a review, by name: listed, counted, and used by commands.

use std::fs;

use crate::program::{Home, Serving};

const OWN: &str = "\
# mine
[[view]]
name = \"members of projects\"
filter = \"is:undecided role:=\\\"project member\\\"\"
group = \"project\"
sort = \"-risk\"
";

fn put(home: &Home, text: &str) {
    let folder = home.path().join(".config").join("muster");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("views.toml"), text).expect("a file");
}

fn items(home: &Home, view: &str) -> u64 {
    let listed = home.run(&["views", "q4", "--json"]);
    let listed = listed.good().json();
    let views = listed["views"].as_array().expect("a list");
    let found = views.iter().find(|it| it["name"] == view);
    found.expect("it is listed")["items"]
        .as_u64()
        .expect("a number")
}

#[test]
fn views_are_listed_counted_and_decided_by_name() {
    let home = Home::new();
    let listed = home.run(&["views"]);
    let built_in = &listed.good().out;
    assert!(
        built_in.contains("all open") && built_in.contains("signal:privileged"),
        "{built_in}"
    );
    put(&home, OWN);
    let listed = home.run(&["views"]);
    let own = &listed.good().out;
    assert!(own.starts_with("all open"), "{own}");
    assert!(
        own.contains("members of projects") && own.contains("project, -risk"),
        "{own}"
    );

    let serving = Serving::start(&home, "s");
    serving.snapshot(&home, "q4").good();
    let before = items(&home, "all open");
    let members = items(&home, "members of projects");
    assert!(0 < members && members < before, "{members} of {before}");
    let keep = ["decide", "q4", "--view", "Members of projects", "--keep"];
    home.run(&keep).good();
    assert!(items(&home, "all open") < before);

    let log = home.run(&["log", "q4"]);
    let log = &log.good().out;
    assert!(
        log.contains("is:undecided role:=\"project member\""),
        "the record has the filter: {log}"
    );
}

#[test]
fn a_mistake_in_the_file_names_the_line_and_keeps_nobody_from_a_review() {
    let home = Home::new();
    put(
        &home,
        &format!("{OWN}[[view]]\nname = \"x\"\nfilter = \"signal:privilegd\"\n"),
    );
    let listed = home.run(&["views"]);
    let listed = listed.good();
    assert!(listed.out.contains("members of projects"), "{}", listed.out);
    for part in ["views.toml: line 9, column 10: ", "privileged"] {
        assert!(listed.err.contains(part), "{}", listed.err);
    }
    let missing = home.run(&["decide", "q4", "--view", "member of project", "--keep"]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.err.contains("did you mean `members of projects`"),
        "{}",
        missing.err
    );
}
