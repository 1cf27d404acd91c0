import { type ClientOptions, WebSocket } from "ws";

/** A socket of somebody in a room, and what it hears; whoever loads it listens. */
export type CrowdSocket = { room: number; socket: WebSocket; hear: (frame: Buffer) => void };

export type Crowd = { sockets: readonly CrowdSocket[]; close(): void };

/** How to come into a room, and how to talk there. */
export type Talk = {
  name: string;
  /** Opens the socket of a member of a room; it is in once its first frame has come, or at once where that is null. */
  enter(room: number, member: number): Promise<WebSocket>;
  /** A message with a text in it. */
  write(text: string): string | Buffer;
  /** What keeps a silent socket from being closed; null where nothing closes one. */
  ping: string | null;
};

const openedAtOnce = 16;
const pingEveryMs = 30_000;
const pingTurns = 300;
const openDeadlineMs = 30_000;
const options: ClientOptions = { perMessageDeflate: false, skipUTF8Validation: true };

/** A socket that has been opened and, where a frame says that it is in, has heard it. */
export function openSocket(
  url: string,
  protocols: string[],
  { hello, isWelcome }: { hello: string | null; isWelcome: ((frame: Buffer) => boolean) | null },
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    const timer = setTimeout(() => fail(new Error(`a socket does not open: ${url.split("?")[0]}`)), openDeadlineMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.terminate();
      reject(error);
    };
    const settle = () => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => {});
      resolve(socket);
    };
    socket.once("error", fail);
    socket.once("close", (code, reason) => fail(new Error(`a socket was closed with ${code} ${reason}`)));
    socket.once("open", () => {
      if (hello !== null) socket.send(hello);
      if (isWelcome === null) settle();
    });
    if (isWelcome !== null)
      socket.on("message", (frame: Buffer) => {
        if (isWelcome(frame)) settle();
      });
  });
}

/** Opens `members` sockets in each of some rooms, from room `first` on, some at once. */
export async function openCrowd(
  talk: Talk,
  rooms: number,
  members: number,
  signal: AbortSignal,
  first = 0,
): Promise<Crowd> {
  const sockets: CrowdSocket[] = [];
  const pinger = talk.ping === null ? undefined : keepPinging(sockets, talk.ping);
  const close = () => {
    clearInterval(pinger);
    for (const { socket } of sockets) socket.terminate();
  };
  let next = 0;
  const work = async () => {
    while (next < rooms * members) {
      signal.throwIfAborted();
      const index = next++;
      const room = first + (index % rooms);
      const socket = await talk.enter(room, Math.floor(index / rooms));
      const one: CrowdSocket = { room, socket, hear: () => {} };
      socket.on("message", (frame: Buffer) => one.hear(frame));
      sockets.push(one);
    }
  };
  // Each to its end, so that none opens a socket behind the close.
  const results = await Promise.allSettled(Array.from({ length: openedAtOnce }, work));
  const failed = results.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (!failed) return { sockets, close };
  close();
  throw failed.reason;
}

/** Asks for a sign of life over each socket now and then, as clients do; not over all at once. */
function keepPinging(sockets: readonly CrowdSocket[], ping: string): NodeJS.Timeout {
  let turn = 0;
  return setInterval(() => {
    for (let index = turn; index < sockets.length; index += pingTurns) sockets[index]!.socket.send(ping, () => {});
    turn = (turn + 1) % pingTurns;
  }, pingEveryMs / pingTurns);
}
