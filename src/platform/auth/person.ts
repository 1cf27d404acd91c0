import type { JWTPayload } from "jose";
import { isKeepable } from "../../domain/text.ts";
import type { Person } from "../../stores/records/signIns.ts";

const maximumNameLength = 200;

/** The person whom a token's standard claims name (OpenID Connect Core 1.0, section 5.1). An e-mail counts where it is verified. */
export function readPerson(issuer: string, { sub, email, email_verified, name }: JWTPayload & { sub: string }): Person {
  return {
    issuer,
    subject: sub,
    email: typeof email === "string" && email_verified === true && isKeepable(email) ? email.toLowerCase() : null,
    name: typeof name === "string" ? cutName(name) : null,
  };
}

/** Long names are cut, and what the database cannot keep of one is left out. */
function cutName(name: string): string | null {
  return name.replaceAll("\0", "").slice(0, maximumNameLength).toWellFormed() || null;
}
