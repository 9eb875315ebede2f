//! What the server answers to a call: one function a call, found by method and path.

mod profiles;
mod projects;
mod roles;
mod teams;
mod tokens;

use serde_json::Value;

use super::{
    Token,
    faults::Fault,
    fields::{BatchPlan, Frame, Known, Plan},
    json::Json,
    objects::View,
    request::{Query, Refusal, team},
    schema::{self, Type},
    state::AccountIx,
};

/// One call.
pub(super) struct Call<'r> {
    pub(super) view: View<'r>,
    pub(super) query: Query,
    pub(super) body: &'r [u8],
    pub(super) tokens: &'r [Token],
    pub(super) settings: &'r Settings<'r>,
}

/// How the server behaves where the documentation leaves it open.
pub(super) struct Settings<'r> {
    pub(super) largest_page: usize,
    pub(super) list_implicit_holders: bool,
    pub(super) list_archived_projects: bool,
    pub(super) fields: Known<'r>,
}

/// The rows of a list, by their places.
enum Rows {
    /// All of so many.
    All(usize),
    /// Only these.
    Some(Vec<u32>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::All(rows) => *rows,
            Self::Some(rows) => rows.len(),
        }
    }

    fn at(&self, place: usize) -> u32 {
        match self {
            Self::All(_) => u32::try_from(place).expect("lists are shorter than 2^32"),
            Self::Some(rows) => rows[place],
        }
    }
}

