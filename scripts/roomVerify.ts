import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readRoomLog } from "./rooms/readRoomLog.ts";
import { type RoomLogReport, verifyRoomLog } from "./rooms/verifyRoomLog.ts";

const usage = `Usage: npm run room:verify -- FILE [--json]
Verifies the log of a match's room, offline: FILE holds what GET /v1/rooms/{matchId}/events answered, one page, or a page or an event
on each line; - is standard input. Ends with 1 where an event was changed, removed or put in, or an agreement is not on the offer that
was accepted, and names the first number at fault.`;

function verify(): boolean {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
  });
  const [path, ...more] = positionals;
  if (values.help) {
    console.log(usage);
    return true;
  }
  if (path === undefined || more.length > 0) throw new Error(usage);
  const report = verifyRoomLog(readRoomLog(readFileSync(path === "-" ? 0 : path, "utf8")));
  console.log(values.json ? JSON.stringify(report) : tell(report));
  return report.fault === null;
}

function tell({ matchId, events, first, last, hash, agreements, fault }: RoomLogReport): string {
  if (fault) return `The log does not verify: event ${fault.seq} ${fault.message}.`;
  const agreed = agreements.map(
    (each) => `Round ${each.round}: agreed at event ${each.seq} on offer ${each.hash}, ${each.exchangeId}`,
  );
  const what =
    matchId === null
      ? `The log verifies as far as it goes, but without its beginning, so that offers and agreements cannot be: ${events} events, ${first} to ${last}`
      : `The log of ${matchId} verifies: ${events} events`;
  return [...agreed, `${what}; the last has the hash ${hash}.`].join("\n");
}

try {
  process.exitCode = verify() ? 0 : 1;
} catch (error) {
  console.error(`turash: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
