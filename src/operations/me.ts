import type { Role } from "../domain/actor.ts";
import { notFound } from "../domain/errors.ts";
import type { MemberId } from "../domain/ids.ts";
import type { Organization } from "../domain/organization.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

export type Caller = {
  kind: "member" | "operator";
  organization: Organization | null;
  memberId: MemberId | null;
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
      memberId: null,
      role: null,
      scopes: ["operations"],
      credential: actor.credential,
    };
  const organization = await context.services.organizations.find(context, actor.organizationId);
  if (!organization) throw notFound("organization");
  const { memberId, role, scopes, credential } = actor;
  return { kind: "member", organization, memberId, role, scopes: [...scopes], credential };
}
