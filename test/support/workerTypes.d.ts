/** Of the Workers' runtime, what Node's types do not have and sources name that scripts and tests in Node import. */
interface Env {
  ASSETS?: { fetch(request: Request): Promise<Response> };
}

interface ResponseInit {
  webSocket?: WebSocket | null;
}

interface Response {
  readonly webSocket?: WebSocket | null;
}

interface WebSocket {
  accept(): void;
}

declare class WebSocketPair {
  0: WebSocket;
  1: WebSocket;
}

interface CacheStorage {
  readonly default: Cache;
}
