//! All that the database holds, as whoever steals it would read it.

use sea_orm::DbBackend;

use crate::TestApp;

/// Every row of every table.
pub async fn everything(app: &TestApp) -> Vec<String> {
    let tables = match app.backend.database.backend() {
        DbBackend::Postgres => {
            "SELECT CAST(table_name AS text) FROM information_schema.tables WHERE table_schema = 'public'"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let mut rows = Vec::new();
    for table in app.texts(tables).await {
        rows.extend(table_rows(app, &table).await);
    }
    rows
}

/// Every row of a table, all its columns as text, in small letters.
pub async fn table_rows(app: &TestApp, table: &str) -> Vec<String> {
    let columns = match app.backend.database.backend() {
        DbBackend::Postgres => {
            format!(
                "SELECT CAST(column_name AS text) FROM information_schema.columns WHERE table_name = '{table}'"
            )
        }
        _ => format!("SELECT name FROM pragma_table_info('{table}')"),
    };
    let columns = app.texts(&columns).await;
    assert!(!columns.is_empty(), "{table}");
    let as_text = |column: &String| match app.backend.database.backend() {
        DbBackend::Postgres => format!("coalesce(CAST({column} AS text), '')"),
        _ => format!(
            "coalesce(CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE CAST({column} AS text) END, '')"
        ),
    };
    let all: Vec<String> = columns.iter().map(as_text).collect();
    let rows = app
        .texts(&format!("SELECT {} FROM {table}", all.join(" || ' ' || ")))
        .await;
    rows.iter().map(|row| row.to_lowercase()).collect()
}

/// Whether a row holds a text, as it is or as bytes, which both databases show in hexadecimal.
pub fn holds(row: &str, text: &str) -> bool {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    row.contains(&text.to_lowercase()) || row.contains(&hex)
}
