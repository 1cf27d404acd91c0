import { Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { eventTypes } from "../../src/domain/eventCatalogue.ts";
import type { OpenRequest } from "../../src/operations/context.ts";
import { createIsolateMemory } from "../../src/platform/cache/isolateMemory.ts";
import { limitSettingsSchema } from "../../src/platform/limits/settings.ts";
import { closeCodes } from "../../src/rooms/closeCodes.ts";
import { commandSchemas, serverFrameSchemas } from "../../src/rooms/protocol.ts";
import { personOf, RoomUnderTest, terms } from "../support/roomWorld.ts";

/** The parser takes seconds for a document of this size, and more where other suites run beside it. */
const parserTimeout = { timeout: 90_000 };

type Json = ReturnType<typeof JSON.parse>;

let answer: Response;
let text: string;
let document: Json;
let ajv: Ajv;

beforeAll(async () => {
  const { answers } = createIsolateMemory(null, limitSettingsSchema.parse({}));
  const app = createApp(
    () => ({ answers, limits: [], admit: () => null, databaseTrips: () => 0 }) as unknown as OpenRequest,
    () => ({ corsOrigins: [], logRequests: "none" }),
  );
  const waiting = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  answer = await app.request("/asyncapi.json", {}, {}, waiting);
  text = await answer.text();
  document = JSON.parse(text);
  ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "document");
});

/** What is wrong with a payload by a message of a channel, as the document has it. */
function faultsOf(channel: string, message: string, payload: unknown): Json[] {
  const validate = ajv.compile({ $ref: `document#/channels/${channel}/messages/${message}/payload` });
  validate(JSON.parse(JSON.stringify(payload)));
  return validate.errors ?? [];
}

describe("the AsyncAPI document", () => {
  it("is of version 3 and passes AsyncAPI's own parser without an error or a warning", parserTimeout, async () => {
    const { document: parsed, diagnostics } = await new Parser().parse(text);

    expect(diagnostics).toEqual([]);
    expect(parsed!.version()).toBe("3.1.0");
    expect(
      parsed!
        .channels()
        .all()
        .map((channel) => channel.id()),
    ).toEqual(["room", "events", "webhooks"]);
  });

  it("would not pass with references that lead nowhere", parserTimeout, async () => {
    const spoiled = { ...document, components: { schemas: {} } };
    expect((await new Parser().parse(JSON.stringify(spoiled))).diagnostics.length).toBeGreaterThan(0);
  });

  it("may be kept by anyone for five minutes", () => {
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    expect(answer.headers.get("etag")).toMatch(/^".+"$/);
  });

  it("has every frame of the room, every event, and every close code", () => {
    const { room, webhooks } = document.channels;
    const names = Object.keys(room.messages);
    for (const type of [...Object.keys(commandSchemas), "hello", "seen", "typing", "presence.set"])
      expect(names).toContain(type);
    for (const type of Object.keys(serverFrameSchemas))
      expect(names).toContain(type === "typing" ? "typing.sent" : type);
    expect(Object.keys(webhooks.messages)).toEqual(eventTypes);
    for (const { code } of Object.values(closeCodes)) expect(room.description).toContain(String(code));
    expect(document.operations["room.command"].messages).toHaveLength(Object.keys(commandSchemas).length);
  });

  it("lets through what a client may leave out and a room sends, and nothing besides", () => {
    const room = new RoomUnderTest();
    const offer = {
      terms: { quantity: terms().quantity, price: terms().price, from: "2027-01-01" },
      validUntil: room.in(60),
    };
    const propose = { type: "offer.propose", clientMessageId: "1", ...offer };
    expect(faultsOf("room", "offer.propose", propose)).toEqual([]);
    expect(faultsOf("room", "offer.propose", { ...propose, colour: "red" })).not.toEqual([]);
    room.send(personOf("output", "owner"), { type: "offer.propose", terms: terms(), validUntil: room.in(60) });
    const { events, state } = room;
    for (const event of events) expect(faultsOf("room", "event", { type: "event", event })).toEqual([]);
    const member = personOf("output", "owner");
    const welcome = { type: "welcome", epoch: "e", member, head: state.head, state };
    expect(faultsOf("room", "welcome", welcome)).toEqual([]);
    expect(faultsOf("room", "welcome", { ...welcome, state: { ...state, phase: "asleep" } })).not.toEqual([]);
  });

  it("tells events of each type apart", () => {
    const event = {
      specversion: "1.0",
      id: "evt_01jd7p3v2fe1k9wx5m7t8q4z6c",
      source: "urn:turash:api",
      type: "turash.match.agreed",
      subject: "match_01jd7p3v2fe1k9wx5m7t8q4z6c",
      time: "2026-11-27T12:00:00.000Z",
      datacontenttype: "application/json",
      dataschema: "urn:turash:event:turash.match.agreed:1",
      data: { version: 3, round: 1 },
    };
    expect(faultsOf("webhooks", "turash.match.agreed", event)).toEqual([]);
    expect(faultsOf("webhooks", "turash.match.agreed", { ...event, data: { version: 3 } })).not.toEqual([]);
    expect(faultsOf("webhooks", "turash.match.declined", event)).not.toEqual([]);
    const frame = { type: "event", cursor: "MS5iZTYx", event };
    expect(faultsOf("events", "event", frame)).toEqual([]);
    expect(faultsOf("events", "event", { ...frame, event: { ...event, data: {} } })).not.toEqual([]);
  });
});
