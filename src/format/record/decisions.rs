//! [`Decisions`]: the lines of `decisions.jsonl`.

use std::collections::BTreeMap;

use crate::{
    domain::{
        Digest,
        access::{Access, Certainty},
        campaign::Campaign,
        decision::Decision,
        grant::{Entitlement, Holder},
        items::Item,
        remains,
        signal::Rule,
        snapshot::{AccountIx, ProjectIx, RoleIx, Snapshot, TeamIx},
    },
    format::{
        Error, Problem,
        blocks::Block,
        canonical::{self, Object},
        merkle::{self, Salts},
    },
};

/// How many standing paths a line names; a further text tells how many more there are.
const STANDING_LIMIT: usize = 20;

/// How much text of one block is kept in memory.
const TEXT_LIMIT: usize = 1 << 23;

/// How long the names of all teams together may be, in bytes.
const NAMES_LIMIT: usize = 1 << 24;

/// How many steps the ways of one account through its teams may have: far more than anybody's have, and few enough for
/// memory.
const STEPS_LIMIT: u64 = 1 << 22;

/// Makes the line of each item from the campaign. Ask in item order: what one holder's lines need is then worked
/// out once.
#[derive(Debug)]
pub struct Decisions<'a> {
    campaign: &'a Campaign,
    access: &'a Access,
    salts: Salts,
    holder: Option<OfHolder>,
}

/// The lines for the grants of one block.
#[derive(Debug)]
pub enum Made {
    /// All of them, and the part of the Merkle tree over them and their grants.
    Whole {
        /// The lines.
        text: String,
        /// The part of the tree.
        tree: merkle::Tree,
    },
    /// They are longer together than should be in memory at once, so they are made again one by one.
    Long(Block),
}

/// What is worked out once for all lines of one holder.
#[derive(Debug)]
struct OfHolder {
    account: AccountIx,
    paths: Paths,
    /// The ways that stand, for each target that was asked about. They are the same for every revoked role on it.
    standing: BTreeMap<Target, Vec<String>>,
}

/// The names of some rules, where there are any.
fn names<'o>(
    object: Object<'o>,
    member: &'static str,
    rules: impl Iterator<Item = Rule>,
) -> Object<'o> {
    let mut rules = rules.peekable();
    if rules.peek().is_none() {
        return object;
    }
    object.array(member, rules, |out, rule| canonical::text(out, rule.name()))
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Project(ProjectIx),
    Organization(RoleIx),
}

/// All ways in which one account reaches something.
type Paths = BTreeMap<Target, Vec<Path>>;

#[derive(Debug)]
struct Path {
    item: Item,
    membership: Option<Item>,
    teams: Vec<TeamIx>,
    certainty: Certainty,
}

impl<'a> Decisions<'a> {
    /// Prepares to write what `campaign` decided, access being as of its snapshot.
    pub fn new(campaign: &'a Campaign) -> Self {
        Self::with_salts(campaign, Salts(Digest([0; 32])))
    }

    /// The same with the salts of the record's trees, for whoever needs their hashes.
    pub fn with_salts(campaign: &'a Campaign, salts: Salts) -> Self {
        Self {
            campaign,
            access: campaign.access(),
            salts,
            holder: None,
        }
    }

