import { AppError } from "../../domain/errors.ts";
import { type FeedHolder, type Hint, hints as knownHints } from "../../domain/liveEvents.ts";
import type { Hints } from "../../operations/eventStream.ts";
import { type FeedObjects, maximumHeader } from "./feedObjects.ts";

const pingMs = 20_000;
const silentMs = 45_000;
const firstDelayMs = 500;
const maximumDelayMs = 15_000;

/**
 * Joins the streams that an object holds, and joins again when it is lost (evicted for good, moved, deployed anew). Where there are no
 * objects, or this one does not answer, no hints come. Errors: `rate_limited` where it holds as many as it may.
 */
export async function joinFeed(
  objects: FeedObjects | undefined,
  holder: FeedHolder,
  maximumListeners: number,
): Promise<Hints> {
  if (!objects) return { take() {}, isConnected: false, close() {} };
  let receive: (hint: Hint) => void = () => {};
  let socket: WebSocket | null = null;
  let heardAt = 0;
  let isClosed = false;
  let delayMs = firstDelayMs;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const connect = async (): Promise<"joined" | "full" | "away"> => {
    try {
      const headers = { upgrade: "websocket", [maximumHeader]: String(maximumListeners) };
      const answer = await objects.getByName(holder).fetch("https://feed/", { headers });
      if (answer.status === 429) return "full";
      const joined = answer.webSocket;
      if (!joined) return "away";
      adopt(joined);
      return "joined";
    } catch (error) {
      console.warn(JSON.stringify({ level: "warn", event: "feed_away", holder, cause: String(error) }));
      return "away";
    }
  };

  const adopt = (joined: WebSocket) => {
    joined.accept();
    if (isClosed) return joined.close(1000);
    socket = joined;
    heardAt = Date.now();
    delayMs = firstDelayMs;
    const lose = () => {
      if (socket !== joined) return;
      socket = null;
      // Whatever comes meanwhile is looked for, not heard.
      receive("look");
      reconnectLater();
    };
    joined.addEventListener("message", ({ data }) => {
      heardAt = Date.now();
      const hint = knownHints.find((known) => known === data);
      if (hint) receive(hint);
    });
    joined.addEventListener("close", lose);
    joined.addEventListener("error", lose);
  };

  const reconnectLater = () => {
    if (isClosed) return;
    retry = setTimeout(async () => {
      if (isClosed) return;
      if ((await connect()) === "joined") receive("look");
      else reconnectLater();
    }, delayMs);
    delayMs = Math.min(delayMs * 2, maximumDelayMs);
  };

  const timer = setInterval(() => {
    if (!socket) return;
    if (Date.now() - heardAt > silentMs) {
      const silent = socket;
      socket = null;
      closeQuietly(silent);
      receive("look");
      reconnectLater();
    } else socket.send("ping");
  }, pingMs);

  const outcome = await connect();
  if (outcome === "full") {
    clearInterval(timer);
    throw new AppError(
      "rate_limited",
      `There are ${maximumListeners} streams open already; close one, or read GET /v1/events.`,
      { reason: "too_many_listeners", retryAfterSeconds: 10 },
    );
  }
  if (outcome === "away") reconnectLater();
  return {
    take(listener) {
      receive = listener;
    },
    get isConnected() {
      return socket !== null;
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      clearTimeout(retry);
      if (socket) closeQuietly(socket);
      socket = null;
    },
  };
}

function closeQuietly(socket: WebSocket): void {
  try {
    socket.close(1000);
  } catch {
    // It is closed.
  }
}
