import { openRelay } from "./background.ts";
import type { Actor } from "./domain/actor.ts";
import type { Config } from "./env.ts";
import { relayInBackground } from "./events/backgroundRelay.ts";
import { findAgain, openOwnDatabase } from "./liveRequest.ts";
import { reserveAgreement } from "./operations/agreements.ts";
import type { RequestContext } from "./operations/context.ts";
import { findRefusal } from "./operations/permissions.ts";
import { endRound, negotiateMatch } from "./operations/roomRecords.ts";
import { createOwnContext } from "./ownContext.ts";
import type { OpenRecords, RoomRecords } from "./rooms/object/records.ts";
import { configOrThrow, memoryOf } from "./services.ts";

/** For what goes on behind a write. */
const relayTimeoutMs = 20_000;

/** What a room asks and tells the records with: each call has a client and a deadline of its own. */
export const openRoomRecords: OpenRecords = (env, waitUntil): RoomRecords => {
  const ask = <Answer>(actor: Actor, work: (context: RequestContext, config: Config) => Promise<Answer>) => {
    const config = configOrThrow(env);
    return within(config.REQUEST_TIMEOUT_SECONDS * 1_000, (signal) =>
      work(createOwnContext(config, actor, openOwnDatabase(config, signal).database, signal, waitUntil), config),
    );
  };
  const write = async <Answer>(actor: Actor, work: (context: RequestContext) => Promise<Answer>): Promise<Answer> => {
    const answer = await ask(actor, work);
    const config = configOrThrow(env);
    const relaying = within(relayTimeoutMs, async (signal) =>
      relayInBackground(openRelay(config, waitUntil, signal), memoryOf(config).relayTurn),
    );
    waitUntil(relaying);
    return answer;
  };
  return {
    readFacts: (matchId) => ask(unattended, ({ services }) => services.roomRecords.findFacts(matchId)),
    async negotiate(actor, matchId, round) {
      await write(actor, (context) => negotiateMatch(context, matchId, round));
    },
    agree: (accepted) => write(accepted.actor, (context) => reserveAgreement(context, accepted)),
    async end(actor, matchId, round, by, reason) {
      await write(actor ?? unattended, (context) => endRound(context, matchId, round, by, reason));
    },
    verify: (actor, matchId) =>
      ask(actor, async ({ services, at, deadline }, config) => {
        const found = await findAgain(actor, config, at, openOwnDatabase(config, deadline.signal).database);
        if (found?.kind !== "member" || findRefusal(found, "joinRoom")) return null;
        const entry = await services.roomRecords.findEntry(found, matchId);
        return entry && { actor: found, side: entry.side, endsAt: entry.endsAt };
      }),
  };
};

/** A room by itself, without a member. */
const unattended: Actor = { kind: "operator", credential: "room", isUnattended: true };

/** Ends work after so long; a timer that goes on behind it would keep the room from falling asleep. */
async function within<Answer>(milliseconds: number, work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