impl Call<'_> {
    /// The answer to the call of `method` and `path`, which follows `/api/http/`.
    pub(super) fn answer(&self, method: &str, path: &[&str]) -> Result<Vec<u8>, Refusal> {
        match (method, path) {
            ("GET", ["organization"]) => self.one(&schema::ORGANIZATION, |out, frame| {
                self.view.organization(out, frame);
            }),
            ("GET", ["organization", "domains"]) => {
                self.list(&schema::DOMAIN, [()], |out, frame, ()| {
                    self.view.domain(out, frame);
                })
            }
            ("GET", ["team-directory", rest @ ..]) => self.team_directory(rest),
            ("GET", ["applications", application]) => self.application(application),
            ("GET", ["projects", rest @ ..]) => self.projects(rest),
            ("POST", ["permission-roles", "get"]) => self.roles(),
            ("GET", ["permission-roles", role, "profiles"]) => {
                let holders = self.role_holders(role)?.0;
                self.profile_list(holders)
            }
            ("GET", ["permission-roles", role, "teams"]) => {
                let holders = self.role_holders(role)?.1;
                self.list(&schema::TEAM, holders, |out, frame, ix| {
                    self.view.team(out, frame, ix);
                })
            }
            ("POST", ["permissions", "check-permission"]) => {
                let allowed = self.check_permission()?;
                Ok(allowed.to_string().into_bytes())
            }
            _ => Err(no_such_call(method, path)),
        }
    }

    fn team_directory(&self, path: &[&str]) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        match path {
            ["profiles"] => self.profiles(),
            ["profiles", profile] => {
                let ix = match profile.strip_prefix("email:") {
                    Some(email) => {
                        view.caller.require("Profile.View")?;
                        self.profile_by_email(email)?
                    }
                    None => view.caller.profile(view.state, profile)?,
                };
                if view.caller.me != Some(ix) {
                    view.caller.require("Profile.View")?;
                }
                self.one(&schema::PROFILE, |out, frame| view.profile(out, frame, ix))
            }
            ["profiles", profile, "permanent-tokens"] => self.permanent_tokens(profile),
            ["teams"] => self.teams(),
            ["teams", identifier] => {
                view.caller.require("Team.View")?;
                let ix = team(view.state, identifier)?;
                self.one(&schema::TEAM, |out, frame| view.team(out, frame, ix))
            }
            ["teams", id, "direct-members"] => {
                let ix = view.state.team_of_id(id);
                let ix = ix.ok_or_else(|| Refusal::not_found(&format!("Team {id}")))?;
                let query = self.query.get("query").unwrap_or_default().to_lowercase();
                let places = view.state.team_membership_places(ix).iter();
                let live = places
                    .map(|at| &view.state.memberships[*at as usize])
                    .filter(|one| one.counts(view.now))
                    .map(|one| one.member)
                    .filter(|member| self.is_named(*member, &query));
                self.profile_page(&Rows::Some(live.collect()))
            }
            ["memberships"] => self.memberships(),
            ["memberships", identifier] => {
                view.caller.require("Profile.Memberships.View")?;
                let at = self.membership_of(identifier)?;
                let at = at.ok_or_else(|| Refusal::not_found("Membership"))?;
                self.one(&schema::MEMBERSHIP, |out, frame| {
                    view.membership(out, frame, at);
                })
            }
            _ => Err(no_such_call("GET", path)),
        }
    }

    fn json_body(&self) -> Result<Value, Refusal> {
        serde_json::from_slice(self.body).map_err(|_| Refusal {
            status: 400,
            code: "request-error",
            text: "The body is not JSON".to_owned(),
        })
    }

    fn plan(&self, of: &'static Type) -> Result<Plan, Refusal> {
        Plan::of(self.query.fields(), of, self.settings.fields).map_err(Refusal::invalid)
    }

    fn one(
        &self,
        of: &'static Type,
        write: impl FnOnce(&mut Json, Frame<'_>),
    ) -> Result<Vec<u8>, Refusal> {
        let plan = self.plan(of)?;
        let mut out = Json::default();
        write(&mut out, Frame::outermost(&plan));
        finish(out)
    }

    fn list<T>(
        &self,
        of: &'static Type,
        rows: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Json, Frame<'_>, T),
    ) -> Result<Vec<u8>, Refusal> {
        let plan = self.plan(of)?;
        let mut out = Json::default();
        out.list(rows, |out, row| write(out, Frame::outermost(&plan), row));
        finish(out)
    }

    fn profile_list(&self, rows: Vec<AccountIx>) -> Result<Vec<u8>, Refusal> {
        self.list(&schema::PROFILE, rows, |out, frame, ix| {
            self.view.profile(out, frame, ix);
        })
    }

    fn profile_page(&self, rows: &Rows) -> Result<Vec<u8>, Refusal> {
        self.page(&schema::PROFILE, rows, |out, frame, ix, _| {
            self.view.profile(out, frame, ix);
        })
    }

    fn page(
        &self,
        of: &'static Type,
        rows: &Rows,
        write: impl Fn(&mut Json, Frame<'_>, u32, bool),
    ) -> Result<Vec<u8>, Refusal> {
        self.page_of(of, rows.len(), |out, frame, place, first| {
            write(out, frame, rows.at(place), first);
        })
    }

    /// One page of a list of `total` rows; `write` is given the place of a row and whether it is the page's first.
    fn page_of(
        &self,
        of: &'static Type,
        total: usize,
        write: impl Fn(&mut Json, Frame<'_>, usize, bool),
    ) -> Result<Vec<u8>, Refusal> {
        let known = self.settings.fields;
        let plan = BatchPlan::of(self.query.fields(), of, known).map_err(Refusal::invalid)?;
        let skip = self.query.number("$skip", 0)?;
        let top = self
            .query
            .number("$top", 100)?
            .min(self.settings.largest_page);

        let bend = self.view.bend;
        let hidden = bend.hidden.min(total);
        let total = total - hidden;
        // Behind the end nothing is bent, so that every list ends.
        let overlap = if skip < total { bend.overlap() } else { 0 };
        let mut begin = skip.saturating_sub(overlap).min(total);
        let mut end = begin.saturating_add(top).min(total);
        let next = if bend.has(&Fault::NextRepeats) {
            skip
        } else {
            end.max(skip)
        };
        if bend.has(&Fault::RepeatPage) && skip < total {
            begin = begin.saturating_sub(top);
            end = begin.saturating_add(top).min(total);
        }

        let mut out = Json::default();
        out.open(b'{');
        if plan.next && !bend.has(&Fault::NextMissing) {
            out.key("next");
            out.text(&next.to_string());
        }
        if plan.total {
            out.key("totalCount");
            out.maybe(
                Some(total).filter(|_| !bend.has(&Fault::NoTotal)),
                |out, total| {
                    out.number(total);
                },
            );
        }
        if let Some(plan) = &plan.data {
            out.key("data");
            out.list(begin..end, |out, place| {
                write(out, Frame::outermost(plan), place + hidden, place == begin);
            });
        }
        out.close(b'}');
        finish(out)
    }
}

fn no_value(parameter: &str, value: &str) -> Refusal {
    Refusal::invalid(format!("'{value}' is not a value of {parameter}"))
}

fn no_such_call(method: &str, path: &[&str]) -> Refusal {
    Refusal::not_found(&format!("{method} {}", path.join("/")))
}

fn finish(out: Json) -> Result<Vec<u8>, Refusal> {
    out.finish().ok_or_else(|| Refusal {
        status: 413,
        code: "payload-too-large",
        text: "The answer would be too large".to_owned(),
    })
}
