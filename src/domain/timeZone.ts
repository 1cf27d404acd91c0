const millisecondsPerHour = 3_600_000;
const millisecondsPerDay = 24 * millisecondsPerHour;

const knownZones = new Set<string>();
/** IANA has about 600 names; the rest of the room is for their other spellings. */
const knownZonesLimit = 1_000;

/** Whether `zone` names a zone of the IANA database; fixed offsets such as `+01:00` are refused, for they know no season. */
export function isTimeZone(zone: string): boolean {
  if (knownZones.has(zone)) return true;
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
  } catch {
    return false;
  }
  if (knownZones.size < knownZonesLimit) knownZones.add(zone);
  return true;
}

/**
 * The offsets from UTC that a zone's clocks keep over a span: offset `offsets[i]` (local time less UTC, ms) holds from
 * `starts[i]` until `starts[i + 1]` (UTC ms).
 */
export type ZoneTimeline = { readonly starts: readonly number[]; readonly offsets: readonly number[] };

const offsetReaders = new Map<string, (utcMs: number) => number>();
const timelines = new Map<string, ZoneTimeline>();
const cacheLimit = 512;

/**
 * The timeline of a zone over the UTC year and the next one, with some days to spare on either side, so that it holds any
 * year that starts in `utcYear`. Found once and kept. Changes of offset that are taken back within a week are not seen;
 * there has been none since 1970 in a zone of today.
 * @throws RangeError for a zone that `isTimeZone` refuses.
 */
export function readZoneTimeline(timeZone: string, utcYear: number): ZoneTimeline {
  const key = `${utcYear} ${timeZone}`;
  const known = timelines.get(key);
  if (known) return known;
  const timeline = findOffsets(offsetReader(timeZone), Date.UTC(utcYear, 0, -9), Date.UTC(utcYear + 2, 0, 11));
  if (timelines.size >= cacheLimit) timelines.clear();
  timelines.set(key, timeline);
  return timeline;
}

/**
 * The first instant (UTC ms) at which the zone's clocks read `localMs` or later; `localMs` is the wall time written as if
 * it were UTC. A time that is skipped is the instant of the skip, a time that comes twice is the first of the two.
 */
export function localToUtc(timeline: ZoneTimeline, localMs: number): number {
  const { starts, offsets } = timeline;
  const last = starts.length - 1;
  let index = 0;
  while (index < last && localMs >= starts[index + 1]! + offsets[index]!) index++;
  return Math.max(starts[index]!, localMs - offsets[index]!);
}

/** What the zone's clocks read at an instant, written as if it were UTC (ms). */
export function utcToLocal(timeline: ZoneTimeline, utcMs: number): number {
  const { starts, offsets } = timeline;
  let index = starts.length - 1;
  while (index > 0 && utcMs < starts[index]!) index--;
  return utcMs + offsets[index]!;
}

const offsetRanges = new Map<string, { lowestMs: number; highestMs: number }>();

/** The lowest and the highest offset that a zone keeps at the start of a month in 2020 to 2039, ms. */
export function readOffsetRange(timeZone: string): { lowestMs: number; highestMs: number } {
  const known = offsetRanges.get(timeZone);
  if (known) return known;
  const readOffset = offsetReader(timeZone);
  let lowestMs = Number.POSITIVE_INFINITY;
  let highestMs = Number.NEGATIVE_INFINITY;
  for (let month = 0; month < 240; month++) {
    const offset = readOffset(Date.UTC(2020, month, 1));
    lowestMs = Math.min(lowestMs, offset);
    highestMs = Math.max(highestMs, offset);
  }
  if (offsetRanges.size >= cacheLimit) offsetRanges.clear();
  offsetRanges.set(timeZone, { lowestMs, highestMs });
  return { lowestMs, highestMs };
}

function findOffsets(readOffset: (utcMs: number) => number, startMs: number, endMs: number): ZoneTimeline {
  const starts = [startMs];
  const offsets = [readOffset(startMs)];
  for (let before = startMs; before < endMs; before += 7 * millisecondsPerDay) {
    const after = before + 7 * millisecondsPerDay;
    const offsetBefore = offsets[offsets.length - 1]!;
    const offsetAfter = readOffset(after);
    if (offsetAfter === offsetBefore) continue;
    let low = before;
    let high = after;
    while (high - low > 60_000) {
      const middle = Math.floor((low + high) / 120_000) * 60_000;
      if (readOffset(middle) === offsetBefore) low = middle;
      else high = middle;
    }
    starts.push(high);
    offsets.push(offsetAfter);
  }
  return { starts, offsets };
}

/** Reads `GMT`, `GMT+02:00` or `GMT-09:30` (ECMA-402, `timeZoneName: "longOffset"`), whose digits depend on nothing but the zone. */
function offsetReader(timeZone: string): (utcMs: number) => number {
  const known = offsetReaders.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const reader = (utcMs: number) => {
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(utcMs));
    if (!match?.[1]) return 0;
    const seconds = Number(match[2]) * 3_600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
    return (match[1] === "-" ? -1_000 : 1_000) * seconds;
  };
  if (offsetReaders.size >= cacheLimit) offsetReaders.clear();
  offsetReaders.set(timeZone, reader);
  return reader;
}
