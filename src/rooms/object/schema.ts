/** The tables of a room's own storage. A row is at most 2 MB, so what can be longer is kept in parts. */
const tables = [
  "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  // With the client's id of the command that led to it, at the last of its events.
  "CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, client_message_id TEXT)",
  "CREATE TABLE snapshots (part INTEGER PRIMARY KEY, body TEXT NOT NULL)",
  `CREATE TABLE answers (id INTEGER PRIMARY KEY, participant_id TEXT NOT NULL, client_message_id TEXT NOT NULL, frame TEXT NOT NULL,
    UNIQUE (participant_id, client_message_id))`,
  "CREATE TABLE tickets (hash TEXT PRIMARY KEY, body TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID",
  `CREATE TABLE intents (id INTEGER PRIMARY KEY, body TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, failed_at INTEGER)`,
  `CREATE TABLE documents (document_id TEXT NOT NULL, organization_id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (document_id, organization_id)) WITHOUT ROWID`,
  "CREATE TABLE deadlines (kind TEXT PRIMARY KEY, due_at INTEGER NOT NULL) WITHOUT ROWID",
];

/** Whether there is a room in this storage: until it is opened there is nothing, so that asking for one that is none leaves nothing. */
export function hasTables(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'deadlines'").toArray().length > 0;
}

export function createTables(sql: SqlStorage): void {
  for (const table of tables) sql.exec(table);
}
