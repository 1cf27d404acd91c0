import type { TicketGrant } from "../roomObjects.ts";

/** Tickets by their hashes, each until it is used or over. */
export class Tickets {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keeps one and forgets those that are over: to be rid of each by an alarm would cost more than the ticket does. */
  keep(hash: string, grant: TicketGrant, expiresAt: number, now: number): void {
    this.#sql.exec("DELETE FROM tickets WHERE expires_at <= ?", now);
    this.#sql.exec(
      "INSERT INTO tickets (hash, body, expires_at) VALUES (?, ?, ?)",
      hash,
      JSON.stringify(grant),
      expiresAt,
    );
  }

  /** What a ticket was given for, once; null for one that is used, over or never was. */
  take(hash: string, now: number): TicketGrant | null {
    const [row] = this.#sql
      .exec<{ body: string; expires_at: number }>("DELETE FROM tickets WHERE hash = ? RETURNING body, expires_at", hash)
      .toArray();
    return row && row.expires_at > now ? JSON.parse(row.body) : null;
  }

  list(): { hash: string; grant: TicketGrant }[] {
    return this.#sql
      .exec<{ hash: string; body: string }>("SELECT hash, body FROM tickets")
      .toArray()
      .map(({ hash, body }) => ({ hash, grant: JSON.parse(body) }));
  }

  drop(hash: string): void {
    this.#sql.exec("DELETE FROM tickets WHERE hash = ?", hash);
  }
}