    /// The same for another hand, which begins at another holder.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            campaign: self.campaign,
            access: self.access,
            salts: self.salts,
            holder: None,
        }
    }

    /// The lines for the grants of `block`, where line n is item n.
    ///
    /// # Errors
    /// When a line of the block is too long, or the campaign has no such item.
    pub fn of_block(&self, block: &Block) -> Result<Made, Error> {
        let mut this = self.beside();
        let mut text = String::new();
        let mut tree = merkle::Tree::at(block.first().saturating_sub(1));
        for (number, grant) in block.lines() {
            let before = text.len();
            this.line(this.item(block, number)?, &mut text);
            let line = text.as_bytes().get(before..).unwrap_or_default();
            tree.push(self.leaf(number, grant?, line));
            if text.len() > TEXT_LIMIT {
                return Ok(Made::Long(block.clone()));
            }
        }
        Ok(Made::Whole { text, tree })
    }

    /// Gives the lines that were made to `lines`, one or more at a time, and what they hash to, to `tree`.
    ///
    /// # Errors
    /// Those of `lines`, and, as `wrong` puts them, those of [`Decisions::of_block`].
    pub fn take<E>(
        &mut self,
        made: Made,
        tree: &mut merkle::Tree,
        wrong: impl Fn(Error) -> E,
        mut lines: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        match made {
            Made::Whole { text, tree: part } => {
                lines(&text)?;
                let follows = tree.join(part);
                debug_assert!(follows, "blocks come in their order");
            }
            Made::Long(block) => {
                let mut line = String::new();
                for (number, grant) in block.lines() {
                    line.clear();
                    self.line(self.item(&block, number).map_err(&wrong)?, &mut line);
                    lines(&line)?;
                    tree.push(self.leaf(number, grant.map_err(&wrong)?, line.as_bytes()));
                }
            }
        }
        Ok(())
    }

    /// The leaf of item `number`.
    fn leaf(&self, number: u64, grant: &[u8], decision: &[u8]) -> Digest {
        merkle::leaf(self.salts.of(merkle::Of::Items, number), &[grant, decision])
    }

    /// The item of a line of `block`.
    fn item(&self, block: &Block, number: u64) -> Result<Item, Error> {
        let index = u32::try_from(number.saturating_sub(1)).ok();
        index
            .filter(|index| (*index as usize) < self.campaign.snapshot().len())
            .map(Item)
            .ok_or_else(|| block.error(number, Problem::malformed("there is no such item")))
    }

    /// How many steps from team to team all lines together follow, at most; `None` when those of one account would not
    /// fit into memory.
    pub fn steps(&self) -> Option<u64> {
        let snapshot = self.campaign.snapshot();
        let mut steps = 0u64;
        // A way names each team once at most.
        let teams = snapshot.teams().iter();
        let names = teams.fold(0, |bytes: usize, team| {
            bytes.saturating_add(team.name.raw().len())
        });
        if names > NAMES_LIMIT {
            return None;
        }
        for subject in snapshot.subjects() {
            let Holder::Account(account) = subject.holder else {
                continue;
            };
            let follows = |item: Item| {
                self.campaign.slot(item).decision == Some(Decision::Revoke)
                    && self.is_direct_role(item)
            };
            if subject.items().any(follows) {
                let of_account = self.access.steps(snapshot, account);
                if of_account > STEPS_LIMIT {
                    return None;
                }
                steps = steps.saturating_add(of_account);
            }
        }
        Some(steps)
    }

    /// Adds the line of `item`.
    pub fn line(&mut self, item: Item, out: &mut String) {
        let campaign = self.campaign;
        let slot = campaign.slot(item);
        let word = match slot.decision {
            Some(decision) => decision.word(),
            None if !campaign.items().contains(item) => "out-of-scope",
            None => "undecided",
        };
        let reason = campaign
            .deciding_entry(item)
            .and_then(|(_, decided)| decided.reason.as_ref());
        let object = Object::begin(out)
            .hex("id", &campaign.snapshot().grant(item).id.0)
            .plain("decision", word)
            .maybe_number("entry", (slot.entry != 0).then_some(slot.entry))
            .some_text("reason", reason.map(crate::domain::text::Raw::raw))
            .some_text(
                "note",
                campaign.note(item).map(crate::domain::text::Raw::raw),
            );
        let object = if slot.later {
            object.truth("later", true)
        } else {
            object
        };
        let signals = campaign.signals();
        // What is not read is named after that.
        let yes = signals.of_item(item).filter(|rule| *rule != Rule::Unread);
        let object = names(object, "signals", yes);
        let object = names(object, "unknown", signals.unread_of(item));
        let object = match slot.decision {
            Some(Decision::Revoke) if self.is_direct_role(item) => {
                let standing = self.standing(item);
                object.array("standing", standing, |out, text| {
                    canonical::text(out, &text);
                })
            }
            _ => object,
        };
        object.end_line();
    }

    fn is_direct_role(&self, item: Item) -> bool {
        let snapshot = self.campaign.snapshot();
        matches!(snapshot.grant(item).holder, Holder::Account(_))
            && target(snapshot, item).is_some()
    }

    /// How the holder of a direct role still reaches the same resource when everything that is revoked is gone, in texts
    /// that are not safe to show. Nothing is reached by an account that is to be deactivated.
    pub fn standing(&mut self, item: Item) -> Vec<String> {
        let snapshot = self.campaign.snapshot();
        let (Holder::Account(account), Some(target)) =
            (snapshot.grant(item).holder, target(snapshot, item))
        else {
            return Vec::new();
        };
        if self
            .holder
            .as_ref()
            .is_none_or(|known| known.account != account)
        {
            self.holder = Some(OfHolder {
                account,
                paths: paths(snapshot, self.access, account),
                standing: BTreeMap::new(),
            });
        }
        let campaign = self.campaign;
        if remains::is_moot(campaign, item) {
            return Vec::new();
        }
        let Some(OfHolder {
            paths, standing, ..
        }) = &mut self.holder
        else {
            return Vec::new();
        };
        let known = standing.entry(target);
        known
            .or_insert_with(|| open_ways(campaign, paths.get(&target).map_or(&[], Vec::as_slice)))
            .clone()
    }
}

