import { DurableObject } from "cloudflare:workers";
import type { QuotaLease } from "./dailyQuota.ts";

/** A lease is at most this many requests, and a small part of what is left: near the end each request is asked for by itself. */
const maximumLease = 100;
const leasesLeft = 200;
const keptMs = 2 * 86_400_000;

/**
 * Counts, for one organization and strictly, what isolates everywhere take of its quotas of a day. What it has given it has
 * written first, so neither an eviction nor a crash lets it give more; what an isolate does not use of its lease is lost.
 */
export class OrganizationQuota extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS taken (name TEXT NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (name, day))",
    );
  }

  /** Takes some requests of `quota` for an ISO date (UTC); `granted` is 0 when all are gone. */
  async take(name: string, day: string, quota: number): Promise<QuotaLease> {
    const lease = this.ctx.storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM taken WHERE name = ? AND day < ?", name, day);
      const [row] = this.#sql.exec("SELECT count FROM taken WHERE name = ? AND day = ?", name, day).toArray();
      const before = Number(row?.count ?? 0);
      const left = Math.max(0, quota - before);
      const granted = Math.min(left, Math.max(1, Math.min(maximumLease, Math.floor(left / leasesLeft))));
      const taken = before + granted;
      this.#sql.exec(
        "INSERT INTO taken (name, day, count) VALUES (?, ?, ?) ON CONFLICT (name, day) DO UPDATE SET count = excluded.count",
        name,
        day,
        taken,
      );
      return { granted, taken };
    });
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + keptMs);
    return lease;
  }

  /** Keeps nothing of an organization that asks no more. */
  override async alarm(): Promise<void> {
    const today = new Date().toISOString().slice(0, 10);
    this.#sql.exec("DELETE FROM taken WHERE day < ?", today);
    const [row] = this.#sql.exec("SELECT count(*) AS rows FROM taken").toArray();
    if (Number(row?.rows ?? 0) > 0) await this.ctx.storage.setAlarm(Date.now() + keptMs);
    else await this.ctx.storage.deleteAll();
  }
}
