import type { RoomFacts } from "../../domain/roomFacts.ts";
import type { Participant } from "../events.ts";
import type { Admission } from "../roomObjects.ts";
import type { RoomCore } from "./core.ts";
import type { Dealings } from "./dealings.ts";
import type { RoomRecords } from "./records.ts";

/** Events tell when somebody's access ends; in case that one is lost, it is asked for as often as this. */
const verifyEveryMs = 900_000;

/** Whether somebody whom the records let in may come into the room. A facilitator opens none: a side has to invite it first. */
export function admit(core: RoomCore, { id, side, organizationId }: Participant): Admission {
  if (side === "facilitator" && !(core.isOpen && core.state.facilitatorIds.includes(organizationId)))
    return "not_invited";
  return core.isOpen && core.state.removedIds.includes(id) ? "removed" : "admitted";
}

/** The same for whoever brings what the records say: the room is opened where it is not open yet, and takes that over. */
export function enter(core: RoomCore, dealings: Dealings, facts: RoomFacts, participant: Participant): Admission {
  const admission = admit(core, participant);
  if (admission !== "admitted") return admission;
  core.open(facts);
  dealings.follow(facts);
  return admission;
}

/** Asks anew whether everybody may still be here: who may not goes, and who may do more or less does. */
export async function verifyAll(core: RoomCore, records: RoomRecords): Promise<void> {
  const { matchId } = core.state;
  for (const { hash, grant } of core.tickets.list())
    if (!(await records.verify(grant.actor, matchId))) core.tickets.drop(hash);
  const seated = core.seats.all().map((seat) => ({ seat, actor: core.seats.actorOf(seat) }));
  for (const group of Map.groupBy(seated, ({ actor }) => actor.credential).values()) {
    const { seat: first, actor } = group[0]!;
    const { participant } = first.session;
    const found = await records.verify(actor, matchId);
    // Without those who left in the meantime.
    const seats = group.map(({ seat }) => seat).filter(({ socket }) => core.seats.find(socket));
    if (!found || found.side !== participant.side) {
      for (const seat of seats) core.seats.close(seat, "access_ended");
      const isStillHere = core.seats.all().some(({ session }) => session.participant.id === participant.id);
      if (!isStillHere) core.system({ type: "member.leave", id: participant.id });
      continue;
    }
    const changed = { ...participant, role: found.actor.role };
    core.system({ type: "member.join", participant: changed });
    for (const seat of seats) {
      // A key that was replaced ends sooner; a sign-in ends with the token that was shown.
      const endsAt = found.endsAt ?? seat.session.endsAt;
      core.seats.change(seat, { actor: found.actor, participant: changed, endsAt });
      if (endsAt !== null) core.deadlines.setEarlier("sockets", endsAt);
    }
  }
}

/** The same while anybody is here, from time to time. */
export async function verifyNowAndThen(core: RoomCore, records: RoomRecords, now: number): Promise<void> {
  const { log, seats } = core;
  // Whoever came was let in by the records.
  const cameFirst = Math.min(...seats.all().map(({ session }) => session.openedAt));
  const verifiedAt = Math.max(cameFirst, Number(log.readMeta("verified_at") ?? 0));
  if (now - verifiedAt < verifyEveryMs) return;
  log.writeMeta("verified_at", String(now));
  await verifyAll(core, records);
}