/// The ways among `paths` that are open when everything that is revoked is gone.
fn open_ways(campaign: &Campaign, paths: &[Path]) -> Vec<String> {
    let goes = |item: Item| campaign.slot(item).decision == Some(Decision::Revoke);
    let mut stand = paths
        .iter()
        .filter(|path| !goes(path.item) && !path.membership.is_some_and(goes));
    let mut texts: Vec<String> = stand
        .by_ref()
        .take(STANDING_LIMIT)
        .map(|path| text(campaign.snapshot(), path))
        .collect();
    match stand.count() {
        0 => {}
        more => texts.push(format!("{more} more")),
    }
    texts
}

fn target(snapshot: &Snapshot, item: Item) -> Option<Target> {
    match snapshot.grant(item).entitlement {
        Entitlement::ProjectRole(project, _) => Some(Target::Project(project)),
        Entitlement::OrganizationRole(role) => Some(Target::Organization(role)),
        Entitlement::SignIn | Entitlement::Membership(_) => None,
    }
}

fn paths(snapshot: &Snapshot, access: &Access, account: AccountIx) -> Paths {
    let direct = snapshot
        .subject_of_holder(Holder::Account(account))
        .into_iter()
        .flat_map(crate::domain::snapshot::Subject::items)
        .map(|item| Path {
            item,
            membership: None,
            teams: Vec::new(),
            certainty: Certainty::Now,
        });
    let derived = access
        .derived(snapshot, account)
        .into_iter()
        .map(|derived| Path {
            item: derived.item,
            membership: Some(derived.membership),
            teams: derived.path,
            certainty: derived.certainty,
        });
    let mut paths = Paths::new();
    for path in direct.chain(derived) {
        if let Some(target) = target(snapshot, path.item) {
            paths.entry(target).or_default().push(path);
        }
    }
    paths
}

/// `Payments as Project Member via Payments ‹ Engineering`.
fn text(snapshot: &Snapshot, path: &Path) -> String {
    let (resource, role) = match snapshot.grant(path.item).entitlement {
        Entitlement::ProjectRole(project, role) => (snapshot.project(project).name.raw(), role),
        Entitlement::OrganizationRole(role) => ("the organization", role),
        Entitlement::SignIn | Entitlement::Membership(_) => return String::new(),
    };
    let teams: Vec<&str> = path
        .teams
        .iter()
        .map(|team| snapshot.team(*team).name.raw())
        .collect();
    let way = if teams.is_empty() {
        " directly".to_owned()
    } else {
        format!(" via {}", teams.join(" ‹ "))
    };
    let doubt = match path.certainty {
        Certainty::Now => "",
        Certainty::NotYet => " (not yet)",
        Certainty::Unknown => " (not certain)",
    };
    format!(
        "{resource} as {}{way}{doubt}",
        snapshot.role(role).name.raw()
    )
}
