import { execFile, fork } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { StartProblem } from "../../start/problem.ts";
import { bundleForWorkerd } from "../bundles.ts";
import { pinTo } from "../machine.ts";
import { openSocket, type Talk } from "./sockets.ts";

const execute = promisify(execFile);
const folder = join(import.meta.dirname, "../rivals");

/** A server of a rival's beside the product. */
export type RivalServer = { url: string; pid: number; stop(): Promise<void> };

/** Installs the rivals where they are not, or not as their lockfile has them: they are no part of the product. */
export async function installRivals(report: (line: string) => void): Promise<void> {
  const versions = (lockfile: string): Record<string, string> => {
    const path = join(folder, lockfile);
    if (!existsSync(path)) return {};
    const { packages } = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, { version?: string }> };
    return Object.fromEntries(Object.entries(packages).map(([name, { version }]) => [name, version ?? ""]));
  };
  const present = versions("node_modules/.package-lock.json");
  const wanted = versions("package-lock.json");
  const names = Object.keys(readManifest()).map((name) => `node_modules/${name}`);
  if (names.every((name) => wanted[name] !== undefined && present[name] === wanted[name])) return;
  report("Installing PartyServer and Colyseus (once) ...");
  await execute("npm", ["ci", "--legacy-peer-deps", "--loglevel=error"], { cwd: folder });
}

function readManifest(): Record<string, string> {
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: Record<string, string> })
    .dependencies;
}

export function versionOf(name: string): string {
  return readManifest()[name]!;
}

export function buildParty(outputFolder: string): Promise<string> {
  return bundleForWorkerd(join(folder, "party.mjs"), join(outputFolder, "party.js"));
}

/** A Colyseus server in a Node of its own. */
export async function startColyseus(cores: string | null): Promise<RivalServer> {
  const child = fork(join(folder, "colyseus.mjs"), { stdio: ["ignore", "ignore", "inherit", "ipc"], detached: true });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    if (child.connected) child.disconnect();
    await ended;
  };
  const port = await Promise.race([
    new Promise<number>((resolve) => child.once("message", (message) => resolve((message as { port: number }).port))),
    ended.then(() => {
      throw new StartProblem("Colyseus does not start");
    }),
  ]);
  pinTo(cores, child.pid!);
  return { url: `http://127.0.0.1:${port}`, pid: child.pid!, stop };
}

export function partyTalk(urls: readonly string[]): Talk {
  return {
    name: "PartyServer",
    enter: (room) =>
      openSocket(`${urls[room % urls.length]!.replace("http", "ws")}/parties/talk/${room}`, [], {
        hello: null,
        isWelcome: null,
      }),
    write: (text) => text,
    ping: null,
  };
}

/** Numbers of Colyseus's protocol. */
const joinRoom = 10;
const roomData = 13;
/** MessagePack of a text of less than 32 bytes: its length in one byte, and the text. */
const shortText = (text: string) => Buffer.concat([Buffer.from([0xa0 | text.length]), Buffer.from(text, "latin1")]);
const messageHead = Buffer.concat([Buffer.from([roomData]), shortText("m")]);

/** Its own protocol, as its client speaks it: a place that is reserved over HTTP, and taken by the socket. */
export function colyseusTalk(urls: readonly string[]): Talk {
  return {
    name: "Colyseus",
    async enter(room) {
      const url = urls[room % urls.length]!;
      const answer = await fetch(`${url}/matchmake/joinOrCreate/talk`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ number: room }),
      });
      if (!answer.ok) throw new Error(`a place was answered ${answer.status}`);
      const { processId, roomId, sessionId } = (await answer.json()) as Record<string, string>;
      const socket = await openSocket(
        `${url.replace("http", "ws")}/${processId}/${roomId}?sessionId=${sessionId}`,
        [],
        {
          hello: null,
          isWelcome: (frame) => frame[0] === joinRoom,
        },
      );
      socket.send(Buffer.from([joinRoom]));
      return socket;
    },
    write: (text) => Buffer.concat([messageHead, shortText(text)]),
    ping: null,
  };
}
