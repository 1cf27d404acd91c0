import type { ApiClient } from "../start/apiClient.ts";
import type { SeededNetwork } from "../start/seedNetwork.ts";

/** Whose key the requests carry, and what that caller really has. */
export type Caller = {
  name: string;
  key: string;
  /** What the caller stands on: its organization and the key in use. */
  kept: string[];
  /** Real ids by the ids of the document's examples. */
  examples: Record<string, string>;
  /** Tags of the operations to ask; all where empty. */
  tags: string[];
  /** Its part of the time. */
  share: number;
};

type Me = { organization: { id: string }; member: { id: string } | null; credential: string };
type Listed = { data: { id: string }[] };

/** The number that the document's example ids have, whatever their noun; of a second flow where two are named. */
const exampleNumber = "01jd7p3v2fe1k9wx5m7t8q4z6c";
const secondNumber = "01jd7p3v2fe1k9wx5m7t8q4z6d";

/**
 * An organization of the sample network: it offers and needs, has matches, and makes a programme here. Its key belongs to no
 * person, so there is nobody in it who could be read, changed or erased.
 */
export async function describeSampleCaller(api: ApiClient, seeded: SeededNetwork): Promise<Caller> {
  const key = seeded.keys.asnaes!;
  const { organization, credential } = await api.get<Me>("/v1/me", key);
  const first = async (path: string) => (await api.get<Listed>(path, key)).data[0]!.id;
  return {
    name: "an organization of the sample network",
    key,
    kept: [organization.id, credential],
    examples: byExample(
      [
        organization.id,
        await first(`/v1/sites?limit=1&organizationId=${organization.id}`),
        await first("/v1/matches?limit=1"),
        await first("/v1/audit-entries?limit=1"),
        await makeKey(api, key),
        await makeInvitation(api, key, organization.id),
        await make(api, key, "/v1/programmes", { name: "Kalundborg Symbiosis" }),
        seeded.flowIds["asnaes-steam"]!,
      ],
      seeded.flowIds["statoil-steam-need"]!,
    ),
    tags: [],
    share: 0.85,
  };
}

/** An organization made for the run, by the key of a person in it: the only one, whom it therefore keeps. */
export async function describePersonalCaller(api: ApiClient, operatorKey: string): Promise<Caller> {
  const owner = { name: "Kirsten Holm", email: "kirsten@example.org" };
  const body = { name: "Throw-away", country: "DK", owner };
  const path = "/v1/organizations";
  const { apiKey } = await api.post<{ apiKey: { key: string } }>(path, operatorKey, body, "fuzz-throw-away");
  const { key } = apiKey;
  const { organization, member, credential } = await api.get<Me>("/v1/me", key);
  return {
    name: "a person of a throw-away organization",
    key,
    kept: [organization.id, credential],
    examples: byExample([
      organization.id,
      member!.id,
      await makeKey(api, key),
      await makeInvitation(api, key, organization.id),
    ]),
    tags: ["me", "members", "organizations", "api-keys"],
    share: 0.15,
  };
}

function byExample(ids: string[], secondFlow?: string): Record<string, string> {
  const entries = ids.map((id) => [`${id.split("_")[0]}_${exampleNumber}`, id]);
  if (secondFlow !== undefined) entries.push([`flow_${secondNumber}`, secondFlow]);
  return Object.fromEntries(entries);
}

function makeKey(api: ApiClient, key: string): Promise<string> {
  return make(api, key, "/v1/api-keys", { name: "Example", role: "viewer", scopes: ["flows:read"] });
}

function makeInvitation(api: ApiClient, key: string, organizationId: string): Promise<string> {
  const content = { name: "Jens Lind", email: "jens@example.org" };
  return make(api, key, `/v1/organizations/${organizationId}/invitations`, content);
}

async function make(api: ApiClient, key: string, path: string, content: object): Promise<string> {
  return (await api.post<{ id: string }>(path, key, content, `fuzz-example:${path}`)).id;
}
