//! Tables in Markdown: one column for each thing that was measured, one row for each number, and
//! beside each number its ratio to the column that it is held against.

use super::numbers::Notes;

/// One thing that was measured.
pub struct Column {
    pub head: String,
    pub notes: Notes,
    /// The number of the column that this one is held against.
    pub against: Option<usize>,
}

impl Column {
    /// A column that is held against no other.
    pub fn new(head: impl Into<String>) -> Self {
        Column {
            head: head.into(),
            notes: Notes::default(),
            against: None,
        }
    }

    /// A column that is held against another.
    pub fn against(head: impl Into<String>, other: usize) -> Self {
        Column {
            against: Some(other),
            ..Self::new(head)
        }
    }
}

/// What a number counts, and so how it is written.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Microseconds, written as milliseconds.
    Time,
    /// So many each second.
    PerSecond,
    Count,
    Bytes,
    Megabytes,
    Percent,
}

impl Unit {
    fn written(self, value: f64) -> String {
        match self {
            Unit::Time if value < 10_000.0 => format!("{:.2} ms", value / 1000.0),
            Unit::Time => format!("{:.0} ms", value / 1000.0),
            Unit::PerSecond => format!("{value:.0}/s"),
            Unit::Count => format!("{value:.1}"),
            Unit::Bytes => format!("{value:.0} B"),
            Unit::Megabytes => format!("{value:.1} MB"),
            Unit::Percent => format!("{value:.2} %"),
        }
    }
}

/// Prints a table: each row is the name of a note, and its unit. Rows that nothing was noted for
/// are left out.
pub fn print(title: &str, columns: &[Column], rows: &[(&str, Unit)]) {
    println!("\n### {title}\n");
    let heads: Vec<&str> = columns.iter().map(|column| column.head.as_str()).collect();
    println!("| | {} |", heads.join(" | "));
    println!("|---|{}", "---:|".repeat(columns.len()));
    for (name, unit) in rows {
        let values: Vec<Option<f64>> = columns
            .iter()
            .map(|column| column.notes.median(name))
            .collect();
        if values.iter().all(Option::is_none) {
            continue;
        }
        let cells: Vec<String> = columns
            .iter()
            .zip(&values)
            .map(|(column, value)| {
                let Some(value) = value else {
                    return "–".to_owned();
                };
                let written = unit.written(*value);
                match column.against.and_then(|other| values[other]) {
                    Some(other) if other > 0.0 => {
                        format!("{written} ({:.2}×)", value / other)
                    }
                    _ => written,
                }
            })
            .collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}
