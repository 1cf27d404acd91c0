import type { StoresUnderTest } from "./storesUnderTest.ts";

/** Values by column, each an SQL expression. */
export type SampleRow = Record<string, string>;

/** Identifiers of the sample rows: easy to tell apart in a failure. */
export const sampleIds = {
  acme: uuid("a"),
  borealis: uuid("b"),
  acmeMember: uuid("a1"),
  borealisMember: uuid("b1"),
  acmeKey: uuid("a2"),
  acmeSite: uuid("a3"),
  borealisSite: uuid("b3"),
  acmeFlow: uuid("a4"),
  borealisFlow: uuid("b4"),
  match: uuid("c"),
  programme: uuid("d"),
  invitation: uuid("a5"),
  exchange: uuid("e"),
  deadEvent: uuid("f"),
  webhook: uuid("a6"),
};

function uuid(end: string): string {
  return `018f4d6e-7b3a-7cc0-8000-${end.padStart(12, "0")}`;
}

/** What every table of the graph needs. */
const held = {
  generation: "(SELECT min(id) FROM graph_generations)",
  id: "gen_random_uuid()::text",
  version: "1",
  is_gone: "false",
  hash: "7",
};
const text = (value: string) => `'${value}'`;
const now = { created_at: "now()", updated_at: "now()" };
const digest = (character: string) => `decode(repeat('${character}', 64), 'hex')`;

