//! Many scheduled posts at once, put into the tables by INSERT .. SELECT as if they had been
//! accepted one by one.

use entities::{Database, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend};

/// Posts in one statement.
const CHUNK: u64 = 50_000;

/// What is to be put in.
pub struct Fill<'a> {
    /// Begins the texts and keys; its own for each fill.
    pub name: &'a str,
    pub owner: &'a str,
    /// Ids and platforms; posts take turns, each goes to one.
    pub accounts: &'a [(String, String)],
    pub count: u64,
    /// When the first is due; the last is due `spread_ms` later, and the rest between them.
    pub first_due: Timestamp,
    pub spread_ms: u64,
    pub now: Timestamp,
}

impl Fill<'_> {
    /// Puts all of them in. Post `number` has the text `name number`.
    pub async fn put_into(&self, database: &Database) {
        let writer = database.writer();
        for begin in (0..self.count).step_by(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
            let end = (begin + CHUNK).min(self.count);
            let transaction = database.begin().await.expect("BEGIN");
            for sql in self.statements(writer.get_database_backend(), begin, end) {
                transaction.execute_unprepared(&sql).await.expect(&sql);
            }
            transaction.commit().await.expect("COMMIT");
        }
    }

    fn statements(&self, backend: DbBackend, begin: u64, end: u64) -> [String; 2] {
        let (hex, bytes, json) = match backend {
            DbBackend::Postgres => ("lpad(to_hex(i), 12, '0')", "'\\x00'::bytea", "::jsonb"),
            _ => ("printf('%012x', i)", "x'00'", ""),
        };
        // As ids are, they are in the order of time.
        let id = uuid::Uuid::now_v7().simple().to_string();
        let id = &id[..20];
        let numbers = format!(
            "WITH RECURSIVE numbers (i) AS (
                SELECT {begin} UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < {end})"
        );
        let accounts: Vec<String> = self
            .accounts
            .iter()
            .enumerate()
            .map(|(number, (id, platform))| format!("({number}, '{id}', '{platform}')"))
            .collect();
        let accounts = format!(
            ", accounts_in_turn (number, id, platform) AS (VALUES {})",
            accounts.join(", ")
        );
        let Fill {
            name,
            owner,
            count,
            first_due,
            spread_ms,
            now,
            ..
        } = self;
        let (first, now, turns) = (first_due.as_ms(), now.as_ms(), self.accounts.len());
        let due = format!("{first} + i * {spread_ms} / {count}");
        [
            format!(
                "{numbers} INSERT INTO posts (id, owner_id, idempotency_key, request_hash, content, publish_at,
                    if_late, created_at, updated_at)
                 SELECT 'post_{id}' || {hex}, '{owner}', '{name}-' || i, {bytes},
                    ('{{\"parts\": [{{\"text\": \"{name} ' || i || '\"}}]}}'){json}, {due}, 'publish', {now}, {now}
                 FROM numbers"
            ),
            format!(
                "{numbers}{accounts} INSERT INTO deliveries (id, post_id, owner_id, account_id, platform, status,
                    next_at, due_at, waiting_for, created_at, updated_at)
                 SELECT 'dlv_{id}' || {hex}, 'post_{id}' || {hex}, '{owner}', a.id, a.platform, 'queued',
                    {due}, {due}, 'schedule', {now}, {now}
                 FROM numbers JOIN accounts_in_turn a ON a.number = i % {turns}"
            ),
        ]
    }
}

/// As many accounts of an owner of their own, who never connects anything again.
pub async fn accounts(
    database: &Database,
    count: usize,
    now: Timestamp,
) -> (String, Vec<(String, String)>) {
    let owner = entities::UserId::generate().to_string();
    let bytes = match database.backend() {
        DbBackend::Postgres => "'\\x00'::bytea",
        _ => "x'00'",
    };
    let all: Vec<(String, String)> = (0..count)
        .map(|number| {
            let platform = if number % 2 == 0 { "threads" } else { "x" };
            (
                entities::AccountId::generate().to_string(),
                platform.to_owned(),
            )
        })
        .collect();
    let now = now.as_ms();
    let rows: Vec<String> = all
        .iter()
        .map(|(id, platform)| {
            format!("('{id}', '{owner}', '{platform}', '{id}', 'somebody', 'ok', 'own', {bytes}, {now}, {now}, {now})")
        })
        .collect();
    let writer = database.writer();
    let user = format!(
        "INSERT INTO users (id, clerk_user_id, created_at) VALUES ('{owner}', '{owner}', {now})"
    );
    writer.execute_unprepared(&user).await.expect("a user");
    let sql = format!(
        "INSERT INTO accounts (id, owner_id, platform, remote_user_id, username, state, token_source,
            access_token, token_issued_at, created_at, updated_at) VALUES {}",
        rows.join(", ")
    );
    writer.execute_unprepared(&sql).await.expect("accounts");
    (owner, all)
}
