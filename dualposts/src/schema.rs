//! What a process says of the schema that it meets at its start.

use entities::{Database, schema};
use tracing::{error, warn};

use crate::Fatal;

/// Says plainly when the schema is not the one that this version knows.
///
/// # Errors
/// When the database can not be asked, or is too old for this version.
pub async fn check(database: &Database) -> Result<(), Fatal> {
    let schema = schema::compare(database, &migrations::names()).await?;
    match &schema {
        schema::Schema::AsKnown => Ok(()),
        schema::Schema::Newer { .. } => {
            warn!("{schema}");
            Ok(())
        }
        schema::Schema::Older { .. } => {
            error!("{schema}");
            Err(schema.to_string().into())
        }
    }
}
