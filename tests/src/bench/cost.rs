//! What one post costs that goes to Threads and X.

use super::Plan;
use super::product::{self, Shape};
use super::run::{self, COST};
use super::table::{self, Column};

/// Posts a second: so few that nothing waits, and nobody spins.
const RATE: usize = 100;

/// Measures and prints.
pub async fn measure(plan: &Plan) {
    let shapes = [Shape::Embedded, Shape::Distributed { workers: 1 }];
    let mut columns = shapes.map(|shape| Column::new(shape.head()));
    for _ in 0..plan.rounds {
        for (shape, column) in shapes.iter().zip(&mut columns) {
            let rig = product::start(*shape, true).await;
            run::warm_up(&rig).await;
            run::steadily(&rig, "cost", RATE, plan.seconds, &mut column.notes).await;
        }
    }
    let title = format!("One post to Threads and X costs, at {RATE} posts/s");
    table::print(&title, &columns, &COST);
}
