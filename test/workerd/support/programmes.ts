import { createId, uuidOf } from "../../../src/domain/ids.ts";
import { query } from "./database.ts";
import { createTenant, type Tenant } from "./tenants.ts";

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
