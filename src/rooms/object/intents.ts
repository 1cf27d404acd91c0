import type { MemberActor } from "../../domain/actor.ts";
import { createId } from "../../domain/ids.ts";
import type { AcceptedOffer } from "../../domain/roomFacts.ts";
import type { RoomEvent } from "../events.ts";
import type { RoomState } from "../state.ts";

/** What the records must still be told, for as long as that takes. */
export type Intent =
  | { kind: "negotiate"; round: number; actor: MemberActor }
  | { kind: "agree"; hash: string; accepted: AcceptedOffer }
  | { kind: "end"; round: number; by: "decline" | "expire"; reason: string; actor: MemberActor | null };

export type KeptIntent = { id: number; intent: Intent; attempts: number; failedAt: number | null };

/** Why a room closes itself when nobody has said anything for long. */
export const idleReason = "idle";

const firstDelayMs = 1_000;
const maximumDelayMs = 60_000;

/** How long to wait after so many attempts: twice as long each time up to a minute, half of it by chance. */
export function delayAfter(attempts: number, random: number): number {
  const delay = Math.min(firstDelayMs * 2 ** (attempts - 1), maximumDelayMs);
  return Math.ceil(delay / 2 + (delay / 2) * random);
}

/** What follows for the records from events; whose command led to them is asked for only where anything does. */
export function intentsOf(
  before: RoomState,
  events: readonly RoomEvent[],
  findActor: (() => MemberActor) | null,
): Intent[] {
  return events.flatMap((event): Intent[] => {
    switch (event.type) {
      case "offer.proposed":
        return findActor && Object.keys(before.offers).length === 0
          ? [{ kind: "negotiate", round: before.round, actor: findActor() }]
          : [];
      case "offer.accepted": {
        if (!findActor) return [];
        const { hash } = event.data;
        const { matchId, round, terms } = before.offers[hash]!;
        const accepted = { matchId, round, exchangeId: createId("exchange"), terms, actor: findActor() };
        return [{ kind: "agree", hash, accepted }];
      }
      case "room.closed": {
        const { reason, by } = event.data;
        const { round } = before;
        if (by !== "system") return [{ kind: "end", round, by: "decline", reason, actor: findActor?.() ?? null }];
        return reason === idleReason ? [{ kind: "end", round, by: "expire", reason, actor: null }] : [];
      }
      default:
        return [];
    }
  });
}

/** Intents in the order in which they came up: one waits for those before it. */
export class Intents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(intent: Intent): void {
    this.#sql.exec("INSERT INTO intents (body) VALUES (?)", JSON.stringify(intent));
  }

  first(): KeptIntent | null {
    const [row] = this.#sql
      .exec<{ id: number; body: string; attempts: number; failed_at: number | null }>(
        "SELECT id, body, attempts, failed_at FROM intents ORDER BY id LIMIT 1",
      )
      .toArray();
    return row ? { id: row.id, intent: JSON.parse(row.body), attempts: row.attempts, failedAt: row.failed_at } : null;
  }

  /** Notes an attempt; `failedAt` where it is not known what became of it. */
  note(id: number, failedAt: number | null): void {
    this.#sql.exec(
      "UPDATE intents SET attempts = attempts + 1, failed_at = coalesce(?, failed_at) WHERE id = ?",
      failedAt,
      id,
    );
  }

  remove(id: number): void {
    this.#sql.exec("DELETE FROM intents WHERE id = ?", id);
  }
}
