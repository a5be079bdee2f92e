//! From submit to live at a steady rate, and deliveries per second in a burst: in one process, and
//! with 1, 2 and 4 workers.

use super::Plan;
use super::product::{self, Shape};
use super::run::{self, BURST, LATENCY};
use super::table::{self, Column};

/// Measures and prints.
pub async fn measure(plan: &Plan) {
    let mut shapes = vec![Shape::Embedded];
    let workers = plan.workers.iter();
    shapes.extend(workers.map(|workers| Shape::Distributed { workers: *workers }));
    let mut columns: Vec<Column> = shapes
        .iter()
        .map(|shape| Column::new(shape.head()))
        .collect();
    for _ in 0..plan.rounds {
        for (shape, column) in shapes.iter().zip(&mut columns) {
            let rig = product::start(*shape, false).await;
            run::warm_up(&rig).await;
            run::steadily(&rig, "steady", plan.rate, plan.seconds, &mut column.notes).await;
            run::at_once(&rig, "burst", plan.burst, &mut column.notes).await;
        }
    }
    let title = format!(
        "Submit to live: {} posts/s, each to Threads and X; a burst of {} posts",
        plan.rate, plan.burst
    );
    let rows: Vec<_> = LATENCY.into_iter().chain(BURST).collect();
    table::print(&title, &columns, &rows);
}
