/**
 * The parts of a recurrence rule (RFC 5545, 3.3.10), checked here because the library that expands them takes month 13,
 * COUNT beside UNTIL and parts it does not know without a word.
 */
export type RecurrenceRule = {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count: number | null;
  /** The last wall time at which an occurrence may start, written as UTC ms; with `isUtc` an instant. */
  readonly until: { readonly milliseconds: number; readonly isUtc: boolean } | null;
  /** 1 to 12, or null where the rule names no month. */
  readonly months: readonly number[] | null;
  /** Whether the rule states hours, so that an occurrence is an hour and not a day. */
  readonly hasHours: boolean;
  /** The parts the library is given: all but UNTIL. */
  readonly parts: string;
};

export type RecurrenceFault = { readonly rule: RecurrenceRule | null; readonly faults: readonly string[] };

const frequencies = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"] as const;
type Frequency = (typeof frequencies)[number];

/** Occurrences a day beyond which a rule is refused unread. */
const occurrencesPerDayLimit = 24;
/** COUNT and INTERVAL beyond these serve no trade and cost time. */
const countLimit = 10_000;
const intervalLimit = 1_000;

/** Least and greatest value of each list of numbers; signed ones also count from the end. */
const numberParts: Record<string, { minimum: number; maximum: number; signed: boolean }> = {
  BYMONTH: { minimum: 1, maximum: 12, signed: false },
  BYMONTHDAY: { minimum: 1, maximum: 31, signed: true },
  BYYEARDAY: { minimum: 1, maximum: 366, signed: true },
  BYWEEKNO: { minimum: 1, maximum: 53, signed: true },
  BYSETPOS: { minimum: 1, maximum: 366, signed: true },
  BYHOUR: { minimum: 0, maximum: 23, signed: false },
  BYMINUTE: { minimum: 0, maximum: 59, signed: false },
  BYSECOND: { minimum: 0, maximum: 0, signed: false },
};
const otherParts = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"];

/**
 * Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=6`. Faults are sentences for the caller; `rule` is null when there
 * are any. Whether it ever occurs, and how often, `checkOccurrences` tells.
 */
export function parseRecurrenceRule(text: string): RecurrenceFault {
  const { parts, faults } = splitParts(text);
  for (const [name, value] of parts) faults.push(...checkPart(name, value));
  if (faults.length === 0) faults.push(...checkCombination(parts));
  if (faults.length > 0) return { rule: null, faults };
  const until = parts.get("UNTIL");
  return {
    faults,
    rule: {
      frequency: parts.get("FREQ") as Frequency,
      interval: Number(parts.get("INTERVAL") ?? 1),
      count: parts.has("COUNT") ? Number(parts.get("COUNT")) : null,
      until: until === undefined ? null : parseUntil(until),
      months: parts.has("BYMONTH") ? readNumbers(parts, "BYMONTH") : null,
      hasHours: parts.has("BYHOUR") || parts.get("FREQ") === "HOURLY",
      parts: [...parts]
        .filter(([name]) => name !== "UNTIL")
        .map(([name, value]) => `${name}=${value}`)
        .join(";"),
    },
  };
}

function splitParts(text: string): { parts: Map<string, string>; faults: string[] } {
  const parts = new Map<string, string>();
  const faults: string[] = [];
  if (/^\s*RRULE:/i.test(text)) return { parts, faults: ["state the parts only, without `RRULE:`"] };
  for (const part of text.toUpperCase().split(";")) {
    const [, name, value] = /^([A-Z-]+)=([A-Z0-9,+-]+)$/.exec(part) ?? [];
    if (name === undefined || value === undefined)
      faults.push(`\`${part.slice(0, 40)}\` is not of the form NAME=value`);
    else if (!otherParts.includes(name) && !(name in numberParts))
      faults.push(`${name.slice(0, 40)} is not a part of a recurrence rule`);
    else if (parts.has(name)) faults.push(`${name} is stated twice`);
    else parts.set(name, value);
  }
  if (faults.length === 0 && !parts.has("FREQ")) faults.push("FREQ is missing");
  return { parts, faults };
}

