//! Guarded writes: one statement that must hit (a compare-and-swap, a fresh idempotency key), and
//! what is written with it if it does; all or nothing, in one round trip.
//!
//! PostgreSQL gets a single statement with CTEs, SQLite a script in which every insert looks whether
//! the one before it hit. The script is a transaction of its own, or is committed together with what
//! other tasks write at the same moment (`group_commit`). No guard and no insert answers rows: a script
//! is read up to its first row, which tells what it hit.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use crate::places::places;

/// What asks SQLite whether the last statement that could change a row did.
const HITS: &str = "SELECT changes() AS hits";

/// One statement, with placeholders `$1`, `$2`, ... of its own.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    pub text: String,
    pub values: Vec<Value>,
}

impl Sql {
    pub fn new(text: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Self {
        Sql {
            text: text.into(),
            values: values.into_iter().collect(),
        }
    }
}

/// One row to be inserted if the guard hits.
#[derive(Clone, Debug)]
pub(crate) struct Insert {
    /// `table (column, ...)`
    pub into: &'static str,
    /// An expression for each column, over the placeholders of `values`.
    pub select: String,
    pub values: Vec<Value>,
    /// `ON CONFLICT ...`, or nothing.
    pub on_conflict: &'static str,
}

impl Insert {
    /// A row of plain values.
    pub fn row(into: &'static str, values: impl IntoIterator<Item = Value>) -> Self {
        let values: Vec<Value> = values.into_iter().collect();
        Insert {
            into,
            select: places(1, values.len()),
            values,
            on_conflict: "",
        }
    }

    /// Whether both can be one statement. It could not change a row twice, where that is there already.
    fn goes_with(&self, next: &Self) -> bool {
        self.into == next.into && self.on_conflict.is_empty() && next.on_conflict.is_empty()
    }
}

/// A guard and what hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub guard: Sql,
    pub inserts: Vec<Insert>,
    /// Whether it may be lost when the database or its host crashes in the next moment. It is never lost
    /// behind a later write that may not: the log is flushed in order.
    pub may_be_lost: bool,
}

impl Write {
    /// A guard alone.
    pub fn only(guard: Sql) -> Self {
        Write {
            guard,
            inserts: Vec::new(),
            may_be_lost: false,
        }
    }

    /// Runs inside whatever `connection` is; returns whether the guard hit.
    pub async fn run<C: ConnectionTrait>(&self, connection: &C) -> Result<bool, DbErr> {
        self.run_as(connection, false).await
    }

    /// The same; `relaxed`: the commit need not wait for the disk.
    pub async fn run_as<C: ConnectionTrait>(
        &self,
        connection: &C,
        relaxed: bool,
    ) -> Result<bool, DbErr> {
        let statement = self.statement(connection.get_database_backend(), relaxed);
        let row = connection.query_one_raw(statement).await?;
        let hits: i64 = row.map_or(Ok(0), |row| row.try_get("", "hits"))?;
        Ok(hits > 0)
    }

    /// Whether an event is written with it.
    pub fn tells(&self) -> bool {
        let mut inserts = self.inserts.iter();
        inserts.any(|insert| insert.into.starts_with("events "))
    }

    /// Whether it is one statement on SQLite too, and so a transaction by itself.
    pub fn is_one_statement(&self) -> bool {
        self.inserts.is_empty()
    }

    /// What the database is sent.
    pub fn statement(&self, backend: DbBackend, relaxed: bool) -> Statement {
        let (inserts, values) = self.inserts(backend);
        let guard = &self.guard.text;
        let text = match backend {
            DbBackend::Postgres => {
                let ctes: String = inserts
                    .iter()
                    .enumerate()
                    .map(|(number, insert)| format!(", w{number} AS ({insert})"))
                    .collect();
                // For this one transaction: its commit does not wait for the disk.
                let relaxed = match relaxed {
                    true => ", set_config('synchronous_commit', 'off', true)",
                    false => "",
                };
                format!(
                    "WITH guard AS ({guard} RETURNING 1){ctes} SELECT count(*) AS hits{relaxed} FROM guard"
                )
            }
            _ => format!("{guard}; {}{HITS}", script(&inserts)),
        };
        Statement::from_sql_and_values(backend, text, values)
    }

    /// A transaction of its own in one script, for SQLite, where each statement that is sent by itself is
    /// a way to another thread and back. When it fails, the transaction may be left open.
    pub fn transaction(&self) -> Statement {
        let (inserts, values) = self.inserts(DbBackend::Sqlite);
        let text = format!(
            "BEGIN IMMEDIATE; {}; {}COMMIT; {HITS}",
            self.guard.text,
            script(&inserts)
        );
        Statement::from_sql_and_values(DbBackend::Sqlite, text, values)
    }

    /// The statements behind the guard, and the values of all.
    fn inserts(&self, backend: DbBackend) -> (Vec<String>, Vec<Value>) {
        let condition = match backend {
            DbBackend::Postgres => "FROM guard",
            _ => "WHERE changes() > 0",
        };
        let mut values = self.guard.values.clone();
        let mut inserts = Vec::with_capacity(self.inserts.len());
        // Rows of one table are one statement: its indexes are opened once.
        for rows in self.inserts.chunk_by(|one, next| one.goes_with(next)) {
            let mut selects = Vec::with_capacity(rows.len());
            for row in rows {
                let select = shifted(&row.select, values.len());
                selects.push(format!("SELECT {select} {condition}"));
                values.extend(row.values.iter().cloned());
            }
            inserts.push(format!(
                "INSERT INTO {} {} {}",
                rows[0].into,
                selects.join(" UNION ALL "),
                rows[0].on_conflict
            ));
        }
        (inserts, values)
    }
}

/// Statements behind each other.
fn script(statements: &[String]) -> String {
    statements.iter().map(|one| format!("{one}; ")).collect()
}

/// Placeholders moved up by `by`, to stand behind others in one statement.
fn shifted(sql: &str, by: usize) -> String {
    let mut moved = String::with_capacity(sql.len() + 8);
    let mut rest = sql;
    while let Some(at) = rest.find('$') {
        let digits = rest[at + 1..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        moved.push_str(&rest[..=at]);
        match rest[at + 1..at + 1 + digits].parse::<usize>() {
            Ok(number) => moved.push_str(&(number + by).to_string()),
            Err(_) => moved.push_str(&rest[at + 1..at + 1 + digits]),
        }
        rest = &rest[at + 1 + digits..];
    }
    moved + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_move_up_and_nothing_else_does() {
        assert_eq!(
            shifted("$1, '$', coalesce($12, $2)", 10),
            "$11, '$', coalesce($22, $12)"
        );
        assert_eq!(shifted("no placeholders", 3), "no placeholders");
    }
}
