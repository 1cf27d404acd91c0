/** A place in the order of events: those up to it have been read. PostgreSQL's numbers of 64 bits, in decimal. */
export type EventPlace = { xid: string; sequence: string };

/** A place and the history that it is of: after a restore of the database there is another one. */
export type EventCursor = EventPlace & { epoch: string };

const version = "1";
const epochLength = 12;
const largest = 2n ** 63n - 1n;
const pattern = new RegExp(`^${version}\\.([0-9a-f]{${epochLength}})\\.(0|[1-9]\\d{0,18})\\.(0|[1-9]\\d{0,18})$`);

/** The longest that a cursor can be. */
export const maximumCursorLength = 80;

/** The part of an epoch's UUID that cursors carry: enough to tell one from another. */
export function shortenEpoch(uuid: string): string {
  return uuid.replaceAll("-", "").slice(0, epochLength);
}

/** A cursor as clients keep it, of letters, digits, `-` and `_`. */
export function encodeEventCursor({ epoch, xid, sequence }: EventCursor): string {
  return btoa([version, epoch, xid, sequence].join(".")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Null for what no encoder gave. */
export function decodeEventCursor(text: string): EventCursor | null {
  const [, epoch, xid, sequence] = pattern.exec(decodeBase64(text)) ?? [];
  if (epoch === undefined || xid === undefined || sequence === undefined) return null;
  return BigInt(xid) <= largest && BigInt(sequence) <= largest ? { epoch, xid, sequence } : null;
}

function decodeBase64(text: string): string {
  if (text.length > maximumCursorLength || !/^[\w-]+$/.test(text)) return "";
  try {
    return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}

/** Whether a place is at or before another one. */
export function isWithin(place: EventPlace, bound: EventPlace): boolean {
  const [xid, boundXid] = [BigInt(place.xid), BigInt(bound.xid)];
  return xid < boundXid || (xid === boundXid && BigInt(place.sequence) <= BigInt(bound.sequence));
}
