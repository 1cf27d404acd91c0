import { createId, uuidOf } from "../../../src/domain/ids.ts";
import { type Json, succeed } from "./client.ts";
import { query } from "./database.ts";
import { createPair, createTenant, type Pair, type Tenant } from "./tenants.ts";

/** A programme that these organizations have joined, written beside the API; run by an organization of its own. */
export async function joinProgramme(...tenants: Tenant[]): Promise<{ facilitator: Tenant }> {
  const facilitator = await createTenant({ name: "Programme office" });
  const id = uuidOf(createId("programme"));
  await query(
    "INSERT INTO programmes (id, organization_id, name, created_at, updated_at) VALUES ($1, $2, 'Symbiosis', now(), now())",
    id,
    uuidOf(facilitator.id),
  );
  for (const tenant of tenants)
    await query(
      "INSERT INTO programme_participants (programme_id, organization_id, state, invited_at, joined_at) VALUES ($1, $2, 'joined', now(), now())",
      id,
      uuidOf(tenant.id),
    );
  return { facilitator };
}

/** A programme that an organization facilitates, made through the API. */
export async function createProgramme(facilitator: Tenant, content: object = {}): Promise<Json> {
  return succeed(201, "POST", "/v1/programmes", { key: facilitator.key, body: { name: "Symbiosis", ...content } });
}

/** Invites an organization; its participation. */
export async function inviteTo(programme: Json, facilitator: Tenant, organizationId: string): Promise<Json> {
  const options = { key: facilitator.key, body: { organizationId } };
  return succeed(201, "POST", `/v1/programmes/${programme.id}/invitations`, options);
}

/** Invites an organization and lets it join; its participation. */
export async function joinAs(
  tenant: Tenant,
  programme: Json,
  facilitator: Tenant,
  content: object = {},
): Promise<Json> {
  await inviteTo(programme, facilitator, tenant.id);
  return succeed(200, "POST", `/v1/programmes/${programme.id}/join`, { key: tenant.key, body: content });
}

export type IntroducedPair = Pair & { facilitator: Tenant; programme: Json; introduction: Json };

/** Two that match and take part in a programme, letting its facilitators introduce them; and what such a one would send. */
export async function createIntroducedPair(need: object = {}): Promise<IntroducedPair> {
  const facilitator = await createTenant({ name: "Programme office" });
  const programme = await createProgramme(facilitator);
  const pair = await createPair({ visibility: "network" }, need);
  for (const side of [pair.seller, pair.buyer])
    await joinAs(side, programme, facilitator, { sharesWithFacilitators: true });
  const introduction = { outputFlowId: pair.output.id, inputFlowId: pair.input.id, note: "You share a fence" };
  return { ...pair, facilitator, programme, introduction };
}
