//! Calls about tokens and about applications themselves.

use super::Call;
use crate::demo::{
    Token,
    request::{Refusal, not_an_identifier},
    schema,
};

impl Call<'_> {
    /// The tokens of an account; not even one's own without the right to manage them.
    pub(super) fn permanent_tokens(&self, profile: &str) -> Result<Vec<u8>, Refusal> {
        let view = &self.view;
        view.caller.require("Profile.PermanentTokens.Edit")?;
        let ix = view.caller.profile(view.state, profile)?;
        let username = &*view.state.accounts[ix as usize].username;
        let owned = |(_, token): &(usize, &Token)| token.me.as_deref() == Some(username);
        let tokens = self.tokens.iter().enumerate().filter(owned);
        let tokens: Vec<(usize, &Token)> = tokens.collect();
        self.page_of(
            &schema::PERSONAL_TOKEN,
            tokens.len(),
            |out, frame, place, _| {
                let (number, token) = tokens[place];
                view.personal_token(out, frame, ix, number, token);
            },
        )
    }

    /// The calling application; others are not told of.
    pub(super) fn application(&self, identifier: &str) -> Result<Vec<u8>, Refusal> {
        let known = ["clientId:", "id:"]
            .iter()
            .any(|form| identifier.starts_with(form));
        if identifier != "me" && !known {
            return Err(not_an_identifier("application", identifier));
        }
        let own = self.view.caller.application.as_ref();
        if let Some((id, name)) = own.filter(|_| identifier == "me") {
            return self.one(&schema::APPLICATION, |out, frame| {
                self.view.application(out, frame, id, name);
            });
        }
        self.view.caller.require("Applications.View")?;
        Err(Refusal::not_found(&format!("Application {identifier}")))
    }
}
