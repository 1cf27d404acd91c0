import type { DeliveryAnswer } from "../../domain/webhookDelivery.ts";

export type PostOptions = {
  /** Address of an egress service, which calls whoever the header names; null where requests leave by themselves. */
  egressUrl: string | null;
  deadlineMs?: number;
};

/** Posts one message; whatever happens is an answer, and never thrown. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<Omit<DeliveryAnswer, "at">>;

/** Tells the egress service whom to call. */
const egressTargetHeader = "x-egress-target";
/** Says that an answer is the egress service's own: it could not, or would not, call. */
const egressRefusalHeader = "x-egress-refused";

const defaultDeadlineMs = 10_000;
/** What is read of an answer; the rest is cut off. */
const maximumReadBytes = 8_192;
/** What is kept of it. */
const maximumExcerptLength = 1_000;

export function createPost({ egressUrl, deadlineMs = defaultDeadlineMs }: PostOptions): Post {
  return async (url, headers, body) => {
    const startedAt = Date.now();
    const signal = AbortSignal.timeout(deadlineMs);
    const failed = (error: DeliveryAnswer["error"]) => ({
      status: null,
      durationMs: Date.now() - startedAt,
      error,
      excerpt: null,
    });
    try {
      const response = await fetch(egressUrl ?? url, {
        method: "POST",
        headers: egressUrl === null ? headers : { ...headers, [egressTargetHeader]: url },
        body,
        redirect: "manual",
        signal,
      });
      const excerpt = await readExcerpt(response.body, signal);
      if (egressUrl !== null && response.headers.has(egressRefusalHeader)) return failed("connection_failed");
      const { status } = response;
      const error = status >= 300 && status <= 399 ? "redirected" : null;
      return { status, durationMs: Date.now() - startedAt, error, excerpt };
    } catch {
      return failed(signal.aborted ? "deadline_exceeded" : "connection_failed");
    }
  };
}

/** The beginning of a body, as far as it has come by the deadline. A status that is there counts, whatever its body does. */
async function readExcerpt(body: ReadableStream<Uint8Array> | null, signal: AbortSignal): Promise<string | null> {
  if (!body) return null;
  const reader = body.getReader();
  const ended = new Promise<null>((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  try {
    while (length < maximumReadBytes && !signal.aborted) {
      const chunk = await Promise.race([reader.read(), ended]);
      if (chunk === null || chunk.done) break;
      length += chunk.value.length;
      text += decoder.decode(chunk.value, { stream: true });
    }
  } catch {
    // Cut off on the other side.
  }
  reader.cancel().catch(() => {});
  // jsonb takes neither a zero nor half a pair of surrogates.
  return text === "" ? null : text.slice(0, maximumExcerptLength).replaceAll("\0", "").toWellFormed();
}
