import type { BareWorker } from "../bareWorker.ts";
import { createFigure, type Figure, ratioAtMost } from "../figures.ts";
import { readCpuSeconds } from "../machine.ts";
import { type FanOut, measureFanOut } from "../rooms/fanOut.ts";
import {
  buildParty,
  colyseusTalk,
  installRivals,
  partyTalk,
  type RivalServer,
  startColyseus,
  versionOf,
} from "../rooms/rivals.ts";
import type { RoomsOnBench } from "../rooms/roomRows.ts";
import { openCrowd, type Talk } from "../rooms/sockets.ts";
import { roomObjects, turashTalk } from "../rooms/turash.ts";
import type { Stage } from "../stage.ts";
import { percentile } from "../statistics.ts";

const processes = 2;
const membersPerRoom = 4;

type Side = { talk: (urls: readonly string[]) => Talk; start(number: number): Promise<BareWorker | RivalServer> };
type AtRate = FanOut & { perSecond: number; cpuShare: number };
type Measured = { name: string; rates: AtRate[] };

/** What a message takes from one member to all of its room, in many rooms at once; beside rooms of others that keep nothing. */
export async function measureFanOuts(stage: Stage, rooms: RoomsOnBench): Promise<Figure[]> {
  await installRivals(stage.progress);
  const party = await buildParty(stage.folder);
  const sides: Side[] = [
    {
      talk: (urls) => turashTalk(urls, rooms),
      start: (number) =>
        stage.startWorker({
          name: `fanOut${number}`,
          modulePath: stage.bundlePath,
          bindings: stage.bindings,
          objects: roomObjects,
        }),
    },
    {
      talk: partyTalk,
      start: (number) =>
        stage.startWorker({ name: `party${number}`, modulePath: party, bindings: {}, objects: { Talk: "Talk" } }),
    },
    { talk: colyseusTalk, start: () => startColyseus(stage.cores.worker) },
  ];
  const measured: Measured[] = [];
  for (const side of sides) measured.push(await measureSide(stage, side, rooms.matchIds.length));
  const [own, ...rivals] = measured;
  return own!.rates.flatMap((rate, index) =>
    toFigures(
      rate,
      rivals.map(({ name, rates }) => ({ name, ...rates[index]! })),
    ),
  );
}

async function measureSide(stage: Stage, side: Side, count: number): Promise<Measured> {
  const { signal, isQuick, progress } = stage;
  const servers: (BareWorker | RivalServer)[] = [];
  try {
    while (servers.length < processes) servers.push(await side.start(servers.length));
    const talk = side.talk(servers.map(({ url }) => url));
    progress(`Fan-out: opening ${(count * membersPerRoom).toLocaleString("en-US")} sockets of ${talk.name} ...`);
    const crowd = await openCrowd(talk, count, membersPerRoom, signal);
    try {
      const rates: AtRate[] = [];
      for (const perSecond of isQuick ? [100, 200] : [500, 2_000]) {
        progress(`Fan-out: ${talk.name} at ${perSecond.toLocaleString("en-US")} messages/s ...`);
        await measureFanOut(crowd, talk, { perSecond, seconds: isQuick ? 0.5 : 3, signal });
        const cpuSeconds = () => servers.reduce((sum, { pid }) => sum + readCpuSeconds(pid), 0);
        const [cpuBefore, begun] = [cpuSeconds(), performance.now()];
        const result = await measureFanOut(crowd, talk, { perSecond, seconds: isQuick ? 1 : 10, signal });
        const cpuShare = (cpuSeconds() - cpuBefore) / ((performance.now() - begun) / 1_000);
        rates.push({ ...result, perSecond, cpuShare });
      }
      return { name: talk.name, rates };
    } finally {
      crowd.close();
    }
  } finally {
    for (const server of servers) await server.stop();
  }
}

function toFigures(own: AtRate, rivals: (AtRate & { name: string })[]): Figure[] {
  const at = `at ${own.perSecond.toLocaleString("en-US")} messages/s`;
  const of = ({ latenciesMs }: FanOut, share: number) => percentile(latenciesMs, share);
  return rivals.flatMap((rival) =>
    [0.5, 0.95].map((share) =>
      createFigure({
        measure: "rooms",
        name: `fan-out p${share * 100} ${at}`,
        value: of(own, share),
        unit: "ms",
        beside: { name: `${rival.name}, which keeps nothing`, value: of(rival, share) },
        ...(share === 0.95 && { target: ratioAtMost(2) }),
        note: describe(own, rival),
      }),
    ),
  );
}

function describe({ latenciesMs, missing, latestMs, cpuShare }: AtRate, rival: AtRate & { name: string }): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  const lost = (count: number) => (count === 0 ? "none lost" : `${count} lost`);
  const version = { PartyServer: versionOf("partyserver"), Colyseus: versionOf("@colyseus/core") }[rival.name];
  return `${latenciesMs.length.toLocaleString("en-US")} deliveries, ${lost(missing)} (${rival.name} ${version}: ${lost(rival.missing)}); ${processes} processes share a core and use ${percent(cpuShare)} of it (${percent(rival.cpuShare)}); the sender was late by ${latestMs.toFixed(0)} ms at worst (${rival.latestMs.toFixed(0)} ms)`;
}
