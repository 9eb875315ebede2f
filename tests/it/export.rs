//! A record as spreadsheet, page and JSON, read by the programs they are made for.

use std::{fs, path::Path};

use crate::{
    program::{Home, have},
    review::{sealed, sealed_with},
};

/// Exports `record` in `format` to a file of that name and ending.
fn exported(home: &Home, record: &Path, format: &str, more: &[&str]) -> String {
    let name = format!("out{}.{format}", more.concat().replace(['-', ' ', ':'], ""));
    let record = record.display().to_string();
    let mut arguments = vec!["export", &record, "--format", format, "--out", &name];
    arguments.extend(more);
    home.run(&arguments).good();
    name
}

/// What a script of Python prints, which gets `arguments`.
fn python(home: &Home, script: &str, arguments: &[&str]) -> serde_json::Value {
    let output = home
        .command("python3")
        .args(["-c", script])
        .args(arguments)
        .output()
        .expect("python3 starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

const READ_CSV: &str = "
import csv, json, sys
print(json.dumps(list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))))
";

/// The sheets of a flat document of `LibreOffice`: for each row the type, the text and the formula of each cell.
const READ_SHEETS: &str = "
import json, sys
import xml.etree.ElementTree as tree
O, T, X = ('{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}' % n for n in ('office', 'table', 'text'))
sheets = {}
for sheet in tree.parse(sys.argv[1]).iter(T + 'table'):
    rows = []
    for row in sheet.iter(T + 'table-row'):
        cells = []
        for cell in row:
            times = min(int(cell.get(T + 'number-columns-repeated', '1')), 64)
            text = '\\n'.join(''.join(p.itertext()) for p in cell.iter(X + 'p'))
            cells += [[cell.get(O + 'value-type'), text, cell.get(T + 'formula')]] * times
        if any(text for _, text, _ in cells):
            rows.append(cells)
    sheets[sheet.get(T + 'name')] = rows
print(json.dumps(sheets))
";

#[test]
fn a_table_has_a_row_for_each_item_and_no_row_of_another_shape() {
    if !have(&["ssh-keygen", "python3", "sha256sum"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let items = fs::read_to_string(record.join("grants.jsonl")).expect("grants");
    let count = items.lines().count();
    let name = exported(&home, &record, "csv", &[]);
    let bytes = fs::read(home.path().join(&name)).expect("it was written");
    assert!(bytes.ends_with(b"\r\n"));
    let rows = python(&home, READ_CSV, &[&name]);
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), count + 1);
    let width = rows[0].as_array().expect("cells").len();
    assert!(
        rows.iter()
            .all(|row| row.as_array().expect("cells").len() == width)
    );
    let place = |name: &str| {
        let names = rows[0].as_array().expect("cells").iter();
        names
            .clone()
            .position(|cell| cell == name)
            .expect("a column")
    };
    let (decision, id) = (place("decision"), place("item_id"));
    let decisions = fs::read_to_string(record.join("decisions.jsonl")).expect("decisions");
    for (row, line) in rows[1..].iter().zip(decisions.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(row[decision], line["decision"]);
        let written = row[id].as_str().expect("text");
        assert_eq!(written.trim_start_matches('\''), line["id"]);
    }
    // Every row says where it is from.
    let sums = rows[1][width - 1].as_str().expect("text");
    assert!(rows[1..].iter().all(|row| row[width - 1] == sums));
    let digest = home
        .command("sha256sum")
        .arg(record.join("SHA256SUMS"))
        .output()
        .expect("sha256sum starts");
    // The row guards what a spreadsheet could take for a number.
    let sums = sums.trim_start_matches('\'').as_bytes();
    assert!(digest.stdout.starts_with(sums), "{digest:?}");

    let revokes = python(
        &home,
        READ_CSV,
        &[&exported(&home, &record, "csv", &["--revokes"])],
    );
    let gone = decisions.matches("\"decision\":\"revoke\"").count();
    assert_eq!(revokes.as_array().expect("rows").len(), gone + 1);
    let filtered = python(
        &home,
        READ_CSV,
        &[&exported(&home, &record, "csv", &["--where", "is:revoked"])],
    );
    assert_eq!(filtered.as_array().expect("rows").len(), gone + 1);
    let events = python(
        &home,
        READ_CSV,
        &[&exported(&home, &record, "csv", &["--events"])],
    );
    let journal = fs::read_to_string(record.join("journal.jsonl")).expect("a journal");
    assert_eq!(
        events.as_array().expect("rows").len(),
        journal.lines().count() + 1
    );

    let again = home.run(&[
        "export",
        &record.display().to_string(),
        "--format",
        "csv",
        "--out",
        &name,
    ]);
    assert!(
        again.err.contains("already there") && again.code == Some(2),
        "{}",
        again.err
    );
}

