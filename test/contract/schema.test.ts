import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { differences, readDeclaredShape, readMigratedShape, type SchemaShape } from "../support/schemaShape.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

describe.each(enginesUnderTest)("the schema on %s", (engine) => {
  let stores: StoresUnderTest;
  let declared: SchemaShape;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    declared = await readDeclaredShape();
  });
  afterAll(() => stores?.close());

  it("is the same in the statements' tables and in the migrated database", async () => {
    expect([...declared].filter((sentence) => sentence.startsWith("table ")).sort()).toEqual(
      [
        "api_keys",
        "audit_chains",
        "audit_entries",
        "audit_sealing",
        "audit_seals",
        "cache_tags",
        "dead_letters",
        "event_audience",
        "event_log",
        "ewc_codes",
        "ewc_entries",
        "exchange_external_ids",
        "exchanges",
        "flows",
        "grades",
        "graph_exchanges",
        "graph_flows",
        "graph_generations",
        "graph_grades",
        "graph_matches",
        "graph_organizations",
        "graph_sites",
        "graph_tasks",
        "idempotency_records",
        "invitations",
        "match_refreshes",
        "matches",
        "members",
        "organizations",
        "outbox",
        "programme_participants",
        "programmes",
        "sites",
        "substitutions",
        "webhook_deliveries",
        "webhooks",
      ].map((name) => `table ${name}`),
    );
    expect(differences(declared, await readMigratedShape(stores))).toEqual([]);
  });

  it.each([
    [
      "CREATE TABLE strays (id integer)",
      "DROP TABLE strays",
      ["strays.id: integer -- only migrated", "table strays -- only migrated"],
    ],
    [
      "ALTER TABLE flows ADD COLUMN colour text DEFAULT 'red'",
      "ALTER TABLE flows DROP COLUMN colour",
      ["flows.colour: text default 'red' -- only migrated"],
    ],
    [
      "ALTER TABLE flows ALTER COLUMN notes SET NOT NULL",
      "ALTER TABLE flows ALTER COLUMN notes DROP NOT NULL",
      ["flows.notes: text -- only declared", "flows.notes: text not null -- only migrated"],
    ],
    [
      "ALTER TABLE members ALTER COLUMN name TYPE varchar(9)",
      "ALTER TABLE members ALTER COLUMN name TYPE text",
      ["members.name: character varying(9) not null -- only migrated", "members.name: text not null -- only declared"],
    ],
    [
      "ALTER TABLE flows ALTER COLUMN hs_heading DROP EXPRESSION",
      null,
      ["flows.hs_heading: text -- only migrated", "flows.hs_heading: text generated as left hs, 4 -- only declared"],
    ],
    [
      "ALTER TABLE outbox ALTER COLUMN sequence DROP IDENTITY",
      "ALTER TABLE outbox ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY",
      [
        "outbox.sequence: bigint not null -- only migrated",
        "outbox.sequence: bigint not null identity always -- only declared",
      ],
    ],
    [
      "ALTER TABLE api_keys DROP CONSTRAINT api_keys_digest_key",
      "ALTER TABLE api_keys ADD CONSTRAINT api_keys_digest_key UNIQUE (digest)",
      ["unique api_keys_digest_key of api_keys: digest -- only declared"],
    ],
    [
      "ALTER TABLE api_keys DROP CONSTRAINT api_keys_member_id_fkey, ADD CONSTRAINT api_keys_member_id_fkey FOREIGN KEY (member_id) REFERENCES members (id)",
      "ALTER TABLE api_keys DROP CONSTRAINT api_keys_member_id_fkey, ADD CONSTRAINT api_keys_member_id_fkey FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id)",
      [
        "foreign key api_keys_member_id_fkey of api_keys: member_id -> members (id) -- only migrated",
        "foreign key api_keys_member_id_fkey of api_keys: organization_id, member_id -> members (organization_id, id) -- only declared",
      ],
    ],
    [
      "ALTER TABLE substitutions DROP CONSTRAINT substitutions_pkey, ADD CONSTRAINT substitutions_pkey PRIMARY KEY (input, output)",
      "ALTER TABLE substitutions DROP CONSTRAINT substitutions_pkey, ADD CONSTRAINT substitutions_pkey PRIMARY KEY (output, input)",
      [
        "primary key substitutions_pkey of substitutions: input, output -- only migrated",
        "primary key substitutions_pkey of substitutions: output, input -- only declared",
      ],
    ],
    [
      "DROP INDEX outbox_order_idx; CREATE INDEX outbox_order_idx ON outbox (sequence, xid)",
      "DROP INDEX outbox_order_idx; CREATE INDEX outbox_order_idx ON outbox (xid, sequence)",
      [
        "index outbox_order_idx of outbox: btree (sequence, xid) -- only migrated",
        "index outbox_order_idx of outbox: btree (xid, sequence) -- only declared",
      ],
    ],
    [
      "DROP INDEX sites_location_idx; CREATE INDEX sites_location_idx ON sites USING gist (location)",
      null,
      [
        "index sites_location_idx of sites: gist (location) -- only migrated",
        "index sites_location_idx of sites: gist (location) where deleted_at IS NULL -- only declared",
      ],
    ],
    [
      "DROP INDEX members_email_key; CREATE INDEX members_email_key ON members (organization_id, email) WHERE deleted_at IS NULL",
      null,
      [
        "index members_email_key of members: btree (organization_id, email) where deleted_at IS NULL -- only migrated",
        "unique index members_email_key of members: btree (organization_id, email) where deleted_at IS NULL -- only declared",
      ],
    ],
  ])("differs after %s", async (alter, restore, expected) => {
    const before = differences(declared, await readMigratedShape(stores));
    await stores.script(alter);
    const now = differences(declared, await readMigratedShape(stores));
    expect(now.filter((sentence) => !before.includes(sentence))).toEqual(expected);
    if (restore) await stores.script(restore);
  });
});
