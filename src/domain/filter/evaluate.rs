//! From what must hold to the items for which it does.
//!
//! Each term asks names, kinds of what is held, holders and memberships once each, and spreads the answers over their
//! items; terms are then joined as sets. No item is looked at for itself, except for what was decided about it.

use super::{
    expr::{Expr, Test, Wanted},
    field::{Field, Is, Kind, Word},
    fold::fold,
    index::{Gift, Index, Moment, Names, known_by},
    near::letters,
    when::{Numbers, When},
};
use crate::domain::{
    account::{self, Account, Fact, State, TwoFactor},
    bits::{Answer, Bits},
    campaign::Campaign,
    check,
    decision::{Decision, Slot},
    earlier::Earlier,
    grant::{Holder, Standing},
    items::{Item, ItemSet},
    journal::{Decided, Event},
    resource::RoleKind,
    snapshot::Snapshot,
    text::Raw,
};

/// How everybody is called, and what is no role of Space's; lines as in [`Names`].
pub(super) const EVERYONE: &str = "everyone\nevery member\nevery external user";
pub(super) const SIGN_IN: &str = "can sign in";
pub(super) const LEAD: &str = "team lead";
pub(super) const MEMBER: &str = "team member";

/// A campaign that is asked.
pub(super) struct Asked<'a> {
    pub(super) campaign: &'a Campaign,
    snapshot: &'a Snapshot,
    pub(super) index: &'a Index,
}

impl<'a> Asked<'a> {
    pub(super) fn new(campaign: &'a Campaign) -> Self {
        let snapshot = campaign.snapshot();
        Self {
            campaign,
            snapshot,
            index: snapshot.index(),
        }
    }

    /// The items that are put up for decision and for which `expr` holds.
    pub(super) fn items(&self, expr: &Expr) -> ItemSet {
        let chosen = self.expr(expr).yes;
        if self.campaign.out_of_scope() == 0 {
            return chosen.items();
        }
        let put_up = Bits::of(self.campaign.items(), self.snapshot.len());
        chosen.and(&put_up).items()
    }

    fn expr(&self, expr: &Expr) -> Answer {
        match expr {
            Expr::Test(test) => self.test(test),
            Expr::Not(expr) => self.expr(expr).not(),
            Expr::All(terms) => self.join(terms, Answer::and, Answer::is_none),
            Expr::Any(terms) => self.join(terms, Answer::or, |_| false),
        }
    }

    fn join(
        &self,
        terms: &[Expr],
        join: impl Fn(Answer, &Answer) -> Answer,
        settled: impl Fn(&Answer) -> bool,
    ) -> Answer {
        let mut terms = terms.iter();
        let Some(first) = terms.next() else {
            return Answer::none(self.snapshot.len());
        };
        let mut answer = self.expr(first);
        for term in terms {
            // What is settled does not change any more.
            if settled(&answer) {
                break;
            }
            answer = join(answer, &self.expr(term));
        }
        answer
    }

    fn test(&self, test: &Test) -> Answer {
        match test {
            Test::Name {
                field,
                wanted,
                loose,
            } => {
                let hits = Hits::of(self.index, wanted);
                if *loose && hits.is_none() {
                    return self.named(*field, &Hits::apart(self.index, wanted));
                }
                self.named(*field, &hits)
            }
            Test::Said(Field::Note, wanted) => self.noted(|note| said(note, wanted)).into(),
            Test::Said(_, wanted) => {
                let yes = |decided: &Decided| {
                    decided
                        .reason
                        .as_ref()
                        .is_some_and(|reason| said(reason, wanted))
                };
                self.by_decision(yes).into()
            }
            Test::Words(words) => {
                let none = Answer::none(self.snapshot.len());
                words
                    .iter()
                    .fold(none, |answer, word| answer.or(&self.word(*word)))
            }
            Test::Time(field, whens) => self.time(*field, whens),
            Test::Number(Field::Open, numbers) => self.open(numbers).into(),
            Test::Number(_, numbers) => {
                let mut bits = Bits::none(self.snapshot.len());
                for Numbers(first, last) in numbers {
                    let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                    bits.put(place(first.saturating_sub(1)), place(*last));
                }
                bits.into()
            }
        }
    }

    /// Whether a name is loose and had to be.
    pub(super) fn is_loose(&self, test: &Test) -> bool {
        match test {
            Test::Name {
                loose: true,
                wanted,
                ..
            } => Hits::of(self.index, wanted).is_none(),
            _ => false,
        }
    }