function checkPart(name: string, value: string): string[] {
  const range = numberParts[name];
  if (range) return checkNumbers(name, value, range);
  switch (name) {
    case "FREQ":
      return checkFrequency(value);
    case "INTERVAL":
      return checkNumbers(name, value, { minimum: 1, maximum: intervalLimit, signed: false });
    case "COUNT":
      return checkNumbers(name, value, { minimum: 1, maximum: countLimit, signed: false });
    case "UNTIL":
      return parseUntil(value) === null
        ? ["UNTIL must be a date (20271231) or a time (20271231T220000, with Z for UTC)"]
        : [];
    case "WKST":
      return /^(MO|TU|WE|TH|FR|SA|SU)$/.test(value) ? [] : ["WKST must be MO, TU, WE, TH, FR, SA or SU"];
    default:
      return value
        .split(",")
        .filter((day) => !/^([+-]?([1-9]|[1-4]\d|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)$/.test(day))
        .map((day) => `BYDAY has \`${day.slice(0, 20)}\`; it takes days such as MO or -1FR`);
  }
}

function checkFrequency(value: string): string[] {
  if ((frequencies as readonly string[]).includes(value)) return [];
  return value === "MINUTELY" || value === "SECONDLY"
    ? [`FREQ=${value} yields thousands of occurrences a day; ${frequencies.join(", ")} are taken`]
    : [`FREQ must be one of ${frequencies.join(", ")}`];
}

function checkNumbers(name: string, value: string, range: { minimum: number; maximum: number; signed: boolean }) {
  const { minimum, maximum, signed } = range;
  const wrong = value.split(",").filter((item) => {
    const size = Math.abs(Number(item));
    return !(signed ? /^[+-]?\d{1,5}$/ : /^\d{1,5}$/).test(item) || size < minimum || size > maximum;
  });
  const sign = signed ? " or the same from the end" : "";
  if (name === "INTERVAL" || name === "COUNT" ? value.includes(",") : false) return [`${name} takes one number`];
  return wrong.map((item) =>
    maximum === 0
      ? `${name} can only be 0`
      : `${name} has \`${item.slice(0, 20)}\`; it takes ${minimum} to ${maximum}${sign}`,
  );
}

/** What RFC 5545 forbids together, and what would leave an occurrence without a meaning here. */
function checkCombination(parts: Map<string, string>): string[] {
  const faults: string[] = [];
  const frequency = parts.get("FREQ")!;
  const refuse = (condition: boolean, fault: string) => {
    if (condition) faults.push(fault);
  };
  const has = (name: string) => parts.has(name);
  refuse(has("COUNT") && has("UNTIL"), "COUNT and UNTIL cannot stand together");
  refuse(has("BYWEEKNO") && frequency !== "YEARLY", "BYWEEKNO needs FREQ=YEARLY");
  refuse(has("BYMONTHDAY") && frequency === "WEEKLY", "BYMONTHDAY cannot stand with FREQ=WEEKLY");
  refuse(
    has("BYYEARDAY") && ["DAILY", "WEEKLY", "MONTHLY"].includes(frequency),
    `BYYEARDAY cannot stand with FREQ=${frequency}`,
  );
  const hasOrdinal = /\d/.test(parts.get("BYDAY") ?? "");
  refuse(
    hasOrdinal && ((frequency !== "MONTHLY" && frequency !== "YEARLY") || has("BYWEEKNO")),
    "a numbered BYDAY such as 1MO needs FREQ=MONTHLY or YEARLY without BYWEEKNO",
  );
  refuse(
    has("BYSETPOS") && ![...parts.keys()].some((name) => name.startsWith("BY") && name !== "BYSETPOS"),
    "BYSETPOS needs another BY part to choose from",
  );
  refuse(
    (has("BYMINUTE") || has("BYSECOND")) && !has("BYHOUR") && frequency !== "HOURLY",
    "BYMINUTE and BYSECOND need BYHOUR",
  );
  const hours = frequency === "HOURLY" && !has("BYHOUR") ? 24 : readNumbers(parts, "BYHOUR").length || 1;
  const perDay = hours * (readNumbers(parts, "BYMINUTE").length || 1);
  refuse(
    perDay > occurrencesPerDayLimit,
    `it yields up to ${perDay} occurrences a day; at most ${occurrencesPerDayLimit} are taken`,
  );
  return faults;
}

function readNumbers(parts: Map<string, string>, name: string): number[] {
  const value = parts.get(name);
  return value === undefined ? [] : [...new Set(value.split(",").map(Number))];
}

function parseUntil(value: string): RecurrenceRule["until"] {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(value);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const milliseconds = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  const written = new Date(milliseconds).toISOString().replace(/[-:]/g, "");
  if (!written.startsWith(match[4] === undefined ? value : value.slice(0, 15))) return null;
  if (match[4] === undefined) return { milliseconds: milliseconds + 86_399_999, isUtc: false };
  return { milliseconds, isUtc: match[7] === "Z" };
}
