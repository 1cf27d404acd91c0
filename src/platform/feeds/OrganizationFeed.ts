import { DurableObject } from "cloudflare:workers";
import type { Hint } from "../../domain/liveEvents.ts";
import { maximumHeader, type TicketGrant } from "./feedObjects.ts";

type KeptTicket = { grant: TicketGrant; expiresAt: number };

/** One that has not asked for a sign of life for so long is gone: listeners ask every 20 s. */
const silentMs = 70_000;
const ticketPrefix = "ticket:";

/**
 * Holds, for one organization, the ends of its open streams as WebSockets that let it sleep, and tells them that there is something
 * to read. It knows no event: streams read for themselves, from their own cursors. Besides it keeps tickets until they are used.
 */
export class OrganizationFeed extends DurableObject {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** One more stream; 429 where there are as many as the header says already. */
  override async fetch(request: Request): Promise<Response> {
    const maximum = Number(request.headers.get(maximumHeader));
    if (this.#countListeners() >= maximum) return new Response(null, { status: 429 });
    const { 0: theirs, 1: own } = new WebSocketPair();
    own.serializeAttachment({ openedAt: Date.now() });
    this.ctx.acceptWebSocket(own);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /** Tells every stream; how many there are. */
  async wake(hint: Hint): Promise<number> {
    let told = 0;
    for (const socket of this.ctx.getWebSockets())
      try {
        socket.send(hint);
        told++;
      } catch {
        // It is closing: its stream comes again and looks for itself.
      }
    return told;
  }

  async keepTicket(nonce: string, grant: TicketGrant, expiresAt: number): Promise<void> {
    await this.ctx.storage.put<KeptTicket>(ticketPrefix + nonce, { grant, expiresAt });
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(expiresAt);
  }

  /** What a ticket was given for, once; null for one that is used, over or never was. */
  async takeTicket(nonce: string, at: number): Promise<TicketGrant | null> {
    const kept = await this.ctx.storage.get<KeptTicket>(ticketPrefix + nonce);
    if (!kept || !(await this.ctx.storage.delete(ticketPrefix + nonce))) return null;
    return kept.expiresAt > at ? kept.grant : null;
  }

  /** Forgets tickets that nobody used. */
  override async alarm(): Promise<void> {
    const tickets = await this.ctx.storage.list<KeptTicket>({ prefix: ticketPrefix });
    const now = Date.now();
    let next: number | null = null;
    for (const [name, { expiresAt }] of tickets)
      if (expiresAt <= now) await this.ctx.storage.delete(name);
      else next = Math.min(next ?? expiresAt, expiresAt);
    if (next === null) await this.ctx.storage.deleteAll();
    else await this.ctx.storage.setAlarm(next);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    // Codes that say that no code was given may not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    socket.close(1011);
  }

  /** Those that are there; those that died without a word are let go. */
  #countListeners(): number {
    const now = Date.now();
    let count = 0;
    for (const socket of this.ctx.getWebSockets()) {
      if (socket.readyState !== WebSocket.READY_STATE_OPEN) continue;
      const { openedAt } = socket.deserializeAttachment() as { openedAt: number };
      const heardAt = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? openedAt;
      if (now - heardAt > silentMs) socket.close(1001);
      else count++;
    }
    return count;
  }
}
