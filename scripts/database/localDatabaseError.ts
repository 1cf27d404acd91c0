/** Something the developer can put right. `message` is one line that says what is wrong and what to do. */
export class LocalDatabaseError extends Error {
  override readonly name = "LocalDatabaseError";
  readonly reason: LocalDatabaseReason;

  constructor(reason: LocalDatabaseReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

export type LocalDatabaseReason =
  | "data_folder_locked"
  | "data_folder_damaged"
  | "data_folder_unusable"
  | "port_in_use"
  | "postgres_missing"
  | "postgres_failed"
  | "migration_changed"
  | "migration_failed"
  | "unreachable";
