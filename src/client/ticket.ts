import { TicketRefused } from "./errors.ts";

/** An API key or a sign-in's token, or what gives one each time that it is needed. */
export type Credential = string | (() => string | Promise<string>);

const timeoutMs = 15_000;

/** A ticket for one socket of a room, fetched with the caller's credential. Errors: `TicketRefused` where asking again is of no use. */
export async function fetchTicket(url: string, matchId: string, credential: Credential): Promise<string> {
  const token = typeof credential === "string" ? credential : await credential();
  const answer = await fetch(`${url}/v1/rooms/${matchId}/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (answer.ok) return ((await answer.json()) as { ticket: string }).ticket;
  const message = `POST /v1/rooms/${matchId}/tickets was answered ${answer.status}: ${await readDetail(answer)}`;
  // 408 and 429 are about the moment; other faults of the caller stay what they are.
  const isFinal = answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429;
  throw isFinal ? new TicketRefused(message) : new Error(message);
}

async function readDetail(answer: Response): Promise<string> {
  const { detail = "" } = (await answer.json().catch(() => ({}))) as { detail?: string };
  return detail;
}
