//! Every metric: name, kind, labels, meaning. `operations/metrics.md` is made from this.

/// What is known of a metric before anything was measured.
#[derive(Debug, PartialEq, Eq)]
pub struct Declared {
    /// The name of its series; a histogram's get `_bucket`, `_sum` and `_count`.
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    /// Without a full stop: the page sets one.
    pub meaning: &'static str,
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from the start of the process.
    Counter,
    /// Is what it is when it is read.
    Gauge,
    /// How many observations were at most so large.
    Histogram,
}

impl Kind {
    /// Prometheus' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

macro_rules! declare {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub const $constant: Declared = Declared {
                name: $name,
                kind: Kind::$kind,
                labels: &[$($label),*],
                meaning: $meaning,
            };
        )+

        /// All of them, in the order in which they are shown.
        pub const ALL: &[&Declared] = &[$(&$constant),+];
    };
}

declare! {
    POSTS_ACCEPTED: Counter "dualposts_posts_accepted_total" []
        "Posts that were accepted; a repeated request counts once";
    DELIVERIES_ACCEPTED: Counter "dualposts_deliveries_accepted_total" ["platform"]
        "Deliveries of accepted posts";
    PUBLISHED: Counter "dualposts_deliveries_published_total" ["platform"]
        "Deliveries that are live with all their parts";
    FAILED: Counter "dualposts_deliveries_failed_total" ["platform", "code"]
        "Deliveries that were given up, by the code of their error";
    SET_ASIDE: Counter "dualposts_deliveries_too_late_total" ["platform", "status"]
        "Deliveries that were too late by their post's policy: missed or canceled";
    LATENESS: Histogram "dualposts_publish_lateness_seconds" ["platform"]
        "From the time at which a delivery was due to the time at which its first part was live; a wait that a platform's limits announce is not late";
    ATTEMPTS: Counter "dualposts_attempts_total" ["verdict"]
        "Attempts by what they told to do; lost: the worker died or stalled";
    CALLS: Histogram "dualposts_platform_call_seconds" ["platform", "step", "verdict"]
        "Steps on a platform: how long the call took, and what it told to do";
    DUE: Gauge "dualposts_deliveries_due" []
        "Deliveries whose time has come and that no worker holds, counted up to 10,000; the same from every process";
    OLDEST_DUE: Gauge "dualposts_oldest_due_seconds" []
        "For how long the oldest of them has been due; 0 when none is; the same from every process";
    UNCONFIRMED: Gauge "dualposts_unconfirmed_open" ["platform"]
        "Deliveries that may be live and are being looked for, counted up to 10,000; the same from every process";
    UNCONFIRMED_OLDEST: Gauge "dualposts_unconfirmed_oldest_seconds" ["platform"]
        "For how long the oldest of them has been without an outcome; 0 when there is none; the same from every process";
    PAUSES: Gauge "dualposts_lane_pauses" ["reason"]
        "Accounts and apps whose deliveries are held back by a limit, counted up to 10,000; the same from every process";
    QUEUE_DEPTH: Gauge "dualposts_queue_depth" []
        "Jobs in the queue; the same from every process on one Redis";
    QUEUE_UP: Gauge "dualposts_queue_up" []
        "1 when the queue can be reached, else 0";
    TOKEN_DAYS: Gauge "dualposts_token_days_left_min" ["platform"]
        "Days until the first token ends of those that no refresh token renews; absent when there is none; the same from every process";
    RECONNECT: Gauge "dualposts_accounts_to_reconnect" ["platform"]
        "Accounts that must be connected again before anything is published on them; the same from every process";
    WEBHOOKS_WAITING: Gauge "dualposts_webhook_backlog" []
        "Notifications that wait to be sent to customers whose webhooks are enabled, counted up to 10,000; the same from every process";
    WEBHOOKS_OLDEST: Gauge "dualposts_webhook_oldest_seconds" []
        "For how long the oldest of them that is due has been so; 0 when none is; the same from every process";
    EVENTS_UNTOLD: Gauge "dualposts_events_untold" []
        "Events that were not yet told to those who listen, counted up to 10,000; the same from every process";
    REQUESTS: Histogram "dualposts_http_request_seconds" ["method", "route", "status"]
        "Requests to the API by the pattern of their route and the class of their status, and how long they took";
    DATABASE_UP: Gauge "dualposts_database_up" []
        "1 when the database answers the questions behind this page in time, else 0";
    POOL_CONNECTIONS: Gauge "dualposts_database_connections" ["pool", "state"]
        "Connections of this process to the database: idle or used";
    POOL_MOST: Gauge "dualposts_database_connections_max" ["pool"]
        "The most connections that this process may have";
    BUILD: Gauge "dualposts_build_info" ["version"]
        "1, with the version of the binary";
    PROCESS_CPU: Counter "process_cpu_seconds_total" []
        "Processor time of this process, in seconds";
    PROCESS_MEMORY: Gauge "process_resident_memory_bytes" []
        "Memory of this process that is resident, in bytes";
    PROCESS_FILES: Gauge "process_open_fds" []
        "Files and connections that this process has open";
    PROCESS_STARTED: Gauge "process_start_time_seconds" []
        "When this process started, in Unix seconds";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_once_counters_end_in_total_and_no_label_is_an_id() {
        let mut names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            let is_counter = metric.kind == Kind::Counter;
            assert_eq!(metric.name.ends_with("_total"), is_counter, "{metric:?}");
            assert!(!metric.meaning.ends_with('.'), "{metric:?}");
            let ids = ["id", "post", "delivery", "account", "owner", "user"];
            assert!(metric.labels.iter().all(|label| !ids.contains(label)));
        }
    }
}
