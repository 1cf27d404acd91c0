/** The port that the SQL-over-HTTP server stands in front of. Two adapters: `pgliteEngine.ts` and `postgresEngine.ts`. */
export type Engine = {
  readonly name: EngineName;
  /** Runs one statement in a transaction of its own. */
  query(statement: Statement, limits: Limits): Promise<StatementResult>;
  /** Runs statements in one transaction: all of them or none. */
  batch(statements: readonly Statement[], options: BatchOptions, limits: Limits): Promise<StatementResult[]>;
  /** Runs a text of several statements without parameters as one transaction. For migrations; it has no deadline. */
  script(text: string): Promise<void>;
  close(): Promise<void>;
};

export type EngineName = "pglite" | "postgres";

/** Parameters are in PostgreSQL's text format. */
export type Statement = { text: string; parameters: readonly (string | null)[] };

export type BatchOptions = {
  isolationLevel?: "READ UNCOMMITTED" | "READ COMMITTED" | "REPEATABLE READ" | "SERIALIZABLE" | undefined;
  readOnly?: boolean | undefined;
  deferrable?: boolean | undefined;
};

export type Limits = {
  /** Milliseconds a statement may wait and run; after them it fails with 57014 (query_canceled). */
  deadlineMs: number;
  maxRows: number;
  /** Bytes of all values of an answer, in text. */
  maxBytes: number;
  /** Aborted when the caller has gone: what has not begun then never begins. */
  signal?: AbortSignal | undefined;
};

export type Field = {
  name: string;
  dataTypeID: number;
  tableID: number;
  columnID: number;
  dataTypeSize: number;
  dataTypeModifier: number;
  format: "text";
};

export type StatementResult = {
  /** First word of the command tag: SELECT, INSERT, CREATE; null for an empty statement. */
  command: string | null;
  /** Rows returned or changed; null for commands that do not count any. */
  rowCount: number | null;
  fields: Field[];
  /** Values as PostgreSQL prints them. */
  rows: (string | null)[][];
};

/** The fields of a PostgreSQL error or notice, by the names the Neon driver and `pg` use. */
export const sqlErrorFields = [
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "where",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const;

export type SqlErrorFields = { [Name in (typeof sqlErrorFields)[number]]?: string | undefined };

/** An error PostgreSQL answered, or one that the engine answers in its place. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly fields: SqlErrorFields;

  constructor(message: string, fields: SqlErrorFields) {
    super(message);
    this.fields = fields;
  }
}

/** Keeps of any driver's error what PostgreSQL said. */
export function toSqlError(error: SqlErrorFields & { message?: string | undefined }): SqlError {
  const fields: SqlErrorFields = {};
  for (const name of sqlErrorFields) if (error[name] !== undefined) fields[name] = String(error[name]);
  return new SqlError(error.message ?? "unknown error", fields);
}

export function deadlineError(deadlineMs: number): SqlError {
  return new SqlError(`canceling statement due to statement timeout (${deadlineMs} ms)`, {
    severity: "ERROR",
    code: "57014",
  });
}

export function abandonedError(): SqlError {
  return new SqlError("canceling statement because its caller has gone", { severity: "ERROR", code: "57014" });
}

export function transactionControlError(): SqlError {
  return new SqlError("a transaction cannot be begun, ended or left open by a statement", {
    severity: "ERROR",
    code: "0A000",
    hint: "Send the statements as one batch, which is one transaction.",
  });
}

/** The answer is more than the server sends. Not PostgreSQL's error: it has no code of its own there. */
export class ResultTooLargeError extends Error {
  override readonly name = "ResultTooLargeError";
}

/** Commands that leave something in the session, which the next caller must not find. */
export const sessionCommands = new Set(["SET", "RESET", "PREPARE", "DECLARE", "LISTEN", "LOAD"]);

export function beginStatement({ isolationLevel, readOnly, deferrable }: BatchOptions): string {
  return [
    "BEGIN",
    isolationLevel ? `ISOLATION LEVEL ${isolationLevel}` : "",
    readOnly === undefined ? "" : readOnly ? "READ ONLY" : "READ WRITE",
    deferrable === undefined ? "" : deferrable ? "DEFERRABLE" : "NOT DEFERRABLE",
  ]
    .filter(Boolean)
    .join(" ");
}

/** Splits a command tag: `INSERT 0 3` is INSERT and 3 rows, `CREATE TABLE` is CREATE and none. */
export function readCommandTag(tag: string): { command: string; rowCount: number | null } {
  const parts = tag.split(" ");
  const count = Number(parts.length > 1 ? parts.at(-1) : Number.NaN);
  return { command: parts[0]!, rowCount: Number.isInteger(count) ? count : null };
}
