import { setTimeout as sleep } from "node:timers/promises";
import { neon, neonConfig } from "@neondatabase/serverless";
import type { RoomEvent } from "../../src/client/index.ts";
import { type MatchId, uuidOf } from "../../src/domain/ids.ts";
import { verifyRoomLog } from "../rooms/verifyRoomLog.ts";
import { createApiClient } from "../start/apiClient.ts";
import type { RoomOnTrial } from "./rooms.ts";
import type { RoomListener } from "./roomTraffic.ts";
import type { Stack } from "./stack.ts";

export type RoomVerdict = {
  events: number;
  agreements: number;
  /** What does not hold, in words. */
  faults: string[];
};

type LogPage = { data: RoomEvent[]; head: number; nextAfter: number | null };

const catchUpDeadlineMs = 60_000;

/** Whether every message that was acknowledged is there once, in one order for all, and every agreement once in room and records. */
export async function judgeRooms(
  stack: Stack,
  rooms: readonly RoomOnTrial[],
  listeners: readonly RoomListener[],
  signal: AbortSignal,
): Promise<RoomVerdict> {
  const verdict: RoomVerdict = { events: 0, agreements: 0, faults: [] };
  for (const room of rooms) {
    const log = await readLog(stack, room, signal);
    const own = listeners.filter((listener) => listener.room === room);
    await waitUntilHeard(own, log.head, signal);
    const { faults, agreements } = judgeRoom(log, own);
    verdict.events += log.events.length;
    verdict.agreements += agreements;
    verdict.faults.push(
      ...[...faults, ...(await judgeRecords(stack, room, log.events))].map((fault) => `${room.matchId}: ${fault}`),
    );
  }
  return verdict;
}

type Log = { events: RoomEvent[]; head: number };

async function readLog({ url }: Stack, { matchId, owners }: RoomOnTrial, signal: AbortSignal): Promise<Log> {
  const api = createApiClient(url, signal);
  const log: Log = { events: [], head: 0 };
  for (let after: number | null = 0; after !== null; ) {
    const page: LogPage = await api.get(`/v1/rooms/${matchId}/events?after=${after}&limit=200`, owners.output);
    log.events.push(...page.data);
    log.head = page.head;
    after = page.nextAfter;
  }
  return log;
}

/** Clients that are on their way back hear the rest then. */
async function waitUntilHeard(listeners: readonly RoomListener[], head: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + catchUpDeadlineMs;
  while (Date.now() < deadline && listeners.some(({ heard }) => (heard.at(-1)?.seq ?? 0) < head))
    await sleep(100, undefined, { signal });
}

function judgeRoom(
  { events, head }: Log,
  listeners: readonly RoomListener[],
): { faults: string[]; agreements: number } {
  const faults: string[] = [];
  const report = verifyRoomLog({ events, head });
  if (report.fault) faults.push(`event ${report.fault.seq} ${report.fault.message}`);
  if (report.agreements.length !== 1) faults.push(`${report.agreements.length} agreements`);
  const said = new Map<string, number[]>();
  for (const event of events)
    if (event.type === "chat.sent") said.set(event.data.text, [...(said.get(event.data.text) ?? []), event.seq]);
  for (const [text, seqs] of said) if (seqs.length > 1) faults.push(`"${text}" is there ${seqs.length} times`);
  for (const { acknowledged, heard } of listeners) {
    for (const { text, seq } of acknowledged)
      if (said.get(text)?.[0] !== seq)
        faults.push(`"${text}" was acknowledged as ${seq} and is ${said.get(text)?.[0]}`);
    const differs = events.findIndex(({ hash }, index) => heard[index]?.hash !== hash);
    if (differs !== -1) faults.push(`a member heard something else as event ${differs + 1}`);
  }
  return { faults, agreements: report.agreements.length };
}

/** Each agreement of the room as one exchange, told once; and the match that says so. */
async function judgeRecords(stack: Stack, { matchId }: RoomOnTrial, events: readonly RoomEvent[]): Promise<string[]> {
  const { fetchEndpoint, connectionString } = stack.database();
  neonConfig.fetchEndpoint = fetchEndpoint;
  const [found] = await neon(connectionString)`
    SELECT m.state, (SELECT count(*)::integer FROM exchanges e WHERE e.match_id = m.id) AS exchanges,
      (SELECT count(*)::integer FROM outbox o JOIN exchanges e ON e.id = o.subject_id
        WHERE e.match_id = m.id AND o.type = 'turash.exchange.agreed') AS told
    FROM matches m WHERE m.id = ${uuidOf(matchId as MatchId)}`;
  const confirmed = events.filter(({ type }) => type === "agreement.confirmed").length;
  const faults: string[] = [];
  if (found?.state !== "agreed") faults.push(`the match is ${found?.state}`);
  if (found?.exchanges !== confirmed) faults.push(`${found?.exchanges} exchanges of ${confirmed} agreements`);
  if (found?.told !== confirmed) faults.push(`${found?.told} events of ${confirmed} agreements`);
  return faults;
}
