import { NeonDbError } from "@neondatabase/serverless";
import { AppError, conflict, invalid } from "../../domain/errors.ts";
import { maximumWebhooks } from "../../domain/webhook.ts";

/** A conflict without a pointer has no one field at fault. */
type ConstraintRule =
  | { kind: "conflict"; reason: string; pointer?: string; message: string }
  | { kind: "invalid"; pointer: string; message: string };

/** What a violated constraint says to the caller, by the constraint's name in the database. */
const rules: Record<string, ConstraintRule> = {
  organizations_external_id_key: {
    kind: "conflict",
    reason: "external_id_taken",
    pointer: "/externalId",
    message: "another organization has this externalId",
  },
  sites_external_id_key: {
    kind: "conflict",
    reason: "external_id_taken",
    pointer: "/externalId",
    message: "another site has this externalId",
  },
  flows_external_id_key: {
    kind: "conflict",
    reason: "external_id_taken",
    pointer: "/externalId",
    message: "another flow has this externalId",
  },
  flows_reserved_amount_check: {
    kind: "conflict",
    reason: "quantity_reserved",
    pointer: "/quantity/amount",
    message: "agreements have reserved more than this",
  },
  flows_reserved_terms_check: {
    kind: "conflict",
    reason: "quantity_reserved",
    message: "agreements have reserved from this flow, so that its unit, its basis and its direction stay",
  },
  exchange_external_ids_pkey: {
    kind: "conflict",
    reason: "external_id_taken",
    pointer: "/externalId",
    message: "another exchange has this externalId",
  },
  sites_flows_check: {
    kind: "conflict",
    reason: "site_has_flows",
    message: "flows stand on this site; delete or move them first",
  },
  members_email_key: {
    kind: "conflict",
    reason: "email_taken",
    pointer: "/email",
    message: "is a member's of the organization already",
  },
  members_last_owner_check: {
    kind: "conflict",
    reason: "last_owner",
    message: "an organization keeps at least one owner; make another member an owner first",
  },
  webhooks_limit_check: {
    kind: "conflict",
    reason: "webhook_limit",
    message: `an organization has at most ${maximumWebhooks} endpoints; delete one first`,
  },
  flows_site_id_fkey: { kind: "invalid", pointer: "/siteId", message: "your organization has no such site" },
  flows_grade_fkey: { kind: "invalid", pointer: "/grade", message: "the taxonomy has no such grade of this kind" },
  flows_ewc_fkey: { kind: "invalid", pointer: "/codes/ewc", message: "the European list of waste has no such code" },
  sites_footprint_check: {
    kind: "invalid",
    pointer: "/footprint",
    message: "the polygon is not valid: a ring crosses itself or another",
  },
};

/** Names the field behind a violated constraint; any other error comes back as it is. */
export function explainViolation(error: unknown): unknown {
  if (!isViolation(error)) return error;
  const rule = rules[error.constraint ?? ""];
  if (!rule) return new AppError("internal", "The database refused the change.", {}, error);
  const { message } = rule;
  const fieldAt = (pointer: string) => [{ pointer, code: error.constraint ?? "constraint", message }];
  if (rule.kind === "invalid") return invalid(fieldAt(rule.pointer));
  return conflict(rule.reason, message, rule.pointer === undefined ? undefined : fieldAt(rule.pointer));
}

/** Whether the database refused a change by one of its rules (SQLSTATE class 23). */
export function isViolation(error: unknown): error is NeonDbError {
  return error instanceof NeonDbError && (error.code?.startsWith("23") ?? false);
}
