import { type ApiClient, createApiClient } from "../start/apiClient.ts";
import type { Stack } from "./stack.ts";

/** A match of two new organizations, whose room is open, and the keys of those who are in it: an owner and an editor of each side. */
export type RoomOnTrial = {
  matchId: string;
  owners: { output: string; input: string };
  members: string[];
};

type Created = { id: string; apiKey: { key: string } };

/** Makes `count` rooms, each of organizations of its own, a degree apart so that no flow meets another's. */
export async function createRooms(stack: Stack, count: number, signal: AbortSignal): Promise<RoomOnTrial[]> {
  const api = createApiClient(stack.url, signal);
  const rooms: RoomOnTrial[] = [];
  for (let number = 0; number < count; number++) rooms.push(await createRoom(api, stack.operatorKey, number));
  return rooms;
}

async function createRoom(api: ApiClient, operatorKey: string, number: number): Promise<RoomOnTrial> {
  const position = [-150 + (number % 300), -50 + Math.floor(number / 300)] as const;
  const output = await createSide(api, operatorKey, `Works ${number}`, [position[0], position[1]], {
    direction: "output",
    quality: { temperature: { value: 200, unit: "Cel" } },
  });
  const input = await createSide(api, operatorKey, `Brewery ${number}`, [position[0], position[1] + 0.009], {
    direction: "input",
    quality: { temperature: { minimum: 140, unit: "Cel" } },
  });
  const { data } = await api.get<{ data: { matchId: string }[] }>(`/v1/flows/${input.flowId}/matches`, input.owner);
  const matchId = data[0]?.matchId;
  if (!matchId) throw new Error(`the flows of room ${number} do not match`);
  for (const { owner } of [output, input])
    await api.post(`/v1/matches/${matchId}/interest`, owner, {}, crypto.randomUUID());
  return {
    matchId,
    owners: { output: output.owner, input: input.owner },
    members: [output.owner, output.editor, input.owner, input.editor],
  };
}

async function createSide(
  api: ApiClient,
  operatorKey: string,
  name: string,
  coordinates: readonly [number, number],
  content: { direction: "output" | "input"; quality: object },
): Promise<{ owner: string; editor: string; flowId: string }> {
  const post = <Answer>(path: string, key: string, body: object) =>
    api.post<Answer>(path, key, body, crypto.randomUUID());
  const { apiKey } = await post<Created>("/v1/organizations", operatorKey, { name, country: "DK" });
  const owner = apiKey.key;
  const site = await post<Created>("/v1/sites", owner, {
    name,
    location: { type: "Point", coordinates },
    timeZone: "Europe/Copenhagen",
    country: "DK",
  });
  const flow = await post<Created>("/v1/flows", owner, {
    siteId: site.id,
    kind: "steam",
    title: name,
    quantity: { amount: 10_000, unit: "t/a" },
    visibility: "public",
    ...content,
  });
  const { key } = await post<{ key: string }>("/v1/api-keys", owner, {
    name: "Editor",
    role: "editor",
    scopes: ["matches:read", "rooms:join"],
  });
  return { owner, editor: key, flowId: flow.id };
}
