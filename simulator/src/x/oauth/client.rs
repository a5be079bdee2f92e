//! Which app calls the token endpoint, and how it proves that (x.md 1.1).

use super::errors::Refused;
use crate::request::Request;
use crate::settings::{XApp, XOAuth};

/// A confidential client proves itself by Basic, and may name itself in the form as well; a
/// public one only names itself.
pub(super) fn client<'a>(settings: &'a XOAuth, request: &Request) -> Result<&'a XApp, Refused> {
    let invalid = || Refused::invalid_client(settings.invalid_client_status);
    let named = request.field("client_id");
    let Some((id, secret)) = &request.basic else {
        let app = named.map(|id| settings.app(id).ok_or_else(invalid));
        return match app.transpose()? {
            Some(app) if app.client_secret.is_none() => Ok(app),
            // Without a name as well: X cannot know yet that the client is a public one.
            _ => Err(Refused::no_basic()),
        };
    };
    let app = settings.app(id).ok_or_else(invalid)?;
    let is_proven = app.client_secret.as_ref() == Some(secret);
    if is_proven && named.is_none_or(|named| named == id) {
        Ok(app)
    } else {
        Err(invalid())
    }
}