    fn named(&self, field: Option<Field>, hits: &Hits) -> Answer {
        let any = field.is_none();
        let at = |one: Field| any || field == Some(one);
        let account = at(Field::Account);
        let team = at(Field::Team);
        let held = self.by_holder(|holder| {
            Some(match holder {
                Holder::Everyone(_) => account && hits.everyone,
                Holder::Account(ix) => account && hits.accounts[ix.index()],
                Holder::Team(ix) => team && hits.teams[ix.index()],
            })
        });
        if field == Some(Field::Account) {
            return held;
        }
        let role = at(Field::Role);
        let given = self.by_gift(|gift| match gift {
            Gift::SignIn => role && hits.sign_in || any && hits.organization,
            Gift::OrganizationRole(ix) => {
                (role || field == Some(Field::OrgRole)) && hits.roles[ix.index()]
                    || any && hits.organization
            }
            Gift::Membership(ix, lead) => {
                team && hits.teams[ix.index()] || role && if lead { hits.lead } else { hits.member }
            }
            Gift::ProjectRole(project, ix) => {
                at(Field::Project) && hits.projects[project.index()]
                    || role && hits.roles[ix.index()]
            }
        });
        held.or(&given.into())
    }

    fn word(&self, word: Word) -> Answer {
        match word {
            Word::Is(is) => self.is(is),
            Word::Kind(kind) => self
                .by_gift(|gift| {
                    kind == match gift {
                        Gift::SignIn => Kind::Account,
                        Gift::OrganizationRole(_) => Kind::Organization,
                        Gift::Membership(..) => Kind::Team,
                        Gift::ProjectRole(..) => Kind::Project,
                    }
                })
                .into(),
            Word::State(state) => self.by_account(|account| {
                let is = account.state(self.campaign.as_of());
                (is != State::Unknown || is == state).then_some(is == state)
            }),
            Word::Signal(rule) => self.campaign.signals().answer(rule).clone(),
            Word::NoSignal(rule) => {
                let unknown = self.campaign.signals().answer(rule).unknown.clone();
                unknown
                    .unwrap_or_else(|| Bits::none(self.snapshot.len()))
                    .into()
            }
            Word::TwoFactor(wanted) => self.by_account(|account| {
                let on = match account.two_factor {
                    Fact::Known(TwoFactor::Active) => Some(true),
                    Fact::Known(TwoFactor::Inactive | TwoFactor::NotSetUp) => Some(false),
                    // Nothing was told.
                    Fact::Absent | Fact::Unknown => None,
                };
                match wanted {
                    Some(wanted) => on.map(|on| on == wanted),
                    None => Some(on.is_none()),
                }
            }),
            Word::Flag(rule) => {
                // What depends on the time of day is not about items.
                let flag = check::find(self.campaign, rule, self.campaign.as_of());
                let items = flag.map_or_else(ItemSet::default, |flag| flag.all());
                Bits::of(&items, self.snapshot.len()).into()
            }
            Word::Delta(delta) => self.earlier(|earlier, item| earlier.delta(item) == delta),
            Word::Was(decision) => self.earlier(|earlier, item| {
                earlier
                    .lot(item)
                    .is_some_and(|lot| lot.was.decision == decision)
            }),
        }
    }

    /// For each item the answer about what the previous record tells of it; without one, nobody knows.
    fn earlier(&self, yes: impl Fn(&Earlier, Item) -> bool) -> Answer {
        let len = self.snapshot.len();
        match self.campaign.earlier() {
            None => Answer::new(Bits::none(len), Bits::none(len).not()),
            Some(earlier) => Bits::by_item(len, |item| yes(earlier, item)).into(),
        }
    }

