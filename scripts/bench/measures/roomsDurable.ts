import { buildComparison } from "../bundles.ts";
import { createFigure, type Figure, ratioAtLeast } from "../figures.ts";
import { readCpuSeconds } from "../machine.ts";
import { measureAcknowledged } from "../rooms/acknowledged.ts";
import type { RoomsOnBench } from "../rooms/roomRows.ts";
import { type Crowd, openCrowd } from "../rooms/sockets.ts";
import { bareTalk, roomObjects, turashTalk } from "../rooms/turash.ts";
import type { Stage } from "../stage.ts";
import { median } from "../statistics.ts";

/** Messages that a room has kept and acknowledged, beside an object that does nothing else. */
export async function measureDurable(stage: Stage, rooms: RoomsOnBench): Promise<Figure[]> {
  const { isQuick, signal } = stage;
  const count = isQuick ? 30 : 200;
  stage.progress(`Durable messages a second: ${count} rooms beside bare Durable Objects ...`);
  const own = await stage.startWorker({
    name: "durable",
    modulePath: stage.bundlePath,
    bindings: stage.bindings,
    objects: roomObjects,
  });
  const bare = await stage.startWorker({
    name: "bareRooms",
    modulePath: await buildComparison("room", stage.folder),
    bindings: {},
    objects: { ROOMS: "BareRoom" },
  });
  const sides = [
    { worker: bare, talk: bareTalk([bare.url]), perSecond: [] as number[], cpuMicroseconds: [] as number[] },
    { worker: own, talk: turashTalk([own.url], rooms), perSecond: [] as number[], cpuMicroseconds: [] as number[] },
  ];
  const crowds: Crowd[] = [];
  try {
    for (const { talk } of sides) crowds.push(await openCrowd(talk, count, 1, signal));
    for (let round = isQuick ? 0 : -1; round < (isQuick ? 1 : 5); round++)
      for (const [index, { worker, talk, perSecond, cpuMicroseconds }] of sides.entries()) {
        const cpuBefore = readCpuSeconds(worker.pid);
        const measured = await measureAcknowledged(crowds[index]!, talk, isQuick ? 1 : 6, signal);
        worker.check();
        // The first is to warm up.
        if (round < 0) continue;
        perSecond.push(measured.perSecond);
        cpuMicroseconds.push(((readCpuSeconds(worker.pid) - cpuBefore) / measured.count) * 1e6);
      }
  } finally {
    for (const crowd of crowds) crowd.close();
    await own.stop();
    await bare.stop();
  }
  const [ofBare, ofOwn] = sides.map(({ perSecond, cpuMicroseconds }) => ({
    perSecond: median(perSecond),
    cpuMicroseconds: median(cpuMicroseconds),
  }));
  const beside = "bare Durable Object, a row and an acknowledgement";
  return [
    createFigure({
      measure: "rooms",
      name: `durable messages over ${count} rooms`,
      value: ofOwn!.perSecond,
      unit: "msg/s",
      beside: { name: beside, value: ofBare!.perSecond },
      target: ratioAtLeast(0.8),
      note: "a socket a room that sends the next when the last is acknowledged; the room tells it each event as well; one commit to disk a message on both sides; rounds in turn, medians",
    }),
    createFigure({
      measure: "rooms",
      name: "CPU of workerd for one such message",
      value: ofOwn!.cpuMicroseconds,
      unit: "us",
      beside: { name: beside, value: ofBare!.cpuMicroseconds },
      note: "user and system time of the process, /proc",
    }),
  ];
}
