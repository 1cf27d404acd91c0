import type { WebSocket } from "ws";
import { createFigure, type Figure } from "../figures.ts";
import { readMemory } from "../machine.ts";
import type { RoomsOnBench } from "../rooms/roomRows.ts";
import { type Crowd, openCrowd } from "../rooms/sockets.ts";
import { resume, roomObjects, turashTalk } from "../rooms/turash.ts";
import type { Stage } from "../stage.ts";
import { percentile } from "../statistics.ts";

const membersPerRoom = 4;
const warmRooms = 20;
/** As many as a member may say at once. */
const missedEvents = 50;

/** What rooms and their sockets hold in memory, and how soon they are back after a kill. */
export async function measureMemoryAndResume(stage: Stage, rooms: RoomsOnBench): Promise<Figure[]> {
  const { isQuick, signal, progress } = stage;
  const count = isQuick ? 40 : 500;
  const start = () =>
    stage.startWorker({
      name: "resume",
      modulePath: stage.bundlePath,
      bindings: stage.bindings,
      objects: roomObjects,
    });
  let worker = await start();
  const crowds: Crowd[] = [];
  const memory: number[] = [];
  const resumedMs: number[] = [];
  try {
    progress(`Memory of ${count.toLocaleString("en-US")} rooms ...`);
    const talk = turashTalk([worker.url], rooms);
    // Some rooms first, so that what is made once is there.
    crowds.push(await openCrowd(talk, warmRooms, membersPerRoom, signal));
    memory.push(readMemory(worker.pid).residentMb);
    for (const members of [1, membersPerRoom - 1]) {
      crowds.push(await openCrowd(talk, count, members, signal, warmRooms));
      memory.push(readMemory(worker.pid).residentMb);
    }
    for (let kill = 0; kill < (isQuick ? 1 : 5); kill++) {
      progress(`Back after a kill: ${kill + 1} ...`);
      const socket = await turashTalk([worker.url], rooms).enter(kill, 0);
      const head = await say(socket, missedEvents);
      await worker.stop();
      socket.terminate();
      const begun = performance.now();
      worker = await start();
      const back = await resume(worker.url, rooms, { room: kill, member: 1, lastSeq: head - missedEvents, head });
      resumedMs.push(performance.now() - begun);
      back.terminate();
    }
    for (const crowd of crowds.splice(0)) crowd.close();
    const begun = performance.now();
    crowds.push(await openCrowd(turashTalk([worker.url], rooms), count, membersPerRoom, signal, warmRooms));
    return toFigures(count, memory, resumedMs, (performance.now() - begun) / 1_000);
  } finally {
    for (const crowd of crowds) crowd.close();
    await worker.stop();
  }
}

/** Says so much, and waits until all is acknowledged: gives the number of the last event. */
function say(socket: WebSocket, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let acknowledged = 0;
    socket.once("close", (code) => reject(new Error(`a socket was closed with ${code}`)));
    socket.on("message", (frame: Buffer) => {
      const { type, seq } = JSON.parse(frame.toString()) as { type: string; seq?: number };
      if (type === "error") reject(new Error(frame.toString()));
      else if (type === "ack" && ++acknowledged === count) resolve(seq!);
    });
    for (let number = 0; number < count; number++)
      socket.send(`{"type":"chat.send","clientMessageId":"${crypto.randomUUID()}","text":"message ${number}"}`);
  });
}

function toFigures(
  count: number,
  memory: readonly number[],
  resumedMs: readonly number[],
  allSeconds: number,
): Figure[] {
  const [before, withOne, withAll] = memory as [number, number, number];
  const socketKb = ((withAll - withOne) * 1_000) / (count * (membersPerRoom - 1));
  const rooms = count.toLocaleString("en-US");
  const sockets = (count * membersPerRoom).toLocaleString("en-US");
  const figure = (name: string, value: number, unit: string, note: string) =>
    createFigure({ measure: "rooms", name, value, unit, note });
  return [
    figure(
      "memory of a socket",
      socketKb,
      "kB",
      `resident memory of workerd with ${sockets} sockets in ${rooms} rooms, less that with one in each`,
    ),
    figure(
      "memory of a room",
      ((withOne - before) * 1_000) / count - socketKb,
      "kB",
      `the same with ${rooms} rooms of one socket, less that before and that of the sockets; with its database and its part in the tickets`,
    ),
    figure(
      "back in a room after a kill",
      percentile(resumedMs, 0.5),
      "ms",
      `p50 of ${resumedMs.length}, at worst ${percentile(resumedMs, 1).toFixed(0)} ms: from starting workerd anew on the same disk until a member that resumes has its welcome and ${missedEvents} events that it had missed, with a new ticket`,
    ),
    figure(
      "all back in all rooms after a kill",
      allSeconds,
      "s",
      `${sockets} sockets of ${rooms} rooms, each by a ticket, some at once`,
    ),
  ];
}
