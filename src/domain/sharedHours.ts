import type { Calendar } from "./calendar.ts";
import { millisecondsPerHour } from "./week.ts";

/** Calendars are cached objects, so a pair of patterns is merged once however many flows have them. */
const known = new WeakMap<Calendar, WeakMap<Calendar, number>>();

/**
 * Hours in which both are open, in the window of both. Symmetric; 0 to 8,784.
 * @throws RangeError when the windows differ.
 */
export function sharedHours(left: Calendar, right: Calendar): number {
  if (left.window.startMs !== right.window.startMs || left.window.endMs !== right.window.endMs)
    throw new RangeError("the two calendars are of different windows");
  if (left === right || right.isAlwaysOpen) return left.hoursOpen;
  if (left.isAlwaysOpen) return right.hoursOpen;
  let ofLeft = known.get(left);
  if (!ofLeft) {
    ofLeft = new WeakMap();
    known.set(left, ofLeft);
  }
  const before = ofLeft.get(right);
  if (before !== undefined) return before;
  const hours = intersectHours(left.intervals, right.intervals);
  ofLeft.set(right, hours);
  return hours;
}

/** One walk over two sorted lists of start and end by turns. */
function intersectHours(left: Float64Array, right: Float64Array): number {
  let milliseconds = 0;
  let atLeft = 0;
  let atRight = 0;
  while (atLeft < left.length && atRight < right.length) {
    const leftEnd = left[atLeft + 1]!;
    const rightEnd = right[atRight + 1]!;
    const overlap = Math.min(leftEnd, rightEnd) - Math.max(left[atLeft]!, right[atRight]!);
    if (overlap > 0) milliseconds += overlap;
    if (leftEnd <= rightEnd) atLeft += 2;
    else atRight += 2;
  }
  return milliseconds / millisecondsPerHour;
}