/** A row of each table that all its rules accept; its keys are new at each insert. */
export const sampleRows = {
  organizations: { id: "gen_random_uuid()", name: "'Works'", country: "'DK'", ...now },
  members: {
    id: "gen_random_uuid()",
    organization_id: text(sampleIds.acme),
    email: "gen_random_uuid() || '@acme.example'",
    name: "'Kim'",
    role: "'editor'",
    ...now,
  },
  invitations: {
    id: "gen_random_uuid()",
    organization_id: text(sampleIds.acme),
    email: "gen_random_uuid() || '@acme.example'",
    name: "'Ingrid'",
    role: "'viewer'",
    expires_at: "now() + interval '1 day'",
    ...now,
  },
  api_keys: {
    id: "gen_random_uuid()",
    organization_id: text(sampleIds.acme),
    name: "'Key'",
    digest: "decode(replace(gen_random_uuid()::text || gen_random_uuid(), '-', ''), 'hex')",
    hint: "'abcd'",
    role: "'owner'",
    scopes: "'{flows:read}'",
    created_at: "now()",
  },
  sites: {
    id: "gen_random_uuid()",
    organization_id: text(sampleIds.acme),
    name: "'Works'",
    location: "'SRID=4326;POINT(11.09 55.67)'",
    cell: "'871f05833ffffff'",
    cell_location: "'SRID=4326;POINT(11.09 55.67)'",
    cell_radius_meters: "1400",
    time_zone: "'Europe/Copenhagen'",
    country: "'DK'",
    ...now,
  },
  grades: { slug: "'heat_new'", kind: "'heat'", parent: "'heat'", name: "'New'", content: "'{}'" },
  substitutions: { output: "'heat'", input: "'steam'", quality_factor: "0.5", content: "'{}'" },
  ewc_codes: { code: "'999999'" },
  ewc_entries: {
    code: "'010101'",
    applies_from: "'1999-01-01'",
    edition: "'none'",
    entry: "'AN'",
    chapter: "''",
    sub_chapter: "''",
    description: "'x'",
    mirror_codes: "'{}'",
  },
  flows: {
    id: "gen_random_uuid()",
    organization_id: text(sampleIds.acme),
    site_id: text(sampleIds.acmeSite),
    direction: "'output'",
    kind: "'heat'",
    grade: "'heat'",
    title: "'Warm water'",
    legal_status: "'product'",
    codes: "'{}'",
    quantity_amount: "100",
    quantity_unit: "'t/a'",
    quantity_basis: "'rate'",
    quality: "'{}'",
    availability: "'{}'",
    economics: "'{}'",
    constraints: "'{}'",
    precision: `'{"level": "measured"}'`,
    status: "'active'",
    visibility: "'public'",
    dimension: "'mass/year'",
    canonical_amount: "100000",
    months_mask: "4095",
    ...now,
  },
  matches: {
    id: "gen_random_uuid()",
    output_flow_id: text(sampleIds.acmeFlow),
    input_flow_id: text(sampleIds.borealisFlow),
    output_organization_id: text(sampleIds.acme),
    input_organization_id: text(sampleIds.borealis),
    state: "'suggested'",
    score: "0.5",
    evaluation: "'{}'",
    output_view: "'{}'",
    input_view: "'{}'",
    output_flow_version: "1",
    input_flow_version: "1",
    history: "'[]'",
    ...now,
  },
  exchanges: {
    id: "gen_random_uuid()",
    origin: "'recorded'",
    output_flow_id: text(sampleIds.acmeFlow),
    input_flow_id: text(sampleIds.borealisFlow),
    output_organization_id: text(sampleIds.acme),
    input_organization_id: text(sampleIds.borealis),
    state: "'active'",
    quantity_amount: "5",
    quantity_unit: "'t/a'",
    reserves: "true",
    recorded_by: "'operator'",
    output_confirmed_at: "now()",
    input_confirmed_at: "now()",
    history: "'[]'",
    ...now,
  },
  exchange_external_ids: {
    owner_id: "gen_random_uuid()",
    external_id: "'contract-7'",
    exchange_id: text(sampleIds.exchange),
  },
  match_refreshes: { flow_id: text(sampleIds.acmeFlow), due_at: "now()", is_urgent: "true" },
  programmes: { id: "gen_random_uuid()", organization_id: text(sampleIds.acme), name: "'Symbiosis'", ...now },
  programme_participants: {
    programme_id: text(sampleIds.programme),
    organization_id: text(sampleIds.borealis),
    state: "'invited'",
    invited_at: "now()",
  },
  outbox: {
    id: "gen_random_uuid()",
    type: "'turash.flow.created'",
    subject_id: "gen_random_uuid()",
    organization_ids: "'{}'",
    data: "'{}'",
    occurred_at: "now()",
  },
  dead_letters: {
    id: "gen_random_uuid()",
    consumer: "'graph'",
    event_id: "gen_random_uuid()",
    code: "'internal'",
    error: "'Error: it failed'",
    attempts: "8",
    died_at: "now()",
  },
  event_log: { id: "true" },
  event_audience: {
    organization_id: text(sampleIds.acme),
    xid: "'1'",
    sequence: "1",
    event_id: "gen_random_uuid()",
    type: "'turash.flow.created'",
  },
  webhooks: {
    id: "gen_random_uuid()",
    organization_id: text(sampleIds.acme),
    scopes: "'{flows:read}'",
    url: "'https://erp.example/hooks'",
    events: "'{turash.*}'",
    secret: "decode(repeat('5', 120), 'hex')",
    ...now,
  },
  webhook_deliveries: {
    id: "gen_random_uuid()",
    webhook_id: text(sampleIds.webhook),
    event_id: "gen_random_uuid()",
    type: "'turash.flow.created'",
    body: "'{}'",
    status: "'pending'",
    due_at: "now()",
    created_at: "now()",
  },
  audit_entries: {
    id: "gen_random_uuid()",
    organization_id: text(sampleIds.acme),
    actor: "'member'",
    credential: "'key'",
    action: "'flow.create'",
    patch: "'[]'",
    request_id: "'r'",
    occurred_at: "now()",
  },
  audit_chains: {
    chain_id: "gen_random_uuid()",
    number: "0",
    link: "decode(repeat('0', 64), 'hex')",
    pruned_link: "decode(repeat('0', 64), 'hex')",
  },
  audit_sealing: { id: "true", xid: "'0'", sequence: "0" },
  audit_seals: {
    chain_id: text(sampleIds.acme),
    number: "1",
    entry_id: "gen_random_uuid()",
    fixed_digest: digest("1"),
    origin_digest: digest("2"),
    patch_digest: digest("3"),
    link: digest("4"),
    sealed_at: "now()",
  },
  graph_generations: { state: "'retired'", since: "now()" },
  graph_organizations: { ...held, name: "'Works'", country: "'DK'", programme_ids: "'{}'", facilitator_ids: "'{}'" },
  graph_sites: {
    ...held,
    organization_id: "'org_1'",
    name: "'Works'",
    longitude: "11.09",
    latitude: "55.67",
    cell: "'871f05833ffffff'",
    cell_longitude: "11.1",
    cell_latitude: "55.6",
    cell_radius_meters: "1400",
  },
  graph_flows: {
    ...held,
    organization_id: "'org_1'",
    site_id: "'site_1'",
    direction: "'output'",
    kind: "'heat'",
    grade: "'heat'",
    title: "'Warm water'",
    status: "'active'",
    visibility: "'public'",
  },
  graph_grades: { ...held, kind: "'heat'" },
  graph_matches: {
    ...held,
    output_flow_id: "'flow_1'",
    input_flow_id: "'flow_2'",
    is_open: "false",
    score: "0.5",
    output_score: "0.5",
    input_score: "0.5",
    others_score: "0.5",
  },
  graph_exchanges: {
    ...held,
    output_flow_id: "'flow_1'",
    input_flow_id: "'flow_2'",
    amount: "5",
    unit: "'t/a'",
    visibility: "'public'",
  },
  graph_tasks: { name: "'rebuild'", state: "'running'", progress: "'{}'", started_at: "now()", updated_at: "now()" },
  cache_tags: { tag: "'flows:' || gen_random_uuid()", version: "1" },
  idempotency_records: {
    scope: "'s'",
    key: "gen_random_uuid()::text",
    request_hash: digest("a"),
    answer: "'[]'",
    created_at: "now()",
    expires_at: "now()",
  },
} satisfies Record<string, SampleRow>;

