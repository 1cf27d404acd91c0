import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample, type SampleRow, type SampleTable, sampleIds, writeSamples } from "../support/sampleRows.ts";
import { openStoresUnderTest, refusalOf, type StoresUnderTest } from "../support/storesUnderTest.ts";

const id = (name: keyof typeof sampleIds) => `'${sampleIds[name]}'`;
const nobody = { organization_id: "gen_random_uuid()" };
const square = (ring: string) => `'SRID=4326;POLYGON((${ring}))'`;
const interested = (output: boolean, input: boolean) => ({
  output_interested: String(output),
  input_interested: String(input),
});

/** A flow pair that has no match yet. */
const reversed = {
  output_flow_id: id("borealisFlow"),
  output_organization_id: id("borealis"),
  input_flow_id: id("acmeFlow"),
  input_organization_id: id("acme"),
};

/** What makes the sample exchange one that the sample match agreed on. */
const agreed = { origin: "'agreed'", match_id: id("match"), round: "1", recorded_by: "NULL" };

/** The rule, the table, and what makes a row that else is right break it. */
const rules: [rule: string, table: SampleTable, changes: SampleRow][] = [
  ["organizations_external_id_check", "organizations", { external_id: "'two words'" }],
  ["organizations_external_id_check", "organizations", { external_id: "repeat('x', 129)" }],
  ["organizations_name_check", "organizations", { name: "''" }],
  ["organizations_country_check", "organizations", { country: "'Denmark'" }],
  ["organizations_nace_check", "organizations", { nace: "'20.134'" }],
  ["organizations_exchanges_completed_check", "organizations", { exchanges_completed: "-1" }],
  ["organizations_version_check", "organizations", { version: "0" }],
  ["organizations_external_id_key", "organizations", { external_id: "'acme'" }],

  ["members_organization_id_fkey", "members", nobody],
  ["members_email_check", "members", { email: "'Kim@acme.example'" }],
  ["members_email_check", "members", { email: "'acme.example'" }],
  ["members_name_check", "members", { name: "repeat('x', 201)" }],
  ["members_role_check", "members", { role: "'admin'" }],
  ["members_subject_check", "members", { issuer: "'https://id.example'" }],
  ["members_version_check", "members", { version: "0" }],
  ["members_email_key", "members", { email: "'kim@acme.example'" }],
  ["members_subject_key", "members", { issuer: "'https://id.example'", subject: "'kim'" }],

  ["members_erased_check", "members", { erased_at: "now()" }],

  ["invitations_organization_id_fkey", "invitations", nobody],
  ["invitations_member_id_fkey", "invitations", { member_id: id("borealisMember"), accepted_at: "now()" }],
  ["invitations_email_check", "invitations", { email: "'Ingrid@acme.example'" }],
  ["invitations_name_check", "invitations", { name: "''" }],
  ["invitations_role_check", "invitations", { role: "'admin'" }],
  ["invitations_expires_at_check", "invitations", { expires_at: "now()" }],
  ["invitations_accepted_check", "invitations", { accepted_at: "now()" }],
  ["invitations_version_check", "invitations", { version: "0" }],
  ["invitations_open_key", "invitations", { email: "'ingrid@acme.example'" }],

  ["audit_entries_erased_check", "audit_entries", { patch: "NULL" }],
  ["audit_chains_number_check", "audit_chains", { pruned_number: "1" }],
  ["audit_chains_link_check", "audit_chains", { link: "''" }],
  ["audit_sealing_id_check", "audit_sealing", { id: "false" }],
  ["audit_seals_chain_id_fkey", "audit_seals", { chain_id: "gen_random_uuid()" }],
  ["audit_seals_entry_id_key", "audit_seals", { entry_id: id("acme") }],
  ["audit_seals_digests_check", "audit_seals", { link: "''" }],

  ["api_keys_organization_id_fkey", "api_keys", nobody],
  ["api_keys_member_id_fkey", "api_keys", { member_id: id("borealisMember") }],
  ["api_keys_name_check", "api_keys", { name: "''" }],
  ["api_keys_digest_check", "api_keys", { digest: "decode(repeat('a', 62), 'hex')" }],
  ["api_keys_digest_key", "api_keys", { digest: "decode(repeat('a', 64), 'hex')" }],
  ["api_keys_hint_check", "api_keys", { hint: "'abcde'" }],
  ["api_keys_role_check", "api_keys", { role: "'operator'" }],
  ["api_keys_scopes_check", "api_keys", { scopes: "'{}'" }],
  ["api_keys_scopes_check", "api_keys", { scopes: "'{flows:read,operations}'" }],
  ["api_keys_expires_at_check", "api_keys", { expires_at: "now()" }],
  ["api_keys_flow_ids_check", "api_keys", { flow_ids: "'{}'", scopes: "'{measurements:write}'" }],
  ["api_keys_flow_ids_check", "api_keys", { flow_ids: "ARRAY[gen_random_uuid()]" }],
  ["api_keys_rotated_to_fkey", "api_keys", { rotated_to: "gen_random_uuid()" }],
  ["api_keys_version_check", "api_keys", { version: "0" }],

  ["programmes_organization_id_fkey", "programmes", nobody],
  ["programmes_name_check", "programmes", { name: "''" }],
  ["programmes_description_check", "programmes", { description: "repeat('x', 4001)" }],
  ["programmes_version_check", "programmes", { version: "0" }],
  ["programme_participants_programme_id_fkey", "programme_participants", { programme_id: "gen_random_uuid()" }],
  ["programme_participants_state_check", "programme_participants", { state: "'joined'" }],
  ["programme_participants_state_check", "programme_participants", { state: "'asked'" }],
  ["programme_participants_state_check", "programme_participants", { shares_with_facilitators: "true" }],
  ["programme_participants_version_check", "programme_participants", { version: "0" }],

  ["sites_organization_id_fkey", "sites", nobody],
  ["sites_external_id_check", "sites", { external_id: "''" }],
  ["sites_external_id_key", "sites", { external_id: "'works'" }],
  ["sites_name_check", "sites", { name: "''" }],
  ["sites_cell_check", "sites", { cell: "NULL" }],
  ["sites_cell_check", "sites", { cell: "'Kalundborg'" }],
  ["sites_cell_check", "sites", { cell_location: "NULL" }],
  ["sites_cell_check", "sites", { cell_radius_meters: "1601" }],
  ["sites_footprint_check", "sites", { footprint: square("0 0, 2 2, 2 0, 0 2, 0 0") }],
  ["sites_time_zone_check", "sites", { time_zone: "''" }],
  ["sites_country_check", "sites", { country: "'dk'" }],
  ["sites_nace_check", "sites", { nace: "'x'" }],
  ["sites_address_check", "sites", { address: "'[]'" }],
  ["sites_version_check", "sites", { version: "0" }],

  ["outbox_awaiting_check", "outbox", { awaiting: "'{nobody}'" }],
  ["outbox_sends_check", "outbox", { sends: "-1" }],
  ["event_log_id_check", "event_log", { id: "false" }],
  ["event_audience_event_id_fkey", "event_audience", {}],
  ["dead_letters_consumer_check", "dead_letters", { consumer: "'nobody'" }],
  ["dead_letters_message_check", "dead_letters", { message: "'x'" }],
  ["dead_letters_message_check", "dead_letters", { event_id: "NULL" }],
  ["dead_letters_event_key", "dead_letters", { event_id: id("deadEvent") }],
  ["dead_letters_attempts_check", "dead_letters", { attempts: "-1" }],
  ["dead_letters_version_check", "dead_letters", { version: "0" }],

  ["matches_least_score_check", "matches", { ...reversed, least_score: "1.1" }],
  ["matches_gates_check", "matches", { ...reversed, gates: "'[]'" }],
  ["match_refreshes_flow_id_fkey", "match_refreshes", { flow_id: "gen_random_uuid()" }],
  ["match_refreshes_answered_check", "match_refreshes", { answered: "2" }],
  ["match_refreshes_attempts_check", "match_refreshes", { attempts: "-1" }],
  ["match_refreshes_floor_score_check", "match_refreshes", { floor_score: "2" }],
  ["match_refreshes_computed_check", "match_refreshes", { computed_at: "now()" }],
  ["webhooks_organization_id_fkey", "webhooks", nobody],
  ["webhooks_member_id_fkey", "webhooks", { member_id: id("borealisMember") }],
  ["webhooks_scopes_check", "webhooks", { scopes: "'{}'" }],
  ["webhooks_url_check", "webhooks", { url: "'ftp://erp.example'" }],
  ["webhooks_url_check", "webhooks", { url: "'https://' || repeat('x', 2000)" }],
  ["webhooks_description_check", "webhooks", { description: "''" }],
  ["webhooks_events_check", "webhooks", { events: "'{}'" }],
  ["webhooks_disabled_check", "webhooks", { enabled: "false" }],
  ["webhooks_disabled_check", "webhooks", { disabled_reason: "'owner'" }],
  ["webhooks_disabled_check", "webhooks", { enabled: "false", disabled_at: "now()", disabled_reason: "'mood'" }],
  ["webhooks_secret_check", "webhooks", { secret: "NULL" }],
  ["webhooks_secret_check", "webhooks", { secret: "'whsec'" }],
  ["webhooks_secret_check", "webhooks", { deleted_at: "now()" }],
  ["webhooks_previous_secret_check", "webhooks", { previous_secret_ends_at: "now()" }],
  ["webhooks_version_check", "webhooks", { version: "0" }],
  ["webhook_deliveries_webhook_id_fkey", "webhook_deliveries", { webhook_id: "gen_random_uuid()" }],
  ["webhook_deliveries_event_key", "webhook_deliveries", { event_id: id("acme") }],
  ["webhook_deliveries_status_check", "webhook_deliveries", { status: "'lost'", due_at: "NULL" }],
  ["webhook_deliveries_due_at_check", "webhook_deliveries", { due_at: "NULL" }],
  ["webhook_deliveries_due_at_check", "webhook_deliveries", { status: "'failed'" }],
  ["webhook_deliveries_attempts_check", "webhook_deliveries", { attempts: "-1" }],
  ["webhook_deliveries_answers_check", "webhook_deliveries", { answers: "'{}'" }],

  ["grades_slug_check", "grades", { slug: "'Heat'" }],
  ["grades_kind_check", "grades", { kind: "'light'", parent: "'light'" }],
  ["grades_root_check", "grades", { parent: "NULL" }],
  ["grades_parent_fkey", "grades", { parent: "'nothing'" }],
  ["grades_parent_fkey", "grades", { parent: "'steam'" }],
  ["grades_content_check", "grades", { content: "'[]'" }],
  ["substitutions_output_fkey", "substitutions", { output: "'nothing'" }],
  ["substitutions_input_fkey", "substitutions", { input: "'nothing'" }],
  ["substitutions_quality_factor_check", "substitutions", { quality_factor: "1.01" }],
  ["substitutions_quality_factor_check", "substitutions", { quality_factor: "'NaN'" }],
  ["substitutions_different_check", "substitutions", { input: "'heat'" }],
  ["ewc_codes_code_check", "ewc_codes", { code: "'01 01 01'" }],
  ["ewc_entries_code_fkey", "ewc_entries", { code: "'999998'" }],
  ["ewc_entries_entry_check", "ewc_entries", { entry: "'XX'" }],
  ["ewc_entries_description_check", "ewc_entries", { description: "''" }],

  // The trigger that gives a flow its site's place speaks in the key's name.
  ["flows_site_id_fkey", "flows", { site_id: id("borealisSite") }],
  ["flows_site_id_fkey", "flows", { organization_id: id("borealis") }],
  ["flows_grade_fkey", "flows", { kind: "'steam'" }],
  ["flows_grade_fkey", "flows", { grade: "'nothing'" }],
  ["flows_ewc_fkey", "flows", { ewc: "'999998'" }],
  ["flows_external_id_check", "flows", { external_id: "'ünique'" }],
  ["flows_external_id_key", "flows", { external_id: "'heat'" }],
  ["flows_direction_check", "flows", { direction: "'both'" }],
  ["flows_title_check", "flows", { title: "''" }],
  ["flows_notes_check", "flows", { notes: "repeat('x', 4001)" }],
  ["flows_legal_status_check", "flows", { legal_status: "'rubbish'" }],
  ["flows_hs_check", "flows", { hs: "'252'" }],
  ["flows_codes_check", "flows", { codes: "'null'" }],
  ["flows_quantity_amount_check", "flows", { quantity_amount: "0" }],
  ["flows_quantity_amount_check", "flows", { quantity_amount: "'Infinity'" }],
  ["flows_quantity_amount_check", "flows", { quantity_amount: "'NaN'" }],
  ["flows_quantity_unit_check", "flows", { quantity_unit: "''" }],
  ["flows_quantity_basis_check", "flows", { quantity_basis: "'yearly'" }],
  ["flows_quantity_uncertainty_check", "flows", { quantity_uncertainty: "1.1" }],
  ["flows_minimum_lot_check", "flows", { minimum_lot: "'5'" }],
  ["flows_reserved_amount_check", "flows", { reserved_amount: "-1" }],
  ["flows_reserved_amount_check", "flows", { reserved_amount: "100.1" }],
  ["flows_reserved_amount_check", "flows", { reserved_amount: "'NaN'" }],
  ["flows_json_check", "flows", { quality: "'[]'" }],
  ["flows_json_check", "flows", { economics: "'null'" }],
  ["flows_precision_level_check", "flows", { precision: `'{"level": "exact"}'` }],
  ["flows_maximum_distance_meters_check", "flows", { constraints: `'{"maximumDistanceMeters": 0}'` }],
  ["flows_status_check", "flows", { status: "'deleted'" }],
  ["flows_visibility_check", "flows", { visibility: "'secret'" }],
  ["flows_canonical_amount_check", "flows", { canonical_amount: "'NaN'" }],
  ["flows_months_mask_check", "flows", { months_mask: "0" }],
  ["flows_months_mask_check", "flows", { months_mask: "4096" }],
  ["flows_temperature_check", "flows", { temperature_minimum_kelvin: "-0.1" }],
  ["flows_temperature_check", "flows", { temperature_maximum_kelvin: "'NaN'" }],
  ["flows_temperature_check", "flows", { temperature_minimum_kelvin: "300", temperature_maximum_kelvin: "299" }],
  ["flows_version_check", "flows", { version: "0" }],

  ["matches_output_flow_id_fkey", "matches", { ...reversed, output_flow_id: "gen_random_uuid()" }],
  ["matches_output_flow_id_fkey", "matches", { ...reversed, output_organization_id: id("acme") }],
  ["matches_input_flow_id_fkey", "matches", { ...reversed, input_flow_id: "gen_random_uuid()" }],
  ["matches_input_flow_id_fkey", "matches", { ...reversed, input_organization_id: id("borealis") }],
  ["matches_pair_key", "matches", {}],
  ["matches_flows_check", "matches", { input_flow_id: id("acmeFlow"), input_organization_id: id("acme") }],
  ["matches_state_check", "matches", { ...reversed, state: "'lost'" }],
  ["matches_interest_check", "matches", { ...reversed, ...interested(true, false) }],
  ["matches_interest_check", "matches", { ...reversed, state: "'viewed'", ...interested(false, true) }],
  ["matches_interest_check", "matches", { ...reversed, state: "'interested_one'" }],
  ["matches_interest_check", "matches", { ...reversed, state: "'interested_one'", ...interested(true, true) }],
  ["matches_interest_check", "matches", { ...reversed, state: "'interested_both'", ...interested(true, false) }],
  ["matches_interest_check", "matches", { ...reversed, state: "'negotiating'", ...interested(false, true) }],
  ["matches_interest_check", "matches", { ...reversed, state: "'agreed'" }],
  ["matches_round_check", "matches", { ...reversed, round: "0" }],
  ["matches_score_check", "matches", { ...reversed, score: "1.001" }],
  ["matches_score_check", "matches", { ...reversed, score: "'NaN'" }],
  ["matches_history_check", "matches", { ...reversed, history: "'{}'" }],
  ["matches_version_check", "matches", { ...reversed, version: "0" }],

  ["exchanges_match_id_fkey", "exchanges", { ...agreed, match_id: "gen_random_uuid()" }],
  ["exchanges_round_key", "exchanges", agreed],
  ["exchanges_output_flow_id_fkey", "exchanges", { output_flow_id: "gen_random_uuid()" }],
  ["exchanges_output_flow_id_fkey", "exchanges", { output_organization_id: id("borealis") }],
  ["exchanges_input_flow_id_fkey", "exchanges", { input_flow_id: "gen_random_uuid()" }],
  ["exchanges_input_flow_id_fkey", "exchanges", { input_organization_id: id("acme") }],
  ["exchanges_flows_check", "exchanges", { input_flow_id: id("acmeFlow"), input_organization_id: id("acme") }],
  ["exchanges_origin_check", "exchanges", { origin: "'found'" }],
  ["exchanges_origin_check", "exchanges", { recorded_by: "NULL" }],
  ["exchanges_origin_check", "exchanges", { round: "1" }],
  ["exchanges_origin_check", "exchanges", { ...agreed, round: "NULL" }],
  ["exchanges_origin_check", "exchanges", { ...agreed, round: "0" }],
  ["exchanges_origin_check", "exchanges", { ...agreed, round: "2", match_id: "NULL" }],
  ["exchanges_origin_check", "exchanges", { ...agreed, round: "2", recorded_by: "'output'" }],
  ["exchanges_origin_check", "exchanges", { ...agreed, round: "2", input_confirmed_at: "NULL" }],
  ["exchanges_confirmed_check", "exchanges", { output_confirmed_at: "NULL", input_confirmed_at: "NULL" }],
  ["exchanges_state_check", "exchanges", { state: "'paused'" }],
  ["exchanges_completed_check", "exchanges", { state: "'completed'", input_confirmed_at: "NULL" }],
  ["exchanges_quantity_amount_check", "exchanges", { quantity_amount: "0" }],
  ["exchanges_quantity_amount_check", "exchanges", { quantity_amount: "'NaN'" }],
  ["exchanges_quantity_unit_check", "exchanges", { quantity_unit: "''" }],
  ["exchanges_price_check", "exchanges", { price: "'5'" }],
  ["exchanges_ends_on_check", "exchanges", { starts_on: "'2027-01-02'", ends_on: "'2027-01-01'" }],
  ["exchanges_reserved_check", "exchanges", { output_reserved: "-1" }],
  ["exchanges_reserved_check", "exchanges", { input_reserved: "'NaN'" }],
  ["exchanges_reserved_check", "exchanges", { input_reserved: "1", reserves: "false" }],
  ["exchanges_reserved_check", "exchanges", { output_reserved: "1", output_confirmed_at: "NULL" }],
  ["exchanges_reserved_check", "exchanges", { output_reserved: "1", state: "'failed'" }],
  ["exchanges_visibility_check", "exchanges", { output_visibility: "'secret'" }],
  ["exchanges_visibility_check", "exchanges", { input_visibility: "'secret'" }],
  ["exchanges_history_check", "exchanges", { history: "'{}'" }],
  ["exchanges_version_check", "exchanges", { version: "0" }],
  ["exchange_external_ids_exchange_id_fkey", "exchange_external_ids", { exchange_id: "gen_random_uuid()" }],
  ["exchange_external_ids_pkey", "exchange_external_ids", { owner_id: id("acme"), exchange_id: "gen_random_uuid()" }],
  ["exchange_external_ids_exchange_key", "exchange_external_ids", { owner_id: id("acme"), external_id: "'other'" }],
  ["exchange_external_ids_external_id_check", "exchange_external_ids", { external_id: "'two words'" }],

  ["graph_generations_state_check", "graph_generations", { state: "'lost'" }],
  ["graph_generations_state_key", "graph_generations", { state: "'current'" }],
  ["graph_organizations_generation_fkey", "graph_organizations", { generation: "-1" }],
  ["graph_organizations_content_check", "graph_organizations", { programme_ids: "NULL" }],
  ["graph_sites_generation_fkey", "graph_sites", { generation: "-1" }],
  ["graph_sites_content_check", "graph_sites", { cell: "NULL" }],
  ["graph_flows_generation_fkey", "graph_flows", { generation: "-1" }],
  ["graph_flows_content_check", "graph_flows", { visibility: "NULL" }],
  ["graph_grades_generation_fkey", "graph_grades", { generation: "-1" }],
  ["graph_grades_content_check", "graph_grades", { hash: "NULL" }],
  ["graph_matches_generation_fkey", "graph_matches", { generation: "-1" }],
  ["graph_matches_content_check", "graph_matches", { others_score: "NULL" }],
  ["graph_exchanges_generation_fkey", "graph_exchanges", { generation: "-1" }],
  ["graph_exchanges_content_check", "graph_exchanges", { amount: "NULL" }],
  ["graph_tasks_name_check", "graph_tasks", { name: "'tidy'" }],
  ["graph_tasks_state_check", "graph_tasks", { state: "'lost'" }],
  ["graph_tasks_finished_check", "graph_tasks", { finished_at: "now()" }],

  ["outbox_type_check", "outbox", { type: "'flow.created'" }],
  ["outbox_data_check", "outbox", { data: "'[]'" }],
  ["outbox_traceparent_check", "outbox", { traceparent: "'00-0-0-0'" }],
  ["cache_tags_tag_check", "cache_tags", { tag: "'flows:acme'" }],
  ["cache_tags_version_check", "cache_tags", { version: "0" }],
  ["audit_entries_organization_id_fkey", "audit_entries", nobody],
  ["audit_entries_actor_check", "audit_entries", { actor: "'somebody'" }],
  ["audit_entries_patch_check", "audit_entries", { patch: "'{}'" }],
  ["idempotency_records_pkey", "idempotency_records", { key: "'k'" }],
  ["idempotency_records_key_check", "idempotency_records", { key: "''" }],
  ["idempotency_records_request_hash_check", "idempotency_records", { request_hash: "'x'" }],
];

