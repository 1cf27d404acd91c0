import type { Participant } from "./events.ts";

/** Sockets that may be open in a room: one participant takes no place from the colleagues, one organization none from the others. */
export const maximumSockets = { ofParticipant: 20, ofOrganization: 1_100 };
/** Participants of one organization, of whom the room's state tells, whether they are there or not. */
export const maximumParticipants = 2_000;

/** Whether there is room for one more socket of somebody's, beside those of `connected`, one for each socket; `known` by their ids. */
export function hasRoom(
  { id, organizationId }: Participant,
  connected: readonly Participant[],
  known: Readonly<Record<string, Participant>>,
): boolean {
  const isOfOwn = (each: Participant) => each.organizationId === organizationId;
  const colleagues = connected.filter(isOfOwn);
  return (
    colleagues.length < maximumSockets.ofOrganization &&
    colleagues.filter((each) => each.id === id).length < maximumSockets.ofParticipant &&
    (known[id] !== undefined || Object.values(known).filter(isOfOwn).length < maximumParticipants)
  );
}
