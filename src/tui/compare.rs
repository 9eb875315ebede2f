//! What differs between two moments on the screen: a set of screens of its own in the same loop. They only look.

mod keys;
mod particulars;
mod view;

use ratatui::Frame;

use super::{
    message::Input,
    runtime::{Exit, Request, Screens},
    screen::help::Help,
    theme::Look,
    widget::{field::Field, pen::scrolled, text::number},
};
use crate::domain::{
    compared::{Compared, Kind, Row, Rows},
    filter::Filter,
};

/// There is nothing that these screens could ask for.
#[derive(Debug)]
pub(crate) enum Effect {}

/// What is shown.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) compared: &'a Compared<'a>,
    /// A filter to begin with, which was understood.
    pub(crate) filter: Option<String>,
    /// What is compared, in lines that are safe to show.
    pub(crate) sides: Vec<String>,
    /// What stands on every screen: what is missing, and whose key nobody vouches for. Empty when nothing does.
    pub(crate) warning: String,
}

/// Everything the screens know.
#[derive(Debug)]
pub(crate) struct State<'a> {
    dirty: bool,
    look: Look,
    size: (u16, u16),
    request: Option<Request>,
    exit: Option<Exit>,
    compared: &'a Compared<'a>,
    sides: Vec<String>,
    warning: String,
    /// What a filter chooses, and its text.
    chosen: Option<(String, Box<Rows>)>,
    /// How many rows of each part say what, in the order in which they stand.
    totals: [Vec<(&'static str, usize)>; 6],
    /// The part that is shown, as a place in [`Kind::ALL`].
    part: usize,
    lists: [List; 6],
    sheet: Option<Sheet>,
    /// A key that needs another one.
    prefix: Option<char>,
    said: Said,
}

/// Where one is in the rows of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct List {
    row: usize,
    top: usize,
}

/// Something that is drawn over the list.
#[derive(Debug)]
enum Sheet {
    /// A filter is typed.
    Filter(Field),
    /// All that is known of the row.
    Particulars { top: usize },
    /// What is compared.
    Sides { top: usize },
    /// All keys.
    Help(Help),
}

/// What was said last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Said {
    text: String,
    refused: bool,
}

impl<'a> State<'a> {
    /// Begins at the first part that has rows.
    pub(crate) fn new(look: Look, start: Start<'a>) -> Self {
        let mut state = Self {
            dirty: true,
            look,
            size: (0, 0),
            request: None,
            exit: None,
            compared: start.compared,
            sides: start.sides,
            warning: start.warning,
            chosen: None,
            totals: Default::default(),
            part: 0,
            lists: [List::default(); 6],
            sheet: None,
            prefix: None,
            said: Said::default(),
        };
        if let Some(text) = start.filter
            && let Err(why) = state.filter(&text)
        {
            state.refuse(why);
        }
        state.count();
        let filled = state.all().iter().position(|rows| !rows.is_empty());
        state.part = filled.unwrap_or(0);
        state
    }

    fn say(&mut self, text: impl Into<String>) {
        self.said = Said {
            text: text.into(),
            refused: false,
        };
    }

    fn refuse(&mut self, text: impl Into<String>) {
        self.said = Said {
            text: text.into(),
            refused: true,
        };
    }

    /// The rows of all parts.
    fn all(&self) -> &Rows {
        match &self.chosen {
            Some((_, rows)) => rows,
            None => self.compared.rows(),
        }
    }

    /// The rows of the part that is shown.
    fn rows(&self) -> &[Row] {
        &self.all()[self.part]
    }

    fn kind(&self) -> Kind {
        Kind::ALL[self.part]
    }

    /// The row under the cursor.
    fn row(&self) -> Option<&Row> {
        self.rows().get(self.lists[self.part].row)
    }

    /// Shows only what `text` chooses; an empty one shows all again.
    ///
    /// # Errors
    /// Where it cannot be understood.
    fn filter(&mut self, text: &str) -> Result<(), String> {
        let filter = Filter::parse(text).map_err(|error| error.to_string())?;
        self.lists = [List::default(); 6];
        if filter.is_empty() {
            self.chosen = None;
            self.said = Said::default();
        } else {
            let rows = Box::new(self.compared.chosen(&filter));
            let chosen: usize = rows.iter().map(Vec::len).sum();
            self.chosen = Some((text.trim().to_owned(), rows));
            let all: usize = self.compared.rows().iter().map(Vec::len).sum();
            self.say(format!(
                "{} of {} rows; Esc shows all again",
                number(chosen as u64),
                number(all as u64)
            ));
        }
        self.count();
        self.settle();
        Ok(())
    }

    /// Counts what the rows say; those that say the same stand together.
    fn count(&mut self) {
        self.totals = self.all().each_ref().map(|rows| {
            let mut totals: Vec<(&'static str, usize)> = Vec::new();
            for word in rows.iter().map(|row| row.said.word()) {
                match totals.last_mut().filter(|(last, _)| *last == word) {
                    Some((_, n)) => *n += 1,
                    None => totals.push((word, 1)),
                }
            }
            totals
        });
    }

    /// Keeps the cursor inside the rows and the rows around it in sight.
    fn settle(&mut self) {
        let (rows, height) = (self.rows().len(), self.list_height());
        let list = &mut self.lists[self.part];
        list.row = list.row.min(rows.saturating_sub(1));
        list.top = scrolled(list.top, list.row, rows, height);
    }
}

impl Screens for State<'_> {
    type Message = Input;
    type Effect = Effect;

    fn update(&mut self, message: Input, _now_ms: u64) -> Vec<Effect> {
        self.dirty = true;
        match message {
            Input::Key(key) => self.key(key),
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Paste(text) => self.paste(&text),
            Input::Resize(wide, high) => {
                self.size = (wide, high);
                self.settle();
            }
            Input::Deadline => self.dirty = false,
        }
        Vec::new()
    }

    fn view(&self, frame: &mut Frame<'_>) {
        self.draw(frame);
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

#[cfg(test)]
mod tests;
