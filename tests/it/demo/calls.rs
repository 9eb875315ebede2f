//! Every call that the server answers.

use muster::demo::State;

/// The fields that a review asks for, and some that it might.
const PROFILE: &str = "id,username,name(firstName,lastName),emails(email,verified,blocked),archived,leftAt,joined,\
    notAMember,external,externalLight,accessSuspended,accessSuspendedAt,externalId,status,\
    logins(identifier,authModule(key,name),access(time,address,userAgent))";

/// Every call with fields as a review asks for them, with `*`, and with none; method, call, body.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn all(state: &State) -> Vec<(&'static str, String, String)> {
    let account = state.account_id(0);
    let team = state.team_id(1);
    let membership = state.membership_id(&state.memberships()[0]);
    let admins = state.role_id(0);
    let key = &state.projects()[0].key;
    let custom = state
        .projects()
        .iter()
        .position(|project| !project.custom_roles.is_empty());
    let custom = custom.expect("a project has a role of its own");
    let custom_key = &state.projects()[custom].key;
    let custom_id = state.custom_role_id(u32::try_from(custom).expect("few projects"), 0);
    let profiles = "team-directory/profiles";
    let everybody = "orgRelation=ANY&reportPastMembers=true&reportFutureMembers=true";
    let membership_fields = "id,lead,archived,requiresApproval,since,till,activeSince,activeTill,member(id),\
        team(id,name),role(id,name),manager(id)";
    let batches = [
        (format!("{profiles}?{everybody}"), PROFILE),
        (
            format!("{profiles}?meOnTop=true&order=FULL_NAME&query=a"),
            "*,memberships(*)",
        ),
        (
            format!("{profiles}?teamId={team}&profiles=me&profiles=id:{account}"),
            "*",
        ),
        (
            "team-directory/teams?withArchived=true".to_owned(),
            "id,name,archived,disbanded,disbandedAt,externalId,parent(id),defaultManager(id)",
        ),
        (
            "team-directory/teams?query=e".to_owned(),
            "*,name,parent!,memberships(lead,member(name))",
        ),
        (
            format!("team-directory/teams/{team}/direct-members?query="),
            "username",
        ),
        (
            "team-directory/memberships?withArchived=false".to_owned(),
            membership_fields,
        ),
        (
            format!(
                "team-directory/memberships?teams={team}&directTeams=true&profiles=me&requiresApproval=false"
            ),
            "*",
        ),
        (
            format!(
                "team-directory/memberships?identifiers=id:{membership}&since=2020-01-01T00:00:00.000Z"
            ),
            "team(name,parent!,memberships(lead))",
        ),
        (
            "projects?term=".to_owned(),
            "id,key(key),name,private,archived,createdAt,latestRepositoryActivity,adminProfiles(id),adminTeams(id),memberProfiles(id),memberTeams(id),guestProfiles(id)",
        ),
        (
            format!("projects/key:{key}/people/members?query=a"),
            "profile(id,username,external),roles(role)",
        ),
        (
            format!("projects/key:{custom_key}/people/members?role=role:{custom_id}"),
            "*,roles",
        ),
        (
            format!("projects/key:{key}/people/teams?role=member"),
            "team(id,name),roles(className,role)",
        ),
        (
            format!("projects/key:{key}/access/member-profiles?includingAdmins=true"),
            "id",
        ),
    ];
    let mut calls = Vec::new();
    for (call, fields) in batches {
        let (path, query) = call.split_once('?').expect("each has parameters");
        for fields in [
            format!("&%24fields=next,totalCount,data({fields})"),
            format!("&$fields=*,data({fields})&$top=7"),
            "&$fields=totalCount&$skip=3".to_owned(),
            "&$top=3&$skip=5".to_owned(),
        ] {
            calls.push(("GET", format!("{path}?{query}{fields}"), String::new()));
        }
    }
    for (call, fields) in [
        ("organization".to_owned(), "id,name"),
        ("organization/domains".to_owned(), "domain,orgUrl"),
        (format!("{profiles}/me"), PROFILE),
        (
            format!("{profiles}/id%3A{account}"),
            "username,membershipHistory(till),unapprovedMemberships",
        ),
        (format!("{profiles}/username:rosa.lind"), "*,name"),
        (
            format!("{profiles}/email:rosa.lind@example.com?verified=true"),
            "emails",
        ),
        (
            format!("team-directory/teams/id:{team}"),
            "name,parent(name,parent!)",
        ),
        (
            format!("team-directory/memberships/id:{membership}"),
            membership_fields,
        ),
        (
            "projects/private-projects".to_owned(),
            "key(key),name,accessAllowed,admins(id)",
        ),
        (format!("projects/key:{key}"), "*,members,type,team,tags"),
        (format!("projects/key:{key}/access/admins"), "id,username"),
        (format!("permission-roles/{admins}/profiles"), "id,username"),
        (format!("permission-roles/{admins}/teams"), "id,name"),
        (format!("permission-roles/{custom_id}/profiles"), "id"),
        (format!("permission-roles/{custom_id}/teams"), "id"),
    ] {
        let sign = if call.contains('?') { '&' } else { '?' };
        calls.push((
            "GET",
            format!("{call}{sign}$fields={fields}"),
            String::new(),
        ));
        calls.push(("GET", format!("{call}{sign}$fields=*"), String::new()));
        calls.push(("GET", call, String::new()));
    }
    for context in ["global".to_owned(), format!("project:key:{key}")] {
        let body = format!(r#"{{"contextIdentifier":"{context}"}}"#);
        let fields = "roleId,type,code,name,description,membersEditable,rightsEditable";
        calls.push((
            "POST",
            format!("permission-roles/get?$fields={fields}"),
            body.clone(),
        ));
        calls.push(("POST", "permission-roles/get".to_owned(), body));
    }
    let target = format!(r#"{{"className":"ProjectPermissionTarget","project":"key:{key}"}}"#);
    for target in [target.as_str(), r#"{"className":"GlobalPermissionTarget"}"#] {
        let body = format!(
            r#"{{"principal":"profile:id:{account}","uniqueRightCode":"Project.View","target":{target}}}"#
        );
        calls.push(("POST", "permissions/check-permission".to_owned(), body));
    }
    calls
}
