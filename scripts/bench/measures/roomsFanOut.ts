import type { BareWorker } from "../bareWorker.ts";
import { buildComparison } from "../bundles.ts";
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
import { bareTalk, roomObjects, turashTalk } from "../rooms/turash.ts";
import type { Stage } from "../stage.ts";
import { percentile } from "../statistics.ts";

const processes = 2;
const membersPerRoom = 4;
const versions: Readonly<Record<string, string>> = {
  PartyServer: versionOf("partyserver"),
  Colyseus: versionOf("@colyseus/core"),
};

type Server = BareWorker | RivalServer;
type Side = { talk: (urls: readonly string[]) => Talk; start(number: number): Promise<Server> };
type AtRate = FanOut & { perSecond: number; cpuShare: number };
type Measured = { name: string; rates: AtRate[] };

/**
 * What a message takes from one member to all of its room, in many rooms at once; beside rooms of others that keep nothing, and
 * beside a bare object that keeps it.
 */
export async function measureFanOuts(stage: Stage, rooms: RoomsOnBench): Promise<Figure[]> {
  await installRivals(stage.progress);
  const party = await buildParty(stage.folder);
  const bare = await buildComparison("room", stage.folder);
  const core = stage.cores.all;
  const startWorker = (name: string, modulePath: string, bindings: Stage["bindings"], objects: Stage["bindings"]) =>
    stage.startWorker({ name, modulePath, bindings, objects, core });
  const own: Side = {
    talk: (urls) => turashTalk(urls, rooms),
    start: (number) => startWorker(`fanOut${number}`, stage.bundlePath, stage.bindings, roomObjects),
  };
  const rivals: Side[] = [
    { talk: partyTalk, start: (number) => startWorker(`party${number}`, party, {}, { Talk: "Talk" }) },
    { talk: colyseusTalk, start: () => startColyseus(core) },
  ];
  const keeping: Side = {
    talk: bareTalk,
    start: (number) => startWorker(`telling${number}`, bare, { TELLS: "everybody" }, { ROOMS: "BareRoom" }),
  };
  const measured: Measured[] = [];
  for (const side of [own, keeping, ...rivals]) measured.push(await measureSide(stage, side, rooms.matchIds.length));
  const [ofOwn, ...others] = measured;
  return ofOwn!.rates.flatMap((rate, index) =>
    others.flatMap(({ name, rates }) => toFigures(rate, name, rates[index]!)),
  );
}

async function measureSide(stage: Stage, side: Side, count: number): Promise<Measured> {
  const { signal, isQuick, progress } = stage;
  const servers: Server[] = [];
  try {
    while (servers.length < processes) servers.push(await side.start(servers.length));
    const talk = side.talk(servers.map(({ url }) => url));
    progress(`Fan-out: opening ${(count * membersPerRoom).toLocaleString("en-US")} sockets of ${talk.name} ...`);
    const crowd = await openCrowd(talk, count, membersPerRoom, signal);
    try {
      const rates: AtRate[] = [];
      for (const perSecond of isQuick ? [200] : [500, 2_000]) {
        progress(`Fan-out: ${talk.name} at ${perSecond.toLocaleString("en-US")} messages/s ...`);
        // Every room has been spoken in once, so that none still sleeps.
        await measureFanOut(crowd, talk, {
          perSecond,
          seconds: Math.max(isQuick ? 0.3 : 3, count / perSecond),
          signal,
        });
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

function toFigures(own: AtRate, name: string, other: AtRate): Figure[] {
  const isRival = name in versions;
  const beside = isRival ? `${name} ${versions[name]}, which keeps nothing` : `${name} that keeps a row`;
  return [0.5, 0.95].map((share) =>
    createFigure({
      measure: "rooms",
      name: `fan-out p${share * 100} at ${own.perSecond.toLocaleString("en-US")} messages/s`,
      value: percentile(own.latenciesMs, share),
      unit: "ms",
      beside: { name: beside, value: percentile(other.latenciesMs, share) },
      ...(isRival && share === 0.95 && { target: ratioAtMost(2) }),
      note: `${own.latenciesMs.length.toLocaleString("en-US")} deliveries; ${describe(own)}; ${name}: ${describe(other)}`,
    }),
  );
}

function describe({ missing, latestMs, cpuShare }: AtRate): string {
  const lost = missing === 0 ? "" : `${missing} lost, `;
  return `${lost}${(cpuShare * 100).toFixed(0)} % of a core in ${processes} processes, sender late by ${latestMs.toFixed(0)} ms at worst`;
}
