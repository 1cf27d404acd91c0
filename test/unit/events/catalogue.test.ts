import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseEventRow, parseMessage, toMessage } from "../../../src/domain/event.ts";
import { eventCatalogue, eventTypes } from "../../../src/domain/eventCatalogue.ts";

const root = join(import.meta.dirname, "../../..");
const written = ["src/{stores,operations,rooms}/**/*.ts", "drizzle/*.sql"]
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .flatMap((path) => readFileSync(join(root, path), "utf8").match(/\bturash\.[a-z_]+\.[a-z_]+\b/g) ?? [])
  // Settings of the database are named alike.
  .filter((type) => !type.startsWith("turash.retention"));

describe("the catalogue of events", () => {
  it("has every type that a statement writes, and no type that none does", () => {
    expect(eventTypes.toSorted()).toEqual([...new Set(written)].toSorted());
  });

  it("names for each the noun that the type begins with, but for invitations", () => {
    const nouns: Record<string, string> = { api_key: "apiKey", dead_letter: "deadLetter" };
    for (const [type, { subject }] of Object.entries(eventCatalogue)) {
      const word = type.split(".")[1]!;
      const isInvitation = /^turash\.member\.(un)?invited$/.test(type);
      if (subject !== null) expect(subject, type).toBe(isInvitation ? "invitation" : (nouns[word] ?? word));
    }
  });

  it("carries an event through a queue unchanged", () => {
    const event = parseEventRow({
      id: crypto.randomUUID(),
      type: "turash.match.interested",
      subjectId: crypto.randomUUID(),
      organizationIds: [crypto.randomUUID(), crypto.randomUUID()],
      time: "2026-11-27T13:00:00+01:00",
      data: { version: 3, state: "interested_both", round: 1 },
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    });
    expect(event.time).toBe("2026-11-27T12:00:00.000Z");
    expect(event.subject).toMatch(/^match_/);
    expect(parseMessage(JSON.parse(JSON.stringify(toMessage(event))))).toEqual(event);
  });

  it("shows others an event as CloudEvents 1.0 has it, without who may see it", () => {
    const organization = crypto.randomUUID();
    const { event } = toMessage(
      parseEventRow({
        id: crypto.randomUUID(),
        type: "turash.flow.created",
        subjectId: crypto.randomUUID(),
        organizationIds: [organization],
        time: "2026-11-27T12:00:00Z",
        data: { version: 1 },
        traceparent: null,
      }),
    );
    expect(Object.keys(event)).toEqual([
      "specversion",
      "id",
      "source",
      "type",
      "subject",
      "time",
      "datacontenttype",
      "dataschema",
      "data",
    ]);
    expect(event.dataschema).toBe("urn:turash:event:turash.flow.created:1");
    expect(JSON.stringify(event)).not.toContain("org_");
  });
});