    fn is(&self, is: Is) -> Answer {
        use account::Kind;
        let decided = |decision| self.by_slot(move |slot| slot.decision == Some(decision));
        let kind = |kinds: &[Kind]| self.by_account(|account| Some(kinds.contains(&account.kind)));
        let state =
            |state| self.by_account(|account| Some(account.state(self.campaign.as_of()) == state));
        let standing = |standing| {
            let memberships = self.snapshot.memberships().iter();
            self.by_membership(
                memberships
                    .map(|membership| Some(membership.standing(self.campaign.as_of()) == standing)),
            )
        };
        match is {
            Is::Undecided | Is::Pending => self.by_slot(|slot| slot.decision.is_none()).into(),
            Is::Decided => self.by_slot(|slot| slot.decision.is_some()).into(),
            Is::Kept => decided(Decision::Keep).into(),
            Is::Revoked => decided(Decision::Revoke).into(),
            Is::Acknowledged => decided(Decision::Acknowledge).into(),
            Is::Later => self.by_slot(|slot| slot.later).into(),
            Is::Bulk => self.by_decision(|decided| decided.chosen.is_bulk()).into(),
            Is::Implicit => self
                .by_gift(|gift| match gift {
                    Gift::OrganizationRole(role) => {
                        self.snapshot.role(role).kind == RoleKind::OrganizationImplicit
                    }
                    _ => false,
                })
                .into(),
            Is::Own => {
                let mut own = Bits::none(self.snapshot.len());
                for subject in self.snapshot.subjects() {
                    if self.campaign.is_own(subject.first) {
                        own.put(subject.first.index(), subject.end.index());
                    }
                }
                own.into()
            }
            Is::Noted => self.noted(|_| true).into(),
            Is::Exception => {
                let mut bits = Bits::none(self.snapshot.len());
                for (first, last) in self.campaign.left_out().runs() {
                    bits.put(first.index(), last.index() + 1);
                }
                bits.into()
            }
            Is::Account => self.by_gift(|gift| gift == Gift::SignIn).into(),
            Is::Privileged => self
                .by_gift(|gift| match gift {
                    Gift::OrganizationRole(role) | Gift::ProjectRole(_, role) => {
                        let role = self.snapshot.role(role);
                        self.campaign.policy().privileged(role) == Fact::Known(true)
                    }
                    Gift::SignIn | Gift::Membership(..) => false,
                })
                .into(),
            Is::Lead => self
                .by_gift(|gift| matches!(gift, Gift::Membership(_, true)))
                .into(),
            Is::Ended => standing(Standing::Ended),
            Is::Unapproved => standing(Standing::Pending),
            Is::Upcoming => standing(Standing::Future),
            Is::TeamHeld => self.by_holder(|holder| Some(matches!(holder, Holder::Team(_)))),
            Is::Member => kind(&[Kind::Member]),
            Is::External => kind(&[Kind::Collaborator, Kind::Guest]),
            Is::Collaborator => kind(&[Kind::Collaborator]),
            Is::Guest => kind(&[Kind::Guest]),
            Is::Active => state(State::Active),
            Is::Suspended => state(State::Suspended),
            Is::Left => state(State::Left),
            Is::Future => state(State::Future),
            Is::Unlisted => self.by_account(|account| Some(!account.listed)),
            Is::Unknown => self.by_account(|account| {
                let state = account.state(self.campaign.as_of());
                Some(account.kind == Kind::Unknown || state == State::Unknown)
            }),
        }
    }

    fn time(&self, field: Field, whens: &[When]) -> Answer {
        let as_of = self.campaign.as_of();
        let holds = |fact: Fact<i64>| either(whens.iter().map(|when| when.holds(fact, as_of)));
        let member = |moments: &[Moment]| {
            self.by_membership(moments.iter().map(|moment| holds(moment.fact())))
        };
        match field {
            Field::Since => member(&self.index.since),
            Field::Until => member(&self.index.until),
            Field::Joined => {
                self.by_account(|account| holds(ms(&account.joined, |day| day.start().ms())))
            }
            _ => self.by_account(|account| holds(ms(&account.last_sign_in, |at| at.ms()))),
        }
    }

    fn open(&self, numbers: &[Numbers]) -> Bits {
        let mut bits = Bits::none(self.snapshot.len());
        for (position, subject) in self.snapshot.subjects().iter().enumerate() {
            let open = self.campaign.items_of(position) - self.campaign.decided_of(position);
            if numbers.iter().any(|numbers| numbers.contain(open.into())) {
                bits.put(subject.first.index(), subject.end.index());
            }
        }
        bits
    }

    fn noted(&self, yes: impl Fn(&Raw) -> bool) -> Bits {
        let mut bits = Bits::none(self.snapshot.len());
        for (item, note) in self.campaign.notes() {
            if yes(note) {
                bits.put(item.index(), item.index() + 1);
            }
        }
        bits
    }

    fn by_slot(&self, yes: impl Fn(&Slot) -> bool) -> Bits {
        Bits::each(self.campaign.slots(), yes)
    }

    /// For each item the answer about the entry that decided or bookmarked it.
    fn by_decision(&self, yes: impl Fn(&Decided) -> bool) -> Bits {
        let entries = self.campaign.entries().iter();
        let entries: Vec<bool> = entries
            .map(|entry| matches!(&entry.event, Event::Decided(decided) if yes(decided)))
            .collect();
        self.by_slot(|slot| {
            let place = (slot.entry as usize).checked_sub(1);
            (slot.decision.is_some() || slot.later)
                && place
                    .and_then(|place| entries.get(place))
                    .is_some_and(|yes| *yes)
        })
    }

    fn by_gift(&self, yes: impl Fn(Gift) -> bool) -> Bits {
        let table: Vec<bool> = self.index.gifts.iter().map(|gift| yes(*gift)).collect();
        Bits::each(&self.index.given, |gift| table[*gift as usize])
    }

