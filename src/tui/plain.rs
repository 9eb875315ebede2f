//! The review as lines: sentences out, words in, nothing ever redrawn.
//!
//! For screen readers, for terminals that cannot draw, and for scripts. It is the same review: the same
//! journal, the same rules, and each decision is on disk before it is spoken of as made. The end of the input
//! is the same as `quit`.

mod speak;

use std::io::{self, BufRead, Read as _, Write};

use super::{phrase, unusual};
use crate::domain::{
    access::Access,
    bulk::{Bulk, words},
    campaign::Campaign,
    check::{self, Rule},
    decision::{Change, Decision},
    filter::{self, Filter},
    grant::Holder,
    items::{Item, ItemSet},
    journal::{Chosen, Decided, Entry, Event, LeftOut},
    signal,
    text::{Raw, SafeText},
    time::Timestamp,
};

/// How a review by lines ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlainExit {
    /// The person left; everything decided is on disk.
    Quit,
    /// The person wants to sign off; what that takes is asked elsewhere.
    SignOff,
}

/// Where a review by lines is: kept by the caller, so that it goes on there after a sign-off that was cancelled.
#[derive(Debug)]
pub(crate) struct Place {
    /// Why nothing can be decided here, if so.
    pub(crate) read_only: Option<String>,
    /// The time, as far as it is known here: when the review was opened, or the last entry was written.
    now: Timestamp,
    begun: bool,
    at: Option<Item>,
    filter: Option<String>,
}

impl Place {
    /// The beginning of a review, in which nothing can be decided when `read_only` tells why.
    pub(crate) fn new(read_only: Option<String>, now: Timestamp) -> Self {
        Self {
            read_only,
            now,
            begun: false,
            at: None,
            filter: None,
        }
    }
}

/// The longest line that is taken, in bytes.
const LINE: u64 = 16 * 1024;

/// Reviews `campaign` by lines. `append` writes an event and returns its entry once that is on disk. `place` tells
/// where to begin, and afterwards where it was left: with the same one again, it goes on there without a greeting.
///
/// # Errors
/// When the input or the output fails. What was decided until then is on disk.
pub(crate) fn review(
    campaign: &mut Campaign,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    append: &mut dyn FnMut(Event) -> Result<Entry, String>,
    place: &mut Place,
) -> io::Result<PlainExit> {
    let access = Access::of(campaign.snapshot(), campaign.as_of());
    let filter = place.filter.clone();
    let chosen = filter
        .as_deref()
        .and_then(|text| Filter::parse(text).ok())
        .map_or_else(
            || campaign.items().clone(),
            |filter| filter.select(campaign),
        );
    let mut review = Review {
        at: place.at.filter(|at| campaign.items().contains(*at)),
        chosen,
        filter,
        read_only: place.read_only.clone(),
        now: place.now,
        subject: None,
        campaign,
        access,
        input,
        output,
        append,
    };
    let exit = review.run(std::mem::replace(&mut place.begun, true));
    (place.at, place.filter, place.now) = (review.at, review.filter, review.now);
    exit
}

struct Review<'a> {
    campaign: &'a mut Campaign,
    access: Access,
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
    append: &'a mut dyn FnMut(Event) -> Result<Entry, String>,
    /// What the filter matched when it was given.
    chosen: ItemSet,
    filter: Option<String>,
    /// Why nothing can be decided, beside what the campaign itself says.
    read_only: Option<String>,
    now: Timestamp,
    at: Option<Item>,
    /// The position of the subject that was spoken of last.
    subject: Option<usize>,
}

/// Words that begin a change.
const CHANGES: [&str; 10] = [
    "keep",
    "acknowledge",
    "revoke",
    "later",
    "clear",
    "note",
    "undo",
    "redo",
    "waive",
    "sign",
];

/// Whether a line is a command word for word, so that it is hardly meant as a reason.
fn is_command(line: &str) -> bool {
    let line = line.to_lowercase();
    let (word, rest) = line
        .split_once(char::is_whitespace)
        .map_or((line.as_str(), ""), |(word, rest)| (word, rest.trim()));
    match word {
        "keep" | "acknowledge" | "revoke" => matches!(rest, "" | "rest"),
        "again" | "later" | "clear" | "note" | "why" | "next" | "back" | "filter" | "undo"
        | "redo" | "check" | "status" | "help" | "?" | "quit" | "exit" => rest.is_empty(),
        "waive" => Rule::find(rest).is_some(),
        "item" => rest.is_empty() || rest.bytes().all(|byte| byte.is_ascii_digit()),
        "account" => matches!(rest, "next" | "previous"),
        "sign" => rest == "off",
        _ => false,
    }
}

