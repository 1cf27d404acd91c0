import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { type CloudEvent, type EventMessage, type TurashEvent, toMessage } from "../../../src/domain/event.ts";
import { createId, uuidOf } from "../../../src/domain/ids.ts";
import { type Consumption, consume, type Delivery, keepUnsettled } from "../../../src/events/consume.ts";

const at = new Date("2026-11-27T12:00:00Z");

function event(): TurashEvent {
  const organizationIds = [createId("organization")];
  const subject = createId("flow");
  return {
    id: createId("event"),
    type: "turash.flow.updated",
    subject,
    time: at.toISOString(),
    data: { version: 2 },
    organizationIds,
    traceparent: null,
  };
}

/** A message and what became of it. */
function deliver(body: unknown, attempts = 1): Delivery & { became: string } {
  return {
    body,
    attempts,
    became: "nothing",
    ack() {
      this.became = "acknowledged";
    },
    retry({ delaySeconds }) {
      this.became = `again in ${delaySeconds} s`;
    },
  };
}

/** A consumer over records that only note what they are told. */
function createConsumer(handle: Consumption["handle"], { isDatabaseAway = false } = {}) {
  const noted: unknown[] = [];
  const lines: Record<string, unknown>[] = [];
  const note = async (entry: unknown) => {
    if (isDatabaseAway) throw new AppError("unavailable", "The database did not answer.");
    noted.push(entry);
  };
  const consumption: Consumption = {
    consumer: "graph",
    handle,
    outbox: {
      complete: (_, ids) => note({ done: ids }),
      bury: (_, burials) => note({ buried: burials }),
      buryMessage: (_, { message, code }) => note({ kept: message, code }),
    },
    at,
    random: () => 1,
    log: (line) => lines.push(line),
  };
  return { consumption, noted, lines };
}

const changed = (message: EventMessage, change: Partial<Record<keyof CloudEvent, unknown>>) => ({
  ...message,
  event: { ...message.event, ...change },
});

describe("a batch of a consumer's queue", () => {
  it("is dealt with at once, noted as done, and then acknowledged", async () => {
    const events = [event(), event(), event()];
    const seen: (readonly TurashEvent[])[] = [];
    const { consumption, noted } = createConsumer(async (batch) => void seen.push(batch));
    const deliveries = events.map((each) => deliver(toMessage(each)));
    await consume(deliveries, consumption);
    expect(seen).toEqual([events]);
    expect(noted).toEqual([{ done: events.map(({ id }) => id) }]);
    expect(deliveries.map(({ became }) => became)).toEqual(Array(3).fill("acknowledged"));
  });

  it("loses only the poisoned one", async () => {
    const [good, bad, better] = [event(), event(), event()];
    const { consumption, noted, lines } = createConsumer(async (batch) => {
      if (batch.some(({ id }) => id === bad.id)) throw new AppError("invalid", "It cannot be drawn.");
    });
    const deliveries = [good, bad, better].map((each) => deliver(toMessage(each)));
    await consume(deliveries, consumption);
    expect(noted).toEqual([
      { done: [good.id, better.id] },
      { buried: [{ eventUuid: uuidOf(bad.id), code: "invalid", error: "AppError: It cannot be drawn.", attempts: 1 }] },
    ]);
    expect(deliveries.map(({ became }) => became)).toEqual(Array(3).fill("acknowledged"));
    expect(lines).toEqual([expect.objectContaining({ level: "error", eventId: bad.id, consumer: "graph" })]);
  });

  it("comes again whole, and is not tried one by one, where something else is away", async () => {
    let tries = 0;
    const { consumption, noted } = createConsumer(async () => {
      tries++;
      throw new AppError("unavailable", "The graph did not answer.");
    });
    const deliveries = [event(), event(), event()].map((each) => deliver(toMessage(each)));
    await consume(deliveries, consumption);
    expect(tries).toBe(1);
    expect(noted).toEqual([]);
    expect(deliveries.map(({ became }) => became)).toEqual(Array(3).fill("again in 2 s"));
  });

  it("is left to the outbox where that lasts", async () => {
    const { consumption, noted } = createConsumer(async () => {
      throw new AppError("unavailable", "The graph did not answer.");
    });
    const delivery = deliver(toMessage(event()), 8);
    await consume([delivery], consumption);
    expect(noted).toEqual([]);
    expect(delivery.became).toBe("acknowledged");
  });

  it("is not acknowledged where what became of it cannot be kept", async () => {
    for (const handle of [async () => {}, () => Promise.reject(new AppError("invalid", "It cannot be drawn."))]) {
      const { consumption } = createConsumer(handle, { isDatabaseAway: true });
      const deliveries = [deliver(toMessage(event())), deliver("not JSON")];
      await consume(deliveries, consumption);
      expect(deliveries.map(({ became }) => became)).toEqual(Array(2).fill("again in 2 s"));
    }
  });
});

describe("a message that is none of ours", () => {
  const ours = event();
  const message = toMessage(ours);
  it.each([
    ["no JSON", "{half", "malformed", null],
    ["another shape", { event: 1 }, "malformed", null],
    ["nothing", null, "malformed", null],
    ["a type that nobody knows", changed(message, { type: "turash.flow.exploded" }), "unknown_type", ours.id],
    ["a name of JavaScript's own", changed(message, { type: "constructor" }), "unknown_type", ours.id],
    [
      "a version that nobody knows",
      changed(message, { dataschema: `${message.event.dataschema.slice(0, -1)}2` }),
      "unknown_version",
      ours.id,
    ],
    ["data of another shape", changed(message, { data: { version: "two" } }), "malformed", ours.id],
    ["no subject", changed(message, { subject: undefined }), "malformed", ours.id],
  ])("is kept with its reason and told in the log, and never comes again: %s", async (_, body, code, eventId) => {
    const { consumption, noted, lines } = createConsumer(() => Promise.reject(new Error("it was handled")));
    const delivery = deliver(body);
    await consume([delivery], consumption);
    expect(delivery.became).toBe("acknowledged");
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(noted).toEqual([
      eventId
        ? { buried: [expect.objectContaining({ eventUuid: uuidOf(eventId), code, attempts: 1 })] }
        : { kept: text, code },
    ]);
    expect(lines).toEqual([expect.objectContaining({ level: "error", event: "message_refused", code, eventId })]);
  });

  it("is kept where its consumer never settled it", async () => {
    const { consumption, noted } = createConsumer(async () => {});
    const deliveries = [deliver(message, 13), deliver("x", 13)];
    await keepUnsettled(deliveries, consumption);
    expect(noted).toEqual([
      { buried: [expect.objectContaining({ eventUuid: uuidOf(ours.id), code: "undeliverable", attempts: 13 })] },
      { kept: "x", code: "undeliverable" },
    ]);
    expect(deliveries.map(({ became }) => became)).toEqual(["acknowledged", "acknowledged"]);
  });
});
