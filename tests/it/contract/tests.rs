//! The checks refuse what they should.

use super::{check_answer, check_request};

#[test]
fn the_contract_refuses_what_is_not_documented() {
    let check = |method, path, query, body: &str, expected: &str| {
        let told = check_request(method, path, query, body).err();
        assert_eq!(
            told.as_deref().unwrap_or("good"),
            expected,
            "{path}?{query}"
        );
    };
    let profiles = "team-directory/profiles";
    check("GET", profiles, "$top=100&orgRelation=ANY", "", "good");
    check(
        "GET",
        profiles,
        "%24fields=next,data(name(lastName))",
        "",
        "good",
    );
    check(
        "GET",
        profiles,
        "page=1",
        "",
        "team-directory/profiles has no parameter page",
    );
    check(
        "GET",
        profiles,
        "orgRelation=ALL",
        "",
        "orgRelation: 'ALL' is no ProfileOrgRelation",
    );
    check(
        "GET",
        profiles,
        "profiles=email:a",
        "",
        "profiles: 'email:a' is no ProfileIdentifier",
    );
    check(
        "GET",
        profiles,
        "$fields=id",
        "",
        "$fields: a batch has no id",
    );
    check(
        "GET",
        profiles,
        "$fields=data(name(last))",
        "",
        "data.name: TDProfileName has no field last",
    );
    check(
        "GET",
        "projects/private-projects",
        "$fields=accessAllowed",
        "",
        "good",
    );
    check(
        "GET",
        "projects/FW",
        "",
        "",
        "there is no call GET projects/FW",
    );
    check(
        "POST",
        "administration/support",
        "",
        "",
        "there is no call POST administration/support",
    );
}

#[test]
fn the_contract_refuses_bodies_that_are_not_documented() {
    let check = |method, path, query, body: &str, expected: &str| {
        let told = check_request(method, path, query, body).err();
        assert_eq!(told.as_deref().unwrap_or("good"), expected, "{body}");
    };
    let roles = "permission-roles/get";
    check(
        "POST",
        roles,
        "$fields=roleId",
        r#"{"contextIdentifier":"global"}"#,
        "good",
    );
    check(
        "POST",
        roles,
        "",
        r#"{"contextIdentifier":"project:key:FW"}"#,
        "good",
    );
    check(
        "POST",
        roles,
        "",
        r#"{"contextIdentifier":"project:FW"}"#,
        "contextIdentifier: 'project:FW' is no PermissionContextIdentifier",
    );
    check(
        "POST",
        roles,
        "",
        "{}",
        "permission-roles/get needs contextIdentifier in its body",
    );
}

#[test]
fn the_contract_refuses_answers_of_another_shape() {
    let check = |path, query, json: &str, expected: &str| {
        let json = serde_json::from_str(json).expect("the example is JSON");
        let told = check_answer("GET", path, query, &json).err();
        assert_eq!(
            told.as_deref().unwrap_or("good"),
            expected,
            "{path}?{query}"
        );
    };
    let me = "team-directory/profiles/me";
    check(
        me,
        "$fields=username",
        r#"{"id":"1","username":"a"}"#,
        "good",
    );
    let extra = r#"{"id":"1","username":"a","archived":false}"#;
    let at = "team-directory/profiles/{profile}";
    check(
        me,
        "$fields=username",
        extra,
        &format!("{at}.archived was not asked for"),
    );
    check(
        me,
        "$fields=username",
        r#"{"id":"1"}"#,
        &format!("{at}: username was asked for and is missing"),
    );
    check(
        me,
        "",
        r#"{"id":"1","emails":[]}"#,
        &format!("{at}.emails was not asked for"),
    );
    check(
        me,
        "$fields=joined",
        r#"{"joined":{"iso":"2024-02-30"}}"#,
        &format!(r#"{at}.joined: {{"iso":"2024-02-30"}} is no date"#),
    );
    check(
        me,
        "$fields=status",
        r#"{"status":"ON"}"#,
        &format!("{at}.status: 'ON' is no TwoFactorAuthenticationStatus"),
    );
    let denied = r#"{"$errors":[{"className":"HA_InlineError.InaccessibleFields","fields":["logins"],"message":"x"}]}"#;
    check(me, "$fields=logins", denied, "good");
    let roles = r#"{"data":[{"roles":[{"className":"ProjectOwnerRoleApi"}]}]}"#;
    check(
        "projects/key:FW/people/members",
        "$fields=data(roles(role))",
        roles,
        "projects/{project}/people/members[0].roles[0]: 'ProjectOwnerRoleApi' is no class of ProjectRoleApi",
    );
    check(
        "projects",
        "$fields=next,totalCount",
        r#"{"totalCount":3}"#,
        "projects: next is missing",
    );
}
