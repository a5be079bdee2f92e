//! What waits in the queue.

use std::fmt;
use std::str::FromStr;

use entities::DeliveryId;
use entities::id::BadId;

/// One thing to do: an id and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Job {
    /// Move this delivery as far as it will go now.
    Publish(DeliveryId),
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Job::Publish(id) => write!(f, "{id}"),
        }
    }
}

impl FromStr for Job {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        text.parse().map(Job::Publish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_reads_back_as_it_was_written_and_junk_is_refused() {
        let job = Job::Publish(DeliveryId::generate());
        assert_eq!(job.to_string().parse(), Ok(job));
        assert!("{\"old\":\"format\"}".parse::<Job>().is_err());
    }
}