/// A remark as a sentence.
fn sentence(remark: &str) -> String {
    let end = if remark.ends_with('?') { "" } else { "." };
    format!("{}{end}", speak::capital(remark))
}

/// What a line asks for.
enum Next {
    /// Read the next line.
    Ask,
    /// Leave.
    Leave(PlainExit),
}

impl Review<'_> {
    fn run(&mut self, again: bool) -> io::Result<PlainExit> {
        if again {
            self.say("Back in the review.")?;
            self.say(&speak::progress(self.campaign))?;
            match self.at {
                Some(at) => self.go_to(at)?,
                None => self.go_to_undecided_after(None)?,
            }
        } else {
            for sentence in speak::opening(self.campaign) {
                self.say(&sentence)?;
            }
            // That it is sealed was said.
            if let Some(closed) = self.closed().filter(|_| self.campaign.sealed().is_none()) {
                self.say(&closed)?;
            }
            self.go_to_undecided_after(None)?;
        }
        loop {
            let prompt = match self.at {
                Some(_) if self.closed().is_some() => "why, next, back, item, status, help, quit: ",
                Some(item) if self.campaign.snapshot().implicit(item) => {
                    "acknowledge, later, why, next, back, help, quit: "
                }
                Some(_) => "keep, revoke, later, why, next, back, undo, help, quit: ",
                None => "filter, status, help, quit: ",
            };
            let Some(line) = self.ask(prompt)? else {
                self.say("")?;
                self.say("The input ended. Everything you decided is on disk.")?;
                return Ok(PlainExit::Quit);
            };
            if let Next::Leave(exit) = self.obey(line.trim())? {
                return Ok(exit);
            }
        }
    }

    /// Why nothing can be decided now, as a sentence.
    fn closed(&self) -> Option<String> {
        if let Some(record) = self.campaign.sealed() {
            let record = SafeText::of(record);
            return Some(format!(
                "The review is sealed as {record}. Nothing in it changes any more."
            ));
        }
        let why = self.read_only.as_ref()?;
        Some(format!(
            "Nothing can be decided here: {}.",
            SafeText::of(why)
        ))
    }

    fn obey(&mut self, line: &str) -> io::Result<Next> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (word, rest) = (word.to_lowercase(), rest.trim());
        if CHANGES.contains(&word.as_str())
            && let Some(closed) = self.closed()
        {
            self.say(&closed)?;
            return Ok(Next::Ask);
        }
        match (word.as_str(), rest) {
            ("" | "again", "") => self.speak_item()?,
            ("keep" | "acknowledge" | "revoke", "rest") => self.decide_rest(decision_of(&word))?,
            ("keep" | "acknowledge", reason) => {
                let reason = (!reason.is_empty()).then(|| reason.to_owned());
                self.decide(decision_of(&word), reason)?;
            }
            ("revoke", "") => self.revoke()?,
            ("revoke", _) => self.say("Say revoke by itself. The reason is asked next.")?,
            ("later", "") => self.change(Change::Later, None)?,
            ("clear", "") => self.change(Change::Clear, None)?,
            ("note", text) => self.note(text)?,
            ("why", "") => self.why()?,
            ("next", "") => self.go_to_undecided_after(self.at)?,
            ("back", "") => self.go_back()?,
            ("item", number) => self.go_to_number(number)?,
            ("account", "next") => self.go_to_subject(true)?,
            ("account", "previous") => self.go_to_subject(false)?,
            ("filter", text) => self.filter(text)?,
            ("undo", "") => self.take_back(true)?,
            ("redo", "") => self.take_back(false)?,
            ("check", "") => self.check()?,
            ("waive", name) => self.waive(name)?,
            ("status", "") => self.status()?,
            ("help", "filter") => {
                for (written, meaning) in filter::help() {
                    let colon = if meaning.is_empty() { "" } else { ": " };
                    self.say(&format!("{written}{colon}{meaning}."))?;
                }
            }
            ("help" | "?", "") => {
                for line in speak::HELP {
                    self.say(line)?;
                }
            }
            ("sign", "off") => return Ok(Next::Leave(PlainExit::SignOff)),
            ("quit" | "exit", "") => {
                self.say("Everything you decided is on disk.")?;
                return Ok(Next::Leave(PlainExit::Quit));
            }
            _ => self.say(&format!(
                "{} is not a command. Say help to hear all.",
                SafeText::of(line)
            ))?,
        }
        Ok(Next::Ask)
    }

    fn say(&mut self, sentence: &str) -> io::Result<()> {
        writeln!(self.output, "{sentence}")
    }

    /// Asks for a line; `None` at the end of the input. A line that is too long is read to its end and refused.
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        loop {
            write!(self.output, "{prompt}")?;
            self.output.flush()?;
            let mut line = Vec::new();
            let read = (&mut *self.input).take(LINE).read_until(b'\n', &mut line)?;
            if read == 0 {
                return Ok(None);
            }
            if line.last() == Some(&b'\n') || (read as u64) < LINE {
                return Ok(Some(String::from_utf8_lossy(&line).trim().to_owned()));
            }
            self.skip_line()?;
            self.say(&format!(
                "That line has more than {LINE} bytes and was not taken."
            ))?;
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            let done = end.is_some() || used == 0;
            self.input.consume(used);
            if done {
                return Ok(());
            }
        }
    }

    /// The item that is spoken of; says so when there is none.
    fn current(&mut self) -> io::Result<Option<Item>> {
        if self.at.is_none() {
            self.say("There is no item here. Change the filter, or say item and a number.")?;
        }
        Ok(self.at)
    }

    fn go_to(&mut self, item: Item) -> io::Result<()> {
        let subject = self.campaign.snapshot().subject_of(item);
        if self.subject != Some(subject) {
            self.subject = Some(subject);
            let sentence = speak::subject(self.campaign, subject);
            self.say("")?;
            self.say(&sentence)?;
        }
        self.at = Some(item);
        self.speak_item()
    }

    fn speak_item(&mut self) -> io::Result<()> {
        let Some(item) = self.current()? else {
            return Ok(());
        };
        let sentences = speak::item(self.campaign, item);
        self.say(&sentences.join(" "))
    }

    /// To the next undecided item of those the filter chose, from the start again when there is none after. Where
    /// nothing can be decided any more, to the next item.
    fn go_to_undecided_after(&mut self, at: Option<Item>) -> io::Result<()> {
        let closed = self.closed().is_some();
        let undecided = |item: &Item| closed || self.campaign.slot(*item).decision.is_none();
        let start = at.map_or(0, |at| at.0 + 1);
        let end = u32::try_from(self.campaign.snapshot().len())
            .expect("a snapshot has fewer than four billion items");
        let chosen = |item: &Item| self.chosen.contains(*item);
        let after = (start..end).map(Item).filter(chosen).find(undecided);
        let found = after.or_else(|| (0..start).map(Item).filter(chosen).find(undecided));
        match found {
            Some(item) if Some(item) == at => {
                self.say("This is the only undecided item left here.")
            }
            Some(item) => {
                if after.is_none() {
                    self.say("That was the last one. Going on from the first.")?;
                }
                self.go_to(item)
            }
            None if self.filter.is_some() => self.say(
                "Nothing that the filter matches is undecided. Say filter to see everything again.",
            ),
            None => self.say("Nothing is undecided. Say sign off to close the review, or status."),
        }
    }

    /// To the item before, decided or not.
    fn go_back(&mut self) -> io::Result<()> {
        let end = self.at.map_or(0, |at| at.0);
        match (0..end)
            .rev()
            .map(Item)
            .find(|item| self.chosen.contains(*item))
        {
            Some(item) => self.go_to(item),
            None => self.say("This is the first item."),
        }
    }

    fn go_to_number(&mut self, number: &str) -> io::Result<()> {
        let items = self.campaign.snapshot().len();
        let place = number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        match place
            .filter(|place| *place < items)
            .and_then(|place| u32::try_from(place).ok())
        {
            Some(place) if !self.campaign.items().contains(Item(place)) => self.say(&format!(
                "Item {number} is outside the scope of this review."
            )),
            Some(place) => self.go_to(Item(place)),
            None => self.say(&format!("Say item and a number from 1 to {items}.")),
        }
    }

    /// To the first item of the next or previous subject that the filter shows; the first undecided one, if any.
    fn go_to_subject(&mut self, forward: bool) -> io::Result<()> {
        let snapshot = self.campaign.snapshot();
        let subjects = snapshot.subjects();
        let here = self.at.map(|at| snapshot.subject_of(at));
        let first_of = |position: usize| {
            let mut items = subjects[position]
                .items()
                .filter(|item| self.chosen.contains(*item))
                .peekable();
            let first = items.peek().copied();
            items
                .find(|item| self.campaign.slot(*item).decision.is_none())
                .or(first)
        };
        let found = if forward {
            (here.map_or(0, |here| here + 1)..subjects.len()).find_map(first_of)
        } else {
            (0..here.unwrap_or(0)).rev().find_map(first_of)
        };
        match found {
            Some(item) => self.go_to(item),
            None if forward => self.say("This is the last account."),
            None => self.say("This is the first account."),
        }
    }

    fn why(&mut self) -> io::Result<()> {
        let Some(item) = self.current()? else {
            return Ok(());
        };
        for sentence in speak::why(self.campaign, &self.access, item) {
            self.say(&sentence)?;
        }
        Ok(())
    }

    fn decide(&mut self, decision: Decision, reason: Option<String>) -> io::Result<()> {
        let Some(item) = self.current()? else {
            return Ok(());
        };
        if self.campaign.slot(item).decision == Some(decision) && reason.is_none() {
            return self.say(&format!("It is {} already.", decision.past()));
        }
        let change = Change::Decide(decision);
        let reason = match self.campaign.wants_reason(change, &item.into()) {
            Some(refusal) if reason.is_none() && self.campaign.may(change, item).is_ok() => {
                self.say(&speak::refusal(&refusal))?;
                match self.ask_reason(change)? {
                    Some(reason) => Some(reason),
                    None => return self.say("Nothing was kept."),
                }
            }
            _ => reason,
        };
        self.change(change, reason)
    }

    /// Says what stays reachable, then asks for the reason; an empty one leaves everything as it was.
    fn revoke(&mut self) -> io::Result<()> {
        let Some(item) = self.current()? else {
            return Ok(());
        };
        if let Err(refusal) = self.campaign.may(Change::Decide(Decision::Revoke), item) {
            return self.say(&speak::refusal(&refusal));
        }
        for sentence in speak::consequences(self.campaign, &self.access, item) {
            self.say(&sentence)?;
        }
        let revoke = Change::Decide(Decision::Revoke);
        match self.ask_reason(revoke)? {
            Some(reason) => self.change(revoke, Some(reason)),
            None => self.say("Nothing was revoked."),
        }
    }

    fn ask_reason(&mut self, change: Change) -> io::Result<Option<String>> {
        let offered = self.campaign.policy().reasons(change).to_vec();
        let mut answers: Vec<String> = (1..)
            .zip(&offered)
            .map(|(number, reason)| format!("{number} {reason}"))
            .collect();
        answers.push(
            if offered.is_empty() {
                "text"
            } else {
                "or text"
            }
            .to_owned(),
        );
        let prompt = format!("Reason: {}; an empty line cancels: ", answers.join(", "));
        loop {
            let Some(answer) = self.ask(&prompt)?.filter(|answer| !answer.is_empty()) else {
                return Ok(None);
            };
            if is_command(&answer) {
                self.say(&format!(
                    "{} is a command, not a reason. Nothing is {} yet.",
                    speak::capital(SafeText::of(&answer).as_str()),
                    phrase::done(change)
                ))?;
                continue;
            }
            if !answer.bytes().all(|byte| byte.is_ascii_digit()) {
                return Ok(Some(answer));
            }
            let place = answer
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            if let Some(reason) = place.and_then(|place| offered.get(place)) {
                return Ok(Some(reason.clone()));
            }
            self.say(&match offered.len() {
                0 => "Say a reason in words.".to_owned(),
                n => format!("There are reasons 1 to {n}. Say one of them, or a reason in words."),
            })?;
        }
    }

    fn change(&mut self, change: Change, reason: Option<String>) -> io::Result<()> {
        let Some(item) = self.current()? else {
            return Ok(());
        };
        let slot = self.campaign.slot(item);
        if change == Change::Clear && slot.decision.is_none() && !slot.later {
            return self.say("It is not decided and has no bookmark.");
        }
        let event = Event::Decided(Decided {
            change,
            items: item.into(),
            reason: reason.map(Raw::from),
            chosen: Chosen::Single,
            left_out: LeftOut::default(),
        });
        if !self.write(event)? {
            return Ok(());
        }
        let left = speak::left(self.campaign, item);
        self.say(&format!(
            "{}. Undo is available. {left}",
            speak::done(change)
        ))?;
        if change == Change::Clear {
            return Ok(());
        }
        self.go_to_undecided_after(Some(item))
    }

    /// Decides what is undecided of this subject, as far as that may be done together.
    fn decide_rest(&mut self, decision: Decision) -> io::Result<()> {
        let Some(at) = self.current()? else {
            return Ok(());
        };
        let snapshot = self.campaign.snapshot();
        let subject = snapshot.subjects()[snapshot.subject_of(at)];
        let change = Change::Decide(decision);
        let open = subject.items().filter(|item| {
            self.chosen.contains(*item) && self.campaign.slot(*item).decision.is_none()
        });
        // A group of everyone holds what nobody can remove.
        let change = match change {
            Change::Decide(Decision::Keep) if matches!(subject.holder, Holder::Everyone(_)) => {
                Change::Decide(Decision::Acknowledge)
            }
            change => change,
        };
        let bulk = Bulk::of(self.campaign, change, &open.collect(), false);
        let holder = speak::holder(snapshot, subject.holder);
        let rules = bulk.left_out.iter().map(|(rule, items)| {
            let one_by_one = match rule {
                signal::Rule::Own => "",
                _ => ", to be decided one by one",
            };
            (items.len(), format!("{}{one_by_one}", words(rule)))
        });
        let unfit = bulk.unfit.iter();
        let unfit = unfit.map(|(why, items)| (items.len(), why.words(change).to_owned()));
        for (n, why) in rules.chain(unfit) {
            self.say(&format!(
                "{} of {holder} left out: {why}.",
                speak::count(n as u64, "undecided item", "undecided items")
            ))?;
        }
        if bulk.items.is_empty() {
            return self.say(&format!(
                "There is nothing left of {holder} to {} together.",
                phrase::to_do(change)
            ));
        }
        let unusual = unusual::told(self.campaign, &bulk.items);
        if !unusual.is_empty() {
            self.say(&format!("Among them {unusual}."))?;
        }
        for sentence in speak::remains(self.campaign, change, &bulk.items) {
            self.say(&sentence)?;
        }
        let number = bulk.items.len();
        let reason = match self.campaign.wants_reason(change, &bulk.items) {
            Some(refusal) => {
                if decision == Decision::Keep {
                    self.say(&speak::refusal(&refusal))?;
                }
                match self.ask_reason(change)? {
                    Some(reason) => Some(reason),
                    None => return self.say(&format!("Nothing was {}.", decision.past())),
                }
            }
            None => None,
        };
        let items_of = speak::count(number as u64, "item", "items");
        let (decision, wanted) = match change {
            Change::Decide(Decision::Revoke) => (Decision::Revoke, format!("revoke {number}")),
            Change::Decide(decision) => (decision, number.to_string()),
            Change::Later | Change::Clear => return Ok(()),
        };
        let prompt = format!(
            "{} {items_of} of {holder}? Type {wanted} to confirm: ",
            speak::capital(decision.word())
        );
        if self.ask(&prompt)?.is_none_or(|answer| answer != wanted) {
            return self.say("Nothing was decided.");
        }
        let event = Event::Decided(bulk.decided(reason.map(Raw::from), Chosen::RestOfSubject));
        if self.write(event)? {
            self.say(&format!(
                "{items_of} {}. One undo takes all of them back.",
                decision.past()
            ))?;
            self.go_to_undecided_after(Some(at))?;
        }
        Ok(())
    }

    fn note(&mut self, text: &str) -> io::Result<()> {
        let Some(item) = self.current()? else {
            return Ok(());
        };
        let text = if text.is_empty() {
            let Some(text) = self.ask("Note; an empty line takes the note away: ")? else {
                return Ok(());
            };
            text
        } else {
            text.to_owned()
        };
        if text.is_empty() && self.campaign.note(item).is_none() {
            return self.say("There is no note here.");
        }
        let done = if text.is_empty() {
            "The note is gone. Undo is available."
        } else {
            "Noted. Undo is available."
        };
        if self.write(Event::Noted {
            item,
            text: Raw::from(text),
        })? {
            self.say(done)?;
        }
        Ok(())
    }

    fn filter(&mut self, text: &str) -> io::Result<()> {
        let filter = match Filter::parse(text) {
            Ok(filter) => filter,
            Err(error) => {
                return self.say(&format!(
                    "The filter was not understood: {}. Say help filter to hear how one is written.",
                    SafeText::of(&error.to_string())
                ));
            }
        };
        let chosen = filter.select(self.campaign);
        let items = speak::count(chosen.len() as u64, "item", "items");
        let remark = filter.remark(self.campaign, chosen.is_empty());
        if filter.is_empty() {
            self.filter = None;
            self.chosen = chosen;
            self.say(&format!("No filter. {} to see.", speak::capital(&items)))?;
        } else if chosen.is_empty() {
            self.say("The filter matches nothing, so it was not taken.")?;
            return match remark {
                Some(remark) => self.say(&sentence(&remark)),
                None => Ok(()),
            };
        } else {
            self.say(&format!("The filter matches {items}."))?;
            if let Some(remark) = remark {
                self.say(&sentence(&remark))?;
            }
            self.filter = Some(text.to_owned());
            self.chosen = chosen;
        }
        self.subject = None;
        self.go_to_undecided_after(None)
    }

    /// Takes the last change back, or makes it again.
    fn take_back(&mut self, undo: bool) -> io::Result<()> {
        let entry = if undo {
            self.campaign.undoable()
        } else {
            self.campaign.redoable()
        };
        let Some(entry) = entry else {
            return self.say(if undo {
                "There is nothing to undo."
            } else {
                "There is nothing to redo."
            });
        };
        let (number, what) = (
            entry.seq,
            speak::change(self.campaign.snapshot(), &entry.event),
        );
        let first = match &entry.event {
            Event::Decided(decided) => decided.items.first(),
            Event::Noted { item, .. } => Some(*item),
            _ => None,
        };
        let event = if undo {
            Event::Undone { entry: number }
        } else {
            Event::Redone { entry: number }
        };
        if !self.write(event)? {
            return Ok(());
        }
        self.say(&format!(
            "{}: {what}.",
            if undo { "Taken back" } else { "Made again" }
        ))?;
        match first {
            Some(item) => self.go_to(item),
            None => Ok(()),
        }
    }

    /// Says the red flags, and how to get to their items.
    fn check(&mut self) -> io::Result<()> {
        let flags = check::check(self.campaign, self.now);
        if flags.is_empty() {
            return self.say("There are no red flags.");
        }
        for flag in &flags {
            for sentence in speak::flag(flag) {
                self.say(&sentence)?;
            }
        }
        if let Some(flag) = flags.iter().find(|flag| !flag.all().is_empty()) {
            let name = flag.rule.name();
            self.say(&format!(
                "Say filter flag:{name} to go through the items of {name}."
            ))?;
        }
        Ok(())
    }

    /// Lets a flag stand as it is; the reason is asked for.
    fn waive(&mut self, name: &str) -> io::Result<()> {
        let Some(rule) = Rule::find(name) else {
            return self.say("Say waive and the name of a flag. Say check to hear the flags.");
        };
        let Some(flag) = check::find(self.campaign, rule, self.now) else {
            return self.say(&format!("There is no flag {name} here."));
        };
        for sentence in speak::flag(&flag) {
            self.say(&sentence)?;
        }
        let prompt = "Why may it stand? An empty line cancels: ";
        let Some(reason) = self.ask(prompt)?.filter(|reason| !reason.is_empty()) else {
            return self.say("Nothing was waived.");
        };
        if self.write(flag.waive(Raw::from(reason)))? {
            self.say(&format!(
                "The flag {name} is waived as it is now. Undo is available."
            ))?;
        }
        Ok(())
    }

    fn status(&mut self) -> io::Result<()> {
        self.say(&speak::progress(self.campaign))?;
        if let Some(filter) = &self.filter {
            let sentence = format!(
                "The filter {} matches {}.",
                SafeText::of(filter),
                speak::count(self.chosen.len() as u64, "item", "items")
            );
            self.say(&sentence)?;
        }
        match self.subject {
            Some(subject) => self.say(&speak::subject(self.campaign, subject)),
            None => Ok(()),
        }
    }

    /// Writes an event; whether it counts now. When it does not, why not has been said.
    fn write(&mut self, event: Event) -> io::Result<bool> {
        if let Err(refusal) = self.campaign.check(&event, self.now) {
            self.say(&speak::refusal(&refusal))?;
            return Ok(false);
        }
        match (self.append)(event) {
            Ok(entry) => {
                self.now = self.now.max(entry.at);
                match self.campaign.apply(entry) {
                    Ok(()) => Ok(true),
                    Err(refusal) => Err(io::Error::other(refusal)),
                }
            }
            Err(error) => {
                self.say(&format!("Nothing was recorded: {}.", SafeText::of(&error)))?;
                Ok(false)
            }
        }
    }
}

fn decision_of(word: &str) -> Decision {
    match word {
        "keep" => Decision::Keep,
        "revoke" => Decision::Revoke,
        _ => Decision::Acknowledge,
    }
}

#[cfg(test)]
mod tests;
