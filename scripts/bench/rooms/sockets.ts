import { type ClientOptions, WebSocket } from "ws";

/** A socket of somebody in a room, and what it hears; whoever loads it listens. */
export type CrowdSocket = { room: number; socket: WebSocket; hear: (frame: Buffer) => void };

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

const openedAtOnce = 40;
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
): Promise<CrowdSocket[]> {
  const crowd: CrowdSocket[] = [];
  let next = 0;
  const work = async () => {
    while (next < rooms * members) {
      signal.throwIfAborted();
      const index = next++;
      const room = first + (index % rooms);
      const socket = await talk.enter(room, Math.floor(index / rooms));
      const one: CrowdSocket = { room, socket, hear: () => {} };
      socket.on("message", (frame: Buffer) => one.hear(frame));
      crowd.push(one);
    }
  };
  try {
    await Promise.all(Array.from({ length: openedAtOnce }, work));
    return crowd;
  } catch (error) {
    closeCrowd(crowd);
    throw error;
  }
}

export function groupByRoom(crowd: readonly CrowdSocket[]): Map<number, CrowdSocket[]> {
  return Map.groupBy(crowd, ({ room }) => room);
}

export function closeCrowd(crowd: readonly CrowdSocket[]): void {
  for (const { socket } of crowd) socket.terminate();
}
