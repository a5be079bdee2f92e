//! The answer of `/metrics`, in Prometheus' text format, and the table of all metrics.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::counting::{self, Label};
use crate::declared::{self, Kind};
use crate::sampling::Sample;

/// The content type of the page.
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// All that was counted, and these.
pub(crate) fn page(samples: Vec<Sample>) -> String {
    let mut registry = Registry::default();
    counting::register(&mut registry);
    let mut by_name: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
    for sample in samples {
        by_name
            .entry(sample.declared.name)
            .or_default()
            .push(sample);
    }
    for samples in by_name.into_values() {
        let declared = samples[0].declared;
        if declared.kind == Kind::Counter {
            let sum = samples.iter().map(|sample| sample.value).sum::<f64>();
            counting::add(&mut registry, declared, ConstCounter::new(sum));
            continue;
        }
        let family = Family::<Vec<Label>, Gauge<f64, AtomicU64>>::default();
        for sample in samples {
            family.get_or_create(&sample.labels).set(sample.value);
        }
        counting::add(&mut registry, declared, family);
    }
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = prometheus_text::encode(&mut text, &registry);
    text
}

/// All metrics as a table in Markdown.
pub fn table() -> String {
    let mut lines = vec![
        "| metric | kind | labels | meaning |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    lines.extend(declared::ALL.iter().map(|metric| {
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let (kind, labels) = (metric.kind.as_str(), labels.join(", "));
        format!(
            "| `{}` | {kind} | {labels} | {} |",
            metric.name, metric.meaning
        )
    }));
    lines.join("\n")
}
