import { describe, expect, it } from "vitest";
import { hasRoom, maximumParticipants, maximumSockets } from "../../../src/rooms/capacity.ts";
import type { Participant } from "../../../src/rooms/events.ts";
import { personOf } from "../../support/roomWorld.ts";

const owner = personOf("output", "owner");
const colleague = personOf("output", "editor");
const other = personOf("input", "owner");
const sockets = (person: Participant, count: number) => Array.from({ length: count }, () => person);

describe("room for one more socket", () => {
  const known = Object.fromEntries([owner, colleague, other].map((person) => [person.id, person]));

  it("ends with those that a participant may have, for that one alone", () => {
    const most = maximumSockets.ofParticipant;
    expect(hasRoom(owner, sockets(owner, most - 1), known)).toBe(true);
    expect(hasRoom(owner, sockets(owner, most), known)).toBe(false);
    expect(hasRoom(colleague, sockets(owner, most), known)).toBe(true);
  });

  it("ends with those that an organization may have, for that one alone", () => {
    const most = maximumSockets.ofOrganization;
    expect(hasRoom(owner, sockets(colleague, most - 1), known)).toBe(true);
    expect(hasRoom(owner, sockets(colleague, most), known)).toBe(false);
    expect(hasRoom(other, sockets(colleague, most), known)).toBe(true);
  });

  it("ends with as many participants as an organization may have, for whoever is none of them yet", () => {
    const crowd = (count: number): Record<string, Participant> =>
      Object.fromEntries(Array.from({ length: count }, (_, number) => [`mem_${number}`, colleague]));
    expect(hasRoom(owner, [], crowd(maximumParticipants - 1))).toBe(true);
    expect(hasRoom(owner, [], crowd(maximumParticipants))).toBe(false);
    expect(hasRoom(other, [], crowd(maximumParticipants))).toBe(true);
    expect(hasRoom(owner, [], { ...crowd(maximumParticipants - 1), [owner.id]: owner })).toBe(true);
  });
});
