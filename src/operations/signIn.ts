import { type MemberActor, type SignInCredential, scopesOfRole } from "../domain/actor.ts";
import { createId, idFromUuid } from "../domain/ids.ts";
import type { Person, SignIn, SignInStore } from "../stores/records/signIns.ts";
import type { RequestContext } from "./context.ts";

type Arrival = Pick<RequestContext, "at" | "requestId" | "traceparent" | "addressHash">;

/**
 * The member whom a person is. Somebody who has never been here becomes one where an invitation is open to the verified
 * e-mail, or a member of that e-mail whom nobody has signed in as; else null.
 */
export async function signIn(
  signIns: SignInStore,
  person: Person,
  credential: SignInCredential,
  arrival: Arrival,
): Promise<MemberActor | null> {
  const found = await signIns.find(person, arrival.at);
  if (found === null) return null;
  if ("memberId" in found) return actorOf(found, credential);
  const memberId = found.kind === "invitation" ? createId("member") : idFromUuid("member", found.memberUuid);
  const actor = actorOf({ ...found, memberId }, credential);
  const stamp = { ...arrival, actor, idempotency: null };
  const joined =
    found.kind === "invitation"
      ? await signIns.accept(stamp, person, found.invitationUuid, memberId)
      : await signIns.claim(stamp, person, found.memberUuid);
  if (joined !== null) return { ...actor, memberId: joined };
  // Another request of the same person was quicker, or the invitation has just ended.
  const again = await signIns.find(person, arrival.at);
  return again !== null && "memberId" in again ? actorOf(again, credential) : null;
}

/** The same member again, later, by the sign-in that was verified before; null where the member or the organization is no more. */
export async function signInAgain(
  signIns: SignInStore,
  { organizationId, memberId, credential }: MemberActor,
): Promise<MemberActor | null> {
  if (memberId === null || !isSignIn(credential)) return null;
  const found = await signIns.findMember(organizationId, memberId);
  return found && actorOf(found, credential);
}

function isSignIn(credential: MemberActor["credential"]): credential is SignInCredential {
  return credential.startsWith("sign_in:");
}

function actorOf({ organizationId, memberId, role }: SignIn, credential: SignInCredential): MemberActor {
  return { kind: "member", organizationId, memberId, role, scopes: scopesOfRole(role), credential };
}
