/** What a room has to do by itself at some time, each kind at most once. */
export const deadlineKinds = ["offers", "intents", "sockets", "idle"] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

type Alarm = Pick<DurableObjectStorage, "setAlarm" | "deleteAlarm">;

/** All deadlines of a room over the one alarm that an object has. Times in milliseconds. */
export class Deadlines {
  readonly #sql: SqlStorage;
  readonly #alarm: Alarm;
  readonly #due = new Map<DeadlineKind, number>();
  /** When the alarm rings; it was set together with what is kept. */
  #alarmAt: number | null = null;

  constructor(sql: SqlStorage, alarm: Alarm) {
    this.#sql = sql;
    this.#alarm = alarm;
  }

  load(): void {
    for (const { kind, due_at } of this.#sql.exec<{ kind: DeadlineKind; due_at: number }>("SELECT * FROM deadlines"))
      this.#due.set(kind, due_at);
    this.#alarmAt = this.#first();
  }

  /** Forgets what it has in memory where all that is kept is deleted. */
  forget(): void {
    this.#due.clear();
    this.#alarmAt = null;
  }

  dueAt(kind: DeadlineKind): number | null {
    return this.#due.get(kind) ?? null;
  }

  /** Null where there is nothing to do any more. */
  set(kind: DeadlineKind, dueAt: number | null): void {
    if ((this.#due.get(kind) ?? null) === dueAt) return;
    if (dueAt === null) {
      this.#due.delete(kind);
      this.#sql.exec("DELETE FROM deadlines WHERE kind = ?", kind);
    } else {
      this.#due.set(kind, dueAt);
      this.#sql.exec("INSERT OR REPLACE INTO deadlines (kind, due_at) VALUES (?, ?)", kind, dueAt);
    }
    this.#wind();
  }

  /** The same where it is sooner than what is set. */
  setEarlier(kind: DeadlineKind, dueAt: number): void {
    const known = this.dueAt(kind);
    if (known === null || dueAt < known) this.set(kind, dueAt);
  }

  /** What is due, taken out; the alarm that has just rung is set for what is left. */
  take(at: number): DeadlineKind[] {
    const due = deadlineKinds.filter((kind) => (this.#due.get(kind) ?? Number.POSITIVE_INFINITY) <= at);
    for (const kind of due) {
      this.#due.delete(kind);
      this.#sql.exec("DELETE FROM deadlines WHERE kind = ?", kind);
    }
    this.#alarmAt = null;
    this.#wind();
    return due;
  }

  #first(): number | null {
    return this.#due.size === 0 ? null : Math.min(...this.#due.values());
  }

  #wind(): void {
    const first = this.#first();
    if (first === this.#alarmAt) return;
    this.#alarmAt = first;
    void (first === null ? this.#alarm.deleteAlarm() : this.#alarm.setAlarm(first));
  }
}
