import type { MatchState } from "../../domain/match.ts";
import type { RoomFacts } from "../../domain/roomFacts.ts";
import { factsOf, type RoomCore } from "./core.ts";
import { delayAfter, type KeptIntent } from "./intents.ts";
import type { RoomRecords } from "./records.ts";

/** An attempt of which nobody knows what became may still be going on in the database for so long: until then no refusal is final. */
const unknownMs = 20_000;
/** For so long a match must be gone from the records before its room is deleted. */
const goneMs = 30 * 86_400_000;

/** In which the match's round is over, or not bargained over any more. */
const endedStates: readonly MatchState[] = [
  "suggested",
  "viewed",
  "interested_one",
  "agreed",
  "declined",
  "expired",
  "withdrawn",
  "superseded",
];

type Scored = Pick<RoomFacts, "holds" | "gates" | "score">;

/** A room's dealings with the records: what they are told, for as long as that takes, and what the room takes over from them. */
export class Dealings {
  readonly #core: RoomCore;
  readonly #records: RoomRecords;
  #isSettling = false;

  constructor(core: RoomCore, records: RoomRecords) {
    this.#core = core;
    this.#records = records;
  }

  /** Tells the records what they must still be told, in order; what fails is tried again by the alarm. Never throws. */
  async settle(): Promise<void> {
    if (this.#isSettling) return;
    this.#isSettling = true;
    try {
      for (let kept = this.#core.intents.first(); kept; kept = this.#core.intents.first())
        if (!(await this.#try(kept))) return;
      this.#core.deadlines.set("intents", null);
    } finally {
      this.#isSettling = false;
    }
  }

  async #try(kept: KeptIntent): Promise<boolean> {
    const { deadlines, intents } = this.#core;
    try {
      if (await this.#tell(kept)) return true;
      intents.note(kept.id, null);
    } catch (error) {
      intents.note(kept.id, Date.now());
      const { kind } = kept.intent;
      console.warn(
        JSON.stringify({
          level: "warn",
          event: "room_intent_failed",
          kind,
          attempts: kept.attempts + 1,
          cause: String(error),
        }),
      );
    }
    deadlines.set("intents", Date.now() + delayAfter(kept.attempts + 1, Math.random()));
    return false;
  }

  /** False where the answer is not final yet. */
  async #tell({ id, intent, failedAt }: KeptIntent): Promise<boolean> {
    const core = this.#core;
    const { matchId } = core.state;
    const done = () => core.intents.remove(id);
    if (intent.kind === "agree") {
      const { hash, accepted } = intent;
      const outcome = await this.#records.agree(accepted);
      if (outcome.kind === "refused" && failedAt !== null && Date.now() - failedAt < unknownMs) return false;
      if (outcome.kind === "agreed")
        core.system({ type: "agreement.confirm", hash, exchangeId: outcome.exchangeId }, done);
      else core.system({ type: "acceptance.void", hash, reason: outcome.reason }, done);
    } else {
      const { round, actor } = intent;
      if (intent.kind === "negotiate") await this.#records.negotiate(intent.actor, matchId, round);
      else await this.#records.end(actor, matchId, round, intent.by, intent.reason);
      done();
    }
    const facts = await this.#records.readFacts(matchId).catch(() => null);
    if (facts) this.follow(facts);
    return true;
  }

  /**
   * Closes a room in which nobody does anything any more; one whose match the records have forgotten, and still do not know a month
   * later, goes with it. In between somebody would notice that the records are not the right ones.
   */
  async lookAfter(now: number): Promise<void> {
    const { log, deadlines, state } = this.#core;
    const goneSince = Number(log.readMeta("gone_at") ?? 0);
    if (!this.#core.closeWhenIdle(now) && goneSince === 0) return;
    if (await this.#records.readFacts(state.matchId)) log.writeMeta("gone_at", "0");
    else if (goneSince > 0 && now - goneSince >= goneMs) await this.#core.erase();
    else {
      if (goneSince === 0) log.writeMeta("gone_at", String(now));
      deadlines.set("idle", now + goneMs);
    }
  }

  /** Takes over what the records say; what is older than what it knows changes nothing. */
  follow(facts: RoomFacts): void {
    const core = this.#core;
    for (const side of ["output", "input"] as const)
      core.system({ type: "flow.change", side, facts: factsOf(facts.flows[side]) });
    const known = Number(core.log.readMeta("match_version") ?? 0);
    if (facts.version < known) return;
    this.#followScore(facts);
    // What has come of an acceptance, the records answer; until then the round is where it is.
    if (core.state.phase === "confirming") return;
    this.#followRound(facts);
    if (facts.version > known) core.log.writeMeta("match_version", String(facts.version));
  }

  #followRound({ round, state, reason }: RoomFacts): void {
    const core = this.#core;
    if (round < core.state.round) return;
    const isOver = endedStates.includes(state);
    if (core.state.phase === "open" && (round > core.state.round || isOver))
      core.system({ type: "room.close", reason: reason ?? `match_${isOver ? state : "reopened"}` });
    if (round > core.state.round && !isOver) {
      core.system({ type: "round.open", round });
    }
  }

  #followScore({ holds, gates, score }: RoomFacts): void {
    const { log } = this.#core;
    const text = log.readMeta("scored");
    const next = JSON.stringify({ holds, gates, score } satisfies Scored);
    if (text === next) return;
    const known: Scored | null = text === null ? null : JSON.parse(text);
    const keep = () => log.writeMeta("scored", next);
    if (!known || this.#core.state.phase === "closed") {
      keep();
      return;
    }
    const names = new Set([...Object.keys(known.gates), ...Object.keys(gates)]);
    const moved = [...names].filter((name) => known.gates[name] !== gates[name]).sort();
    this.#core.system({ type: "match.rescore", holds, gates: moved }, keep);
  }
}