/** Rules that no row can break without breaking another first: keys that foreign keys point at, and a key within a key. */
const implied = [
  "flows_organization_id_fkey",
  "flows_organization_id_id_key",
  "grades_kind_slug_key",
  "members_organization_id_id_key",
  "sites_organization_id_id_key",
];

/** Primary keys that are tried all the same. */
const primaryKeys = ["idempotency_records_pkey", "exchange_external_ids_pkey"];

describe.each(enginesUnderTest)("the rules of the database on %s", (engine) => {
  let stores: StoresUnderTest;
  const run = (text: string, parameters?: string[]) => stores.run(text, parameters);
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await writeSamples(stores);
  });
  afterAll(() => stores?.close());

  it.each(rules)("%s refuses a row of %s with %j", async (constraint, table, changes) => {
    expect(await refusalOf(run(insertSample(table, changes)))).toMatchObject({ constraint });
  });

  it("are each tried above, but for primary keys", async () => {
    const known =
      await run(`SELECT conname AS name FROM pg_constraint c WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'f')
        AND conrelid <> 0 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.conrelid AND d.deptype = 'e')
      UNION SELECT r.relname FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid WHERE i.indisunique AND NOT i.indisprimary
        AND r.relnamespace = 'public'::regnamespace`);
    const tried = new Set([...rules.map(([name]) => name), ...implied, ...primaryKeys]);
    for (const key of primaryKeys) tried.delete(key);
    expect(known.map(({ name }) => name!).sort()).toEqual([...tried].sort());
  });

  it("take every sample row as it is", async () => {
    const tables: SampleTable[] = [
      "organizations",
      "members",
      "api_keys",
      "sites",
      "grades",
      "substitutions",
      "ewc_codes",
      "ewc_entries",
    ];
    for (const table of [...tables, "flows", "outbox", "audit_entries", "idempotency_records"] as SampleTable[])
      await run(insertSample(table));
    await run(insertSample("matches", reversed));
    const { state, ...flows } = { ...reversed, state: "" };
    await run("DELETE FROM matches WHERE output_flow_id = $1", [sampleIds.borealisFlow]);
    for (const [each, interest] of [
      ["interested_one", interested(false, true)],
      ["interested_both", interested(true, true)],
      ["negotiating", interested(true, true)],
      ["agreed", interested(true, true)],
      ["declined", interested(true, false)],
      ["superseded", interested(false, false)],
    ] as const) {
      await run(insertSample("matches", { ...flows, state: `'${each}'`, ...interest }));
      await run("DELETE FROM matches WHERE output_flow_id = $1", [sampleIds.borealisFlow]);
    }
  });

  it("let an externalId be used again once its owner is deleted", async () => {
    for (const table of ["organizations", "sites", "flows"] as const) {
      const named = { external_id: "'again'" };
      await run(insertSample(table, named));
      expect(await refusalOf(run(insertSample(table, named)))).toMatchObject({ code: "23505" });
      await run(`UPDATE ${table} SET deleted_at = now() WHERE external_id = 'again'`);
      await run(insertSample(table, named));
      expect(await run(`SELECT count(*) AS n FROM ${table} WHERE external_id = 'again'`)).toEqual([{ n: "2" }]);
    }
    // Another organization may use the same one.
    await run(insertSample("sites", { external_id: "'works'", organization_id: id("borealis") }));
  });

  it("work out what follows from other columns, and let nobody else set it", async () => {
    const changes = {
      id: "'018f4d6e-7b3a-7cc0-8000-0000000000d1'",
      hs: "'252020'",
      reserved_amount: "25",
      precision: `'{"level": "metered"}'`,
      constraints: `'{"maximumDistanceMeters": 5000}'`,
    };
    await run(insertSample("flows", changes));
    const columns = "hs_heading, remaining_amount, canonical_remaining, precision_level, maximum_distance_meters";
    expect(await run(`SELECT ${columns} FROM flows WHERE id = ${changes.id}`)).toEqual([
      {
        hs_heading: "2520",
        remaining_amount: "75",
        canonical_remaining: "75000",
        precision_level: "metered",
        maximum_distance_meters: "5000",
      },
    ]);
    expect(await run(`SELECT ${columns} FROM flows WHERE id = ${id("acmeFlow")}`)).toEqual([
      {
        hs_heading: null,
        remaining_amount: "100",
        canonical_remaining: "100000",
        precision_level: "measured",
        maximum_distance_meters: null,
      },
    ]);
    expect(await refusalOf(run(insertSample("flows", { remaining_amount: "1" })))).toMatchObject({ code: "428C9" });
    expect(await refusalOf(run(insertSample("flows", { precision: "'{}'" })))).toMatchObject({
      code: "23502",
      column: "precision_level",
    });
    expect(await refusalOf(run(insertSample("outbox", { sequence: "1" })))).toMatchObject({ code: "428C9" });
    const hazards = await run(
      "SELECT entry, bool_and(hazardous) AS every, bool_or(hazardous) AS some FROM ewc_entries GROUP BY entry ORDER BY entry",
    );
    expect(hazards).toEqual([
      { entry: "AH", every: "t", some: "t" },
      { entry: "AN", every: "f", some: "f" },
      { entry: "MH", every: "t", some: "t" },
      { entry: "MN", every: "f", some: "f" },
    ]);
  });

  it("keep a flow where its site is, whatever is written", async () => {
    const [place, mover] = ["'018f4d6e-7b3a-7cc0-8000-0000000000e1'", "'018f4d6e-7b3a-7cc0-8000-0000000000e2'"];
    const whereIs = async (flow: string) =>
      (await run(`SELECT ST_AsText(location) AS at, version FROM flows WHERE id = ${flow}`))[0];
    await run(insertSample("sites", { id: place, location: "'SRID=4326;POINT(1 2)'" }));
    await run(insertSample("flows", { id: mover, site_id: place, location: "'SRID=4326;POINT(50 50)'" }));
    expect(await whereIs(mover)).toEqual({ at: "POINT(1 2)", version: "1" });
    await run(`UPDATE sites SET location = 'SRID=4326;POINT(3 4)' WHERE id = ${place}`);
    expect(await whereIs(mover)).toEqual({ at: "POINT(3 4)", version: "1" });
    await run(`UPDATE flows SET site_id = ${id("acmeSite")} WHERE id = ${mover}`);
    expect(await whereIs(mover)).toEqual({ at: "POINT(11.09 55.67)", version: "1" });
    expect(await whereIs(id("borealisFlow"))).toEqual({ at: "POINT(12.5 55.7)", version: "1" });
    await run(`UPDATE sites SET deleted_at = now() WHERE id = ${place}`);
    expect(await refusalOf(run(`UPDATE flows SET site_id = ${place} WHERE id = ${mover}`))).toMatchObject({
      constraint: "flows_site_id_fkey",
    });
  });

  it("show an exchange to nobody to whom one of its sides would not", async () => {
    for (const [output, input, narrower] of [
      ["public", "public", "public"],
      ["public", "network", "network"],
      ["network", "private", "private"],
      ["private", "public", "private"],
    ])
      expect(
        await run(
          `${insertSample("exchanges", { output_visibility: `'${output}'`, input_visibility: `'${input}'` })} RETURNING visibility`,
        ),
      ).toEqual([{ visibility: narrower }]);
  });

  it.each([
    ["quantity_unit", "'kg/a'"],
    ["quantity_basis", "'recurring'"],
    ["direction", "'shared'"],
  ])("keep the %s of a flow from which something is reserved", async (column, value) => {
    const flow = "'018f4d6e-7b3a-7cc0-8000-0000000000f1'";
    await run(`DELETE FROM flows WHERE id = ${flow}`);
    await run(insertSample("flows", { id: flow, reserved_amount: "1" }));
    const change = `UPDATE flows SET title = 'Other', ${column} = ${value} WHERE id = ${flow}`;
    expect(await refusalOf(run(change))).toMatchObject({ constraint: "flows_reserved_terms_check" });
    await run(`UPDATE flows SET title = 'Other', ${column} = ${column} WHERE id = ${flow}`);
    await run(`UPDATE flows SET reserved_amount = 0 WHERE id = ${flow}`);
    await run(change);
  });

  it("keep what others point at", async () => {
    expect(await refusalOf(run(`UPDATE sites SET deleted_at = now() WHERE id = ${id("acmeSite")}`))).toMatchObject({
      constraint: "sites_flows_check",
    });
    expect(await refusalOf(run(`DELETE FROM sites WHERE id = ${id("acmeSite")}`))).toMatchObject({
      constraint: "flows_site_id_fkey",
    });
    expect(await refusalOf(run(`DELETE FROM organizations WHERE id = ${id("borealis")}`))).toMatchObject({
      code: "23503",
    });
    expect(await refusalOf(run("DELETE FROM grades WHERE slug = 'heat'"))).toMatchObject({ code: "23503" });
  });

  it("let an organization have twenty endpoints, also when many are made at once", async () => {
    const organization = "'018f4d6e-7b3a-7cc0-8000-0000000000e3'";
    await run(insertSample("organizations", { id: organization }));
    const insert = insertSample("webhooks", { organization_id: organization });
    const outcomes = await Promise.all(Array.from({ length: 25 }, () => refusalOf(run(insert))));
    expect(outcomes.filter(({ constraint }) => constraint === "webhooks_limit_check")).toHaveLength(5);
    await run(
      `UPDATE webhooks SET deleted_at = now(), secret = NULL WHERE id = (SELECT id FROM webhooks WHERE organization_id = ${organization} LIMIT 1)`,
    );
    expect(await run(`${insert} RETURNING version`)).toEqual([{ version: "1" }]);
  });

  it("make identifiers that sort by their millisecond and say what they are", async () => {
    const at = "2027-02-28T12:34:56.789Z";
    const [row] = await run("SELECT uuid_v7($1::timestamptz) AS id FROM generate_series(1, 1)", [at]);
    expect(Number.parseInt(row!.id!.replaceAll("-", "").slice(0, 12), 16)).toBe(Date.parse(at));
    const many = await run(
      `SELECT uuid_v7(timestamptz '2027-01-01T00:00:00Z' + n * interval '1 millisecond') AS id FROM generate_series(1, 2000) n ORDER BY n`,
    );
    const made = many.map(({ id: each }) => each!);
    expect(made).toEqual(made.toSorted());
    for (const each of made)
      expect(each).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const atOnce = await run("SELECT count(DISTINCT uuid_v7(now())) AS n FROM generate_series(1, 2000)");
    expect(atOnce).toEqual([{ n: "2000" }]);
  });

  it("number events so that none below the horizon is missing", async () => {
    const readable =
      "SELECT subject_id FROM outbox WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, sequence";
    const before = await run(readable);
    const subjects = Array.from({ length: 5 }, (_, index) => `00000000-0000-7000-8000-00000000000${index}`);
    for (const subject of subjects) await run(insertSample("outbox", { subject_id: `'${subject}'` }));
    const after = await run(readable);
    expect(after.slice(before.length).map((row) => row.subject_id)).toEqual(subjects);
    // Its own transaction is not below its own horizon.
    const own = await run(`WITH written AS (${insertSample("outbox")} RETURNING xid)
      SELECT xid < pg_snapshot_xmin(pg_current_snapshot()) AS readable FROM written`);
    expect(own).toEqual([{ readable: "f" }]);
  });
});
