import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { ReceivedMessage } from "../../support/webhookReceiver.ts";

const receiverUrl = (env as unknown as { TEST_RECEIVER_URL: string }).TEST_RECEIVER_URL;

/** A place of the receiver with a behaviour (see test/support/webhookReceiver.ts) that nobody else uses. */
export function placeOf(behaviour: string): string {
  return `${receiverUrl}/${behaviour}/${crypto.randomUUID()}`;
}

/** What came to a place so far. */
export async function receivedAt(place: string): Promise<{ messages: ReceivedMessage[]; sentBytes: number }> {
  return (await fetch(place)).json();
}

/** The messages of a place once there are as many. */
export function waitForMessages(place: string, count: number, timeout = 20_000): Promise<ReceivedMessage[]> {
  return vi.waitFor(
    async () => {
      const { messages } = await receivedAt(place);
      if (messages.length < count) throw new Error(`${messages.length} of ${count} messages came to ${place}`);
      return messages;
    },
    { timeout, interval: 50 },
  );
}
