import type { Role } from "../domain/actor.ts";
import { notFound } from "../domain/errors.ts";
import type { Member } from "../domain/member.ts";
import type { Organization } from "../domain/organization.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

export type Caller = {
  kind: "member" | "device" | "operator";
  organization: Organization | null;
  /** The person whose credential it is; null for a key of the organization itself. */
  member: Omit<Member, "organizationId"> | null;
  role: Role | null;
  scopes: string[];
  credential: string;
};

export async function describeCaller(context: RequestContext): Promise<Caller> {
  const { actor } = context;
  authorize(actor, "getMe");
  if (actor.kind === "operator")
    return {
      kind: "operator",
      organization: null,
      member: null,
      role: null,
      scopes: ["operations"],
      credential: actor.credential,
    };
  const found = await context.services.organizations.findCaller(actor);
  if (!found) throw notFound("organization");
  const { kind, scopes, credential } = actor;
  const role = kind === "member" ? actor.role : null;
  return {
    kind,
    organization: found.organization,
    member: found.member && withoutOrganization(found.member),
    role,
    scopes: [...scopes],
    credential,
  };
}

function withoutOrganization({ organizationId: _, ...member }: Member): Omit<Member, "organizationId"> {
  return member;
}
