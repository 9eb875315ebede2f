//! Drawing that screens share.

pub(crate) mod field;
pub(crate) mod pen;
pub(crate) mod prompt;
pub(crate) mod secret;
pub(crate) mod text;