export type SampleTable = keyof typeof sampleRows;

/** What makes the sample exchange one that the sample match agreed on. */
const agreed = { origin: "'agreed'", match_id: text(sampleIds.match), round: "1" };

/** `INSERT` of a sample row with some of its values changed. */
export function insertSample(table: SampleTable, changes: SampleRow = {}): string {
  const row = { ...sampleRows[table], ...changes };
  return `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).join(", ")})`;
}

/** Two organizations with a member, a site and a flow each, and the match of their flows with its exchange. */
export async function writeSamples({ script }: Pick<StoresUnderTest, "script">): Promise<void> {
  const { acme, borealis } = sampleIds;
  const ofBorealis = { organization_id: text(borealis) };
  const statements = [
    insertSample("organizations", { id: text(acme), external_id: "'acme'" }),
    insertSample("organizations", { id: text(borealis), external_id: "'borealis'" }),
    insertSample("members", {
      id: text(sampleIds.acmeMember),
      email: "'kim@acme.example'",
      issuer: "'https://id.example'",
      subject: "'kim'",
    }),
    insertSample("members", { id: text(sampleIds.borealisMember), ...ofBorealis }),
    insertSample("api_keys", { id: text(sampleIds.acmeKey), digest: digest("a") }),
    insertSample("sites", { id: text(sampleIds.acmeSite), external_id: "'works'" }),
    insertSample("sites", {
      id: text(sampleIds.borealisSite),
      ...ofBorealis,
      location: "'SRID=4326;POINT(12.5 55.7)'",
    }),
    insertSample("flows", { id: text(sampleIds.acmeFlow), external_id: "'heat'" }),
    insertSample("flows", {
      id: text(sampleIds.borealisFlow),
      site_id: text(sampleIds.borealisSite),
      ...ofBorealis,
      direction: "'input'",
    }),
    insertSample("matches", { id: text(sampleIds.match) }),
    insertSample("exchanges", { id: text(sampleIds.exchange) }),
    insertSample("exchange_external_ids", { owner_id: text(acme) }),
    insertSample("exchanges", { ...agreed, recorded_by: "NULL" }),
    insertSample("programmes", { id: text(sampleIds.programme) }),
    insertSample("programme_participants", { organization_id: text(acme) }),
    insertSample("invitations", { id: text(sampleIds.invitation), email: "'ingrid@acme.example'" }),
    insertSample("webhooks", { id: text(sampleIds.webhook) }),
    insertSample("webhook_deliveries", { event_id: text(sampleIds.acme) }),
    insertSample("audit_chains", { chain_id: text(acme) }),
    insertSample("audit_seals", { number: "7", entry_id: text(sampleIds.acme) }),
    insertSample("idempotency_records", { key: "'k'" }),
    insertSample("dead_letters", { event_id: text(sampleIds.deadEvent) }),
  ];
  await script(statements.join(";\n"));
}