    fn by_holder(&self, told: impl Fn(Holder) -> Option<bool>) -> Answer {
        let mut answer = Answer::none(self.snapshot.len());
        for subject in self.snapshot.subjects() {
            answer.put(subject.first, subject.end, told(subject.holder));
        }
        answer
    }

    /// For each item the answer about the account that holds it; what no account holds is a no.
    fn by_account(&self, told: impl Fn(&Account) -> Option<bool>) -> Answer {
        self.by_holder(|holder| match holder {
            Holder::Account(ix) => told(self.snapshot.account(ix)),
            Holder::Everyone(_) | Holder::Team(_) => Some(false),
        })
    }

    /// For each item the answer about the membership it is, of which `told` has one after the other; what is no
    /// membership is a no.
    fn by_membership(&self, mut told: impl Iterator<Item = Option<bool>>) -> Answer {
        let is = |gift: &Gift| matches!(gift, Gift::Membership(..));
        let is: Vec<bool> = self.index.gifts.iter().map(is).collect();
        // Memberships stand in the order of their items.
        let mut next = || told.next().expect("a snapshot has one for each such item");
        Answer::each(&self.index.given, |gift| {
            if is[*gift as usize] {
                next()
            } else {
                Some(false)
            }
        })
    }
}

/// A fact as milliseconds.
fn ms<T>(fact: &Fact<T>, ms: impl Fn(&T) -> i64) -> Fact<i64> {
    match fact {
        Fact::Known(value) => Fact::Known(ms(value)),
        Fact::Absent => Fact::Absent,
        Fact::Unknown => Fact::Unknown,
    }
}

/// Whether one of them is so; `None` when none is and one may be.
fn either(told: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(false);
    for one in told {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

fn said(text: &Raw, wanted: &[Wanted]) -> bool {
    let text = fold(text.raw());
    wanted.iter().any(|wanted| wanted.hits(&text))
}

impl Wanted {
    /// Whether a name in `lines` has it.
    pub(super) fn hits(&self, lines: &str) -> bool {
        if self.whole {
            lines.split('\n').any(|line| line == self.folded)
        } else {
            lines.contains(&*self.folded)
        }
    }

    /// Whether its letters stand in order in one of the names, the first at the beginning of a word.
    pub(super) fn hits_apart(&self, lines: &str) -> bool {
        known_by(lines).any(|name| {
            let mut letters = self.folded.chars();
            let mut next = letters.next();
            let (mut begun, mut in_word) = (false, false);
            for c in name.chars() {
                // Scripts without blanks begin a word anywhere.
                let begins = !in_word || c >= '\u{2e80}';
                in_word = c.is_alphanumeric();
                if next == Some(c) && (begun || begins) {
                    begun = true;
                    next = letters.next();
                    if next.is_none() {
                        return true;
                    }
                }
            }
            false
        })
    }
}

/// For each name whether it is one that is looked for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "an answer for each name that is always there"
)]
struct Hits {
    accounts: Vec<bool>,
    teams: Vec<bool>,
    projects: Vec<bool>,
    roles: Vec<bool>,
    organization: bool,
    everyone: bool,
    sign_in: bool,
    lead: bool,
    member: bool,
}

impl Hits {
    fn of(index: &Index, wanted: &[Wanted]) -> Self {
        let hit = |lines: &str| wanted.iter().any(|wanted| wanted.hits(lines));
        Self::new(hit, |names| names.hits(hit), index)
    }

    fn apart(index: &Index, wanted: &[Wanted]) -> Self {
        // Most names lack some of the letters.
        let common = wanted.iter().map(|wanted| letters(&wanted.folded));
        let common = common.reduce(|one, other| one & other).unwrap_or(0);
        let hit = |lines: &str| wanted.iter().any(|wanted| wanted.hits_apart(lines));
        Self::new(hit, |names| names.hits_with(common, hit), index)
    }

    fn new(hit: impl Fn(&str) -> bool, hits: impl Fn(&Names) -> Vec<bool>, index: &Index) -> Self {
        Self {
            accounts: hits(&index.accounts),
            teams: hits(&index.teams),
            projects: hits(&index.projects),
            roles: hits(&index.roles),
            organization: hits(&index.organization).contains(&true),
            everyone: hit(EVERYONE),
            sign_in: hit(SIGN_IN),
            lead: hit(LEAD),
            member: hit(MEMBER),
        }
    }

    /// Whether nothing has such a name.
    fn is_none(&self) -> bool {
        let names = [&self.accounts, &self.teams, &self.projects, &self.roles];
        let others = [
            self.organization,
            self.everyone,
            self.sign_in,
            self.lead,
            self.member,
        ];
        !names.into_iter().flatten().chain(&others).any(|hit| *hit)
    }
}
