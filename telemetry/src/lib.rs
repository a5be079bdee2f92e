//! What operators see of the product: metrics for Prometheus, and traces by OTLP.
//!
//! Each process counts for itself and is asked for itself. No label holds an id: the number of
//! series is bounded by the number of platforms, steps, verdicts, codes and routes.
//!
//! | where | what |
//! |---|---|
//! | [`declared`] | every metric: name, kind, labels, meaning |
//! | [`counting`] | what the product calls when something happens; cheap enough for the hot path |
//! | [`sampling`], [`backlog`] | what is looked up when somebody asks |
//! | [`process`] | this process: processor, memory, open files |
//! | [`page`] | the answer of `/metrics`, and the table of all metrics |
//! | [`traces`], [`traceparent`] | spans of one trace, over processes and hours |
//! | [`otlp`] | where spans are sent |

pub mod backlog;
pub mod counting;
pub mod declared;
pub mod otlp;
pub mod page;
pub mod process;
pub mod sampling;
pub mod traceparent;
pub mod traces;

pub use sampling::Sampler;
pub use traceparent::TraceParent;
