import { env } from "cloudflare:workers";
import { vi } from "vitest";

export const sqlAddress: string = (env as unknown as Record<string, string>).DATABASE_FETCH_ENDPOINT!;

/** How another host answers; null leaves the question to it. */
type Answering = (url: string, init: RequestInit) => Response | Promise<Response> | null;

/**
 * Stands between the Worker and every other host until mocks are restored: gives what is asked for, and answers in their place.
 * It follows redirects as the platform would, unless the Worker forbids it.
 */
export function interceptOutbound(answer: Answering = () => null): string[] {
  const asked: string[] = [];
  const pass = globalThis.fetch.bind(globalThis);
  const ask = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = input instanceof Request ? input.url : String(input);
    asked.push(url);
    const given = await (answer(url, init) ?? pass(input as RequestInfo, init));
    const target = given.headers.get("location");
    const isFollowed = target !== null && given.status >= 300 && given.status < 400 && init.redirect !== "manual";
    return isFollowed ? ask(new URL(target, url), init) : given;
  };
  vi.spyOn(globalThis, "fetch").mockImplementation(ask as typeof fetch);
  return asked;
}

/** An answer that begins and then stops coming, until whoever waits for it gives up. */
export function stall({ signal }: RequestInit): Response {
  return new Response(
    new ReadableStream({
      start: (controller) => signal?.addEventListener("abort", () => controller.error(signal.reason)),
      pull: () => new Promise(() => {}),
    }),
  );
}
