//! What calls cost (x.md 4.3).

use crate::scene::Scene;
use crate::x::{Refused, XError};

/// Whether anything is left to pay with.
pub(crate) fn check(scene: &Scene<'_>) -> Result<(), Refused> {
    match scene.settings.x.credit_microdollars {
        // The balance may go slightly negative, then calls are blocked.
        Some(paid) if paid <= scene.x.spent_microdollars => {
            Err(XError::CreditsDepleted { dialect: None })
        }
        _ => Ok(()),
    }
}

/// Each post that a read returns. Whether one that was read before on the same day (UTC) is free is not
/// promised, and it is charged again.
pub(crate) const READ_POST_MICRODOLLARS: i64 = 5_000;

pub(crate) fn charge(scene: &mut Scene<'_>, microdollars: i64) {
    scene.x.spent_microdollars += microdollars;
}