#[test]
fn a_record_that_is_not_good_is_not_exported() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let path = record.join("decisions.jsonl");
    let text = fs::read_to_string(&path).expect("decisions");
    fs::write(&path, text.replacen("\"keep\"", "\"revo\"", 1)).expect("it can be written");
    let record = record.display().to_string();
    let ended = home.run(&["export", &record, "--format", "csv", "--out", "bad.csv"]);
    assert!(ended.err.contains("decisions.jsonl"), "{}", ended.err);
    assert!(!home.path().join("bad.csv").exists());
}

#[test]
fn a_spreadsheet_shows_every_name_as_text_and_calculates_nothing() {
    if !have(&["ssh-keygen", "python3", "soffice"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let table = exported(&home, &record, "csv", &[]);
    let csv = python(&home, READ_CSV, &[&table]);
    let csv = csv.as_array().expect("rows");
    for format in ["csv", "xlsx"] {
        let name = if format == "csv" {
            table.clone()
        } else {
            exported(&home, &record, format, &[])
        };
        let folder = format!("as-{format}");
        // The filter of CSV: a comma, a quote, UTF-8, from the first row; numbers and dates are looked for, as people leave it.
        let filter = if format == "csv" {
            vec!["--infilter=CSV:44,34,76,1,,0,false,true,false"]
        } else {
            vec![]
        };
        let done = home
            .command("soffice")
            .args(["--headless", "--convert-to", "fods", "--outdir", &folder])
            .args(filter)
            .arg(&name)
            .output()
            .expect("soffice starts");
        assert!(done.status.success(), "{done:?}");
        let read = format!("{folder}/{}", name.replace(format, "fods"));
        let sheets = python(&home, READ_SHEETS, &[&read]);
        let sheets = sheets.as_object().expect("sheets");
        for (sheet, rows) in sheets {
            for cell in rows.as_array().expect("rows").iter().flat_map(cells) {
                assert!(cell[2].is_null(), "{sheet}: {cell} calculates");
            }
        }
        let decisions = if format == "csv" {
            sheets.values().next().expect("a sheet")
        } else {
            for name in [
                "Summary",
                "Completeness",
                "Red flags",
                "Signals",
                "Decisions",
                "Revokes",
                "Left standing",
                "Journal",
                "Controls",
            ] {
                assert!(sheets.contains_key(name), "{name}");
            }
            // What was waived stands there with its reason.
            let flags = sheets["Red flags"].as_array().expect("rows");
            let waived: Vec<&str> = cells(&flags[1])
                .filter_map(|cell| cell[1].as_str())
                .collect();
            assert_eq!(waived[0], "undecided");
            for text in ["waived", "another reviewer decides on my own access"] {
                let told = waived.iter().any(|cell| cell.starts_with(text));
                assert!(told, "{text} in {waived:?}");
            }
            &sheets["Decisions"]
        };
        let decisions = decisions.as_array().expect("rows");
        assert_eq!(decisions.len(), csv.len(), "{format}");
        let names: Vec<&str> = [
            "item_id",
            "holder",
            "username",
            "resource",
            "role",
            "holder_id",
        ]
        .to_vec();
        let heads = csv[0].as_array().expect("cells");
        for name in names {
            let place = heads
                .iter()
                .position(|head| head == name)
                .expect("a column");
            for (shown, written) in decisions[1..].iter().zip(&csv[1..]) {
                let written = written[place].as_str().expect("text");
                // The guard belongs to CSV.
                let written = if format == "csv" {
                    written
                } else {
                    written.trim_start_matches('\'')
                };
                if written.is_empty() {
                    continue;
                }
                assert_eq!(shown[place][0], "string", "{format} {name}: {shown}");
                assert_eq!(shown[place][1], written, "{format} {name}");
            }
        }
    }
}

fn cells(row: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    row.as_array().into_iter().flatten()
}

#[test]
fn a_browser_shows_the_totals_of_the_page() {
    if !have(&["ssh-keygen", "chromium"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let page = exported(&home, &record, "html", &[]);
    let page = home.path().join(page);
    let done = home
        .command("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            home.path().join("browser").display()
        ))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium starts");
    let dom = String::from_utf8_lossy(&done.stdout);
    let review: serde_json::Value =
        serde_json::from_slice(&fs::read(record.join("review.json")).expect("a review"))
            .expect("JSON");
    let mut total = 0;
    for name in ["items", "kept", "revoked", "acknowledged", "undecided"] {
        let member = match name {
            "items" => "grants",
            "kept" => "keep",
            "revoked" => "revoke",
            "acknowledged" => "acknowledge",
            other => other,
        };
        let count = &review["counts"][member];
        let shown = format!("id=\"total-{name}\" data-count=\"{count}\"");
        assert!(dom.contains(&shown), "{shown} in {dom}");
        total += count.as_u64().expect("a count");
    }
    assert!(total > 0);
    // Names that would be markup are text, and nothing is loaded or run.
    let source = fs::read_to_string(&page).expect("a page");
    for bad in [
        "<script",
        "<img",
        "src=",
        "javascript:",
        "\u{202e}",
        "\u{1b}",
    ] {
        assert!(!source.contains(bad), "{bad}");
    }
}

#[test]
fn the_json_is_one_document_with_where_it_is_from() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let record = sealed(&home);
    let ended = home.run(&["export", &record.display().to_string(), "--format", "json"]);
    let answer = ended.good().json();
    let rows = answer["rows"].as_array().expect("rows");
    let grants = fs::read_to_string(record.join("grants.jsonl")).expect("grants");
    assert_eq!(rows.len(), grants.lines().count());
    assert_eq!(answer["crosswalk"].as_array().expect("rows").len(), 24);
    assert!(
        answer["derived"]
            .as_str()
            .expect("text")
            .contains(answer["record_sha256sums"].as_str().expect("text"))
    );
}

/// Somebody who has a role twice: for themselves, and through a team.
const HELD_TWICE: &str =
    "account:jonas.berg -account:jonas.berg2 project:\"Device Firmware\" role:\"Project Member\"";

const WAIVED: [(&str, &str); 1] = [("removes-nothing", "the team's role goes next")];

#[test]
#[expect(clippy::too_many_lines, reason = "one record in every rendering")]
fn what_was_found_and_what_revokes_leave_standing_is_in_every_rendering() {
    if !have(&["ssh-keygen", "python3"]) {
        return;
    }
    let home = Home::new();
    let reason = "=1+1 <b>moved</b>";
    let revokes = [("is:left", "left the company"), (HELD_TWICE, reason)];
    let record = sealed_with(&home, &revokes, &WAIVED);
    let path = record.display().to_string();
    let json = home
        .run(&["export", &path, "--format", "json"])
        .good()
        .json();
    let review: serde_json::Value =
        serde_json::from_slice(&fs::read(record.join("review.json")).expect("a review"))
            .expect("JSON");

    // Flags: those of the record, and that the others were not found.
    for row in json["flags"].as_array().expect("flags") {
        let flags = review["flags"].as_array().expect("flags");
        match flags.iter().find(|flag| flag["flag"] == row["flag"]) {
            None => assert_eq!(row["state"], "not found", "{row}"),
            Some(flag) => {
                assert_eq!(row["count"], flag["count"], "{row}");
                assert_eq!(row["waived_because"], flag["waiver"]["reason"], "{row}");
            }
        }
    }
    // Signals: the same counts, and each of those items was decided in one way.
    let told = json["signals"].as_array().expect("signals").iter();
    let counted = review["signals"].as_array().expect("signals").iter();
    assert_eq!(told.len(), counted.len());
    for (row, count) in told.zip(counted) {
        assert_eq!(row["signal"], count["rule"]);
        assert_eq!(
            (&row["items"], &row["unknown"]),
            (&count["yes"], &count["unknown"])
        );
        let sum: u64 = ["kept", "revoked", "acknowledged", "undecided"]
            .iter()
            .map(|name| row[*name].as_u64().expect("a count"))
            .sum();
        assert_eq!(row["items"], sum, "{row}");
    }
    // What is left standing: as the lines of the decisions say.
    let decisions = fs::read_to_string(record.join("decisions.jsonl")).expect("decisions");
    let decisions: Vec<serde_json::Value> = decisions
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let standing: Vec<usize> = (1..)
        .zip(&decisions)
        .filter(|(_, line)| {
            line["standing"]
                .as_array()
                .is_some_and(|ways| !ways.is_empty())
        })
        .map(|(number, _)| number)
        .collect();
    let left = json["left_standing"].as_array().expect("rows");
    assert_eq!(
        left.iter()
            .map(|row| row["item"].as_u64())
            .collect::<Vec<_>>(),
        standing
            .iter()
            .map(|item| Some(*item as u64))
            .collect::<Vec<_>>()
    );
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["remains"], "still reached");
    assert!(
        left[0]["through"]
            .as_str()
            .is_some_and(|text| text.contains(" through ")),
        "{}",
        left[0]
    );

    // The entries say what was known when they were made.
    let entries = home
        .run(&["export", &path, "--format", "json", "--events"])
        .good()
        .json();
    let entries = entries["rows"].as_array().expect("rows");
    let about = |text: &str| {
        let mut told = entries.iter().filter_map(|entry| entry["about"].as_str());
        told.any(|told| told.contains(text))
    };
    assert!(about("1 revoke leaves the access standing by another way"));
    let left_out = |entry: &serde_json::Value| entry["left_out"].is_string();
    let bulk = entries.iter().filter(|entry| left_out(entry));
    assert!(
        bulk.clone().count() > 0,
        "policy takes something out of the bulk"
    );
    assert!(bulk.into_iter().all(|entry| entry["chosen"] == "by filter"));
    let log = home.run(&["log", &path]).good().out;
    assert!(
        log.contains("note: 1 revoke leaves the access standing by another way: "),
        "{log}"
    );

    // The columns of CSV.
    let rows = python(&home, READ_CSV, &[&exported(&home, &record, "csv", &[])]);
    let rows = rows.as_array().expect("rows");
    let place = |name: &str| {
        let mut names = cells(&rows[0]);
        names.position(|cell| cell == name).expect("a column")
    };
    for (row, line) in rows[1..].iter().zip(&decisions) {
        let names: Vec<&str> = line["signals"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .filter(|name| *name != "unread")
            .collect();
        let written = row[place("signals")].as_str().expect("text");
        let written: Vec<&str> = written
            .split(", ")
            .filter(|name| !name.is_empty() && *name != "unread")
            .collect();
        assert_eq!(written, names, "{row}");
        let goes = line["decision"] == "revoke";
        assert_eq!(row[place("remains")] != "", goes, "{row}");
    }
    let item = standing[0];
    assert_eq!(rows[item][place("remains")], "still reached");

    // The page.
    let html = exported(&home, &record, "html", &[]);
    let html = fs::read_to_string(home.path().join(html)).expect("a page");
    for part in [
        "id=\"reviewer\"",
        "id=\"flags\"",
        "id=\"signals\"",
        "id=\"standing\"",
        "another reviewer decides on my own access",
        "the team&#39;s role goes next",
        "Looked for and not found: ",
        "1 revoke leaves the access standing by another way",
        "=1+1 &lt;b&gt;moved&lt;/b&gt;",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("<b>"));
}

#[test]
fn every_place_that_the_crosswalk_names_is_in_the_record() {
    if !have(&["ssh-keygen"]) {
        return;
    }
    let home = Home::new();
    let revokes = [("is:left", "left the company"), (HELD_TWICE, "moved")];
    let record = sealed_with(&home, &revokes, &WAIVED);
    let path = record.display().to_string();
    let json = home
        .run(&["export", &path, "--format", "json"])
        .good()
        .json();
    let mut places = 0;
    for row in json["crosswalk"].as_array().expect("rows") {
        let named = row["places"].as_array().expect("places");
        assert_eq!(named.is_empty(), row["covered"] == "no", "{row}");
        for place in named {
            let place = place.as_str().expect("text");
            let (file, member) = place.split_once('#').unwrap_or((place, ""));
            let mut bytes = fs::read(record.join(file)).unwrap_or_else(|_| panic!("{file}"));
            if file == "evidence.jsonl.zst" {
                bytes = zstd::stream::decode_all(&*bytes).expect("zstd");
            }
            let text = String::from_utf8(bytes).expect("text");
            let has = |text: &str| {
                let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
                value.pointer(member).is_some()
            };
            let there = match member {
                "" => true,
                _ if file.split('.').next_back() == Some("json") => has(&text),
                _ => text.lines().any(has),
            };
            assert!(there, "{place}");
            places += 1;
        }
    }
    assert!(places > 40, "{places}");
}
