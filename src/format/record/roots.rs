//! [`Roots`]: what `roots.json` says, the part of a record that may be shown together with single lines of it.
//!
//! `review.json` tells much about the whole organization. Whoever shows one item to somebody leaves it at home and shows this
//! file instead: which record it is, who signed it, and the roots of the trees over its lines.

use serde::Deserialize;

use super::{ROOTS, Seal};
use crate::{
    domain::{Digest, campaign::Campaign, resource::Organization, text::Raw, time::Timestamp},
    format::{
        Error, Problem,
        canonical::{self, Object, Text},
        merkle::{self, Trunk},
    },
};

const SCHEMA: &str = "muster-roots/1";

/// Which record it is, and the roots of its trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// The record's own id.
    pub record_id: String,
    /// The reviewed organization.
    pub organization: Organization,
    /// The review's name.
    pub title: String,
    /// What time the snapshot is of.
    pub as_of: Timestamp,
    /// When the record was made.
    pub sealed_at: Timestamp,
    /// Who signed, as the auditor's list of signers names them.
    pub principal: Raw,
    /// The fingerprint of their key, `SHA256:…`.
    pub key_fingerprint: String,
    /// The kind of key, such as `ssh-ed25519`.
    pub key_type: String,
    /// The trees over the items, the accounts and the resources.
    pub trunks: [Trunk; 3],
}

impl Roots {
    /// Those of the record of `campaign`; `None` when nobody attested it.
    pub fn of(campaign: &Campaign, seal: &Seal, trunks: [Trunk; 3]) -> Option<Self> {
        let (attested, opened) = (campaign.attested()?, campaign.opened());
        Some(Self {
            record_id: seal.record_id.clone(),
            organization: campaign.snapshot().organization().clone(),
            title: opened.review.clone(),
            as_of: opened.provenance.ended,
            sealed_at: seal.sealed_at,
            principal: attested.principal.clone(),
            key_fingerprint: seal.key_fingerprint.clone(),
            key_type: seal.key_type.clone(),
            trunks,
        })
    }

    /// How many leaves a tree has, and its root.
    pub fn trunk(&self, tree: merkle::Of) -> Trunk {
        let [items, accounts, resources] = self.trunks;
        match tree {
            merkle::Of::Items => items,
            merkle::Of::Accounts => accounts,
            merkle::Of::Resources => resources,
        }
    }

    /// The bytes of `roots.json`: one member a line.
    pub fn print(&self) -> String {
        let mut out = String::new();
        let object = Object::begin_file(&mut out)
            .plain("schema", SCHEMA)
            .text("record_id", &self.record_id)
            .object("organization", |object| {
                object
                    .text("id", &self.organization.id)
                    .text("name", self.organization.name.raw())
                    .text("url", &self.organization.url)
            })
            .text("review", &self.title)
            .plain("as_of", self.as_of)
            .plain("sealed_at", self.sealed_at)
            .object("reviewer", |object| {
                object
                    .text("principal", self.principal.raw())
                    .text("key_fingerprint", &self.key_fingerprint)
                    .text("key_type", &self.key_type)
            });
        let object = merkle::Of::ALL.into_iter().fold(object, |object, tree| {
            let trunk = self.trunk(tree);
            object.object(tree.word(), |object| {
                object
                    .number("count", trunk.leaves)
                    .plain("root", trunk.root)
            })
        });
        object.end();
        out
    }

    /// Reads `roots.json`.
    ///
    /// # Errors
    /// When the bytes are not exactly what [`Roots::print`] makes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        parse(bytes).map_err(|problem| problem.at(ROOTS, 1))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    schema: Text<'a>,
    #[serde(borrow)]
    record_id: Text<'a>,
    #[serde(borrow)]
    organization: OrganizationFields<'a>,
    #[serde(borrow)]
    review: Text<'a>,
    #[serde(borrow)]
    as_of: Text<'a>,
    #[serde(borrow)]
    sealed_at: Text<'a>,
    #[serde(borrow)]
    reviewer: ReviewerFields<'a>,
    #[serde(borrow)]
    items: TrunkFields<'a>,
    #[serde(borrow)]
    accounts: TrunkFields<'a>,
    #[serde(borrow)]
    resources: TrunkFields<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationFields<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewerFields<'a> {
    #[serde(borrow)]
    principal: Text<'a>,
    #[serde(borrow)]
    key_fingerprint: Text<'a>,
    #[serde(borrow)]
    key_type: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrunkFields<'a> {
    count: u64,
    #[serde(borrow)]
    root: Text<'a>,
}

impl TrunkFields<'_> {
    fn trunk(&self) -> Result<Trunk, Problem> {
        let root: Digest = self.root.parse().map_err(Problem::malformed)?;
        Ok(Trunk {
            leaves: self.count,
            root,
        })
    }
}

fn parse(bytes: &[u8]) -> Result<Roots, Problem> {
    let fields: Fields<'_> = match serde_json::from_slice(bytes) {
        Ok(fields) => fields,
        Err(error) => {
            let newer = canonical::other_schema(bytes, SCHEMA);
            return Err(newer.unwrap_or_else(|| Problem::malformed(error)));
        }
    };
    if *fields.schema != *SCHEMA {
        return Err(Problem::newer(format!("it has schema {}", fields.schema.0)));
    }
    let roots = Roots {
        record_id: fields.record_id.to_string(),
        organization: Organization {
            id: fields.organization.id.into(),
            name: Raw::from(&*fields.organization.name),
            url: fields.organization.url.into(),
        },
        title: fields.review.to_string(),
        as_of: canonical::instant(&fields.as_of)?,
        sealed_at: canonical::instant(&fields.sealed_at)?,
        principal: Raw::from(&*fields.reviewer.principal),
        key_fingerprint: fields.reviewer.key_fingerprint.to_string(),
        key_type: fields.reviewer.key_type.to_string(),
        trunks: [
            fields.items.trunk()?,
            fields.accounts.trunk()?,
            fields.resources.trunk()?,
        ],
    };
    // What is not kept above, such as the order of members, is compared here.
    if roots.print().as_bytes() == bytes {
        Ok(roots)
    } else {
        Err(Problem::OtherText)
    }
}
