-- Organizations, their people, keys, sites and resource flows; matches; what is written with every change.
-- Kept at the level of PostgreSQL 15 with PostGIS 3.3.

CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, the version, and random bits.
CREATE FUNCTION uuid_v7(at timestamptz) RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(floor(extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
      52, 1), 53, 1), 'hex')::uuid
$$;

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  external_id text,
  name text NOT NULL,
  country text NOT NULL,
  nace text,
  verified boolean NOT NULL DEFAULT false,
  exchanges_completed integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT organizations_external_id_check CHECK (external_id ~ '^[\x21-\x7e]{1,128}$'),
  CONSTRAINT organizations_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT organizations_country_check CHECK (country ~ '^[A-Z]{2}$'),
  CONSTRAINT organizations_nace_check CHECK (nace ~ '^\d{2}(\.\d{1,2})?$'),
  CONSTRAINT organizations_exchanges_completed_check CHECK (exchanges_completed >= 0),
  CONSTRAINT organizations_version_check CHECK (version > 0)
);
CREATE UNIQUE INDEX organizations_external_id_key ON organizations (external_id) WHERE deleted_at IS NULL;

CREATE TABLE members (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT members_organization_id_fkey REFERENCES organizations (id),
  email text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  issuer text,
  subject text,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT members_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT members_email_check CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email) AND email LIKE '%_@_%'),
  CONSTRAINT members_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT members_role_check CHECK (role IN ('viewer', 'editor', 'owner')),
  CONSTRAINT members_subject_check CHECK ((issuer IS NULL) = (subject IS NULL)),
  CONSTRAINT members_version_check CHECK (version > 0)
);
CREATE UNIQUE INDEX members_email_key ON members (organization_id, email) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX members_subject_key ON members (issuer, subject) WHERE deleted_at IS NULL;

-- A key is stored as the HMAC-SHA-256 of its text under a pepper that is not in this database.
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT api_keys_organization_id_fkey REFERENCES organizations (id),
  member_id uuid,
  name text NOT NULL,
  digest bytea NOT NULL,
  hint text NOT NULL,
  role text NOT NULL,
  scopes text[] NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  CONSTRAINT api_keys_digest_key UNIQUE (digest),
  CONSTRAINT api_keys_member_id_fkey FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id),
  CONSTRAINT api_keys_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT api_keys_digest_check CHECK (octet_length(digest) = 32),
  CONSTRAINT api_keys_hint_check CHECK (char_length(hint) = 4),
  CONSTRAINT api_keys_role_check CHECK (role IN ('viewer', 'editor', 'owner')),
  CONSTRAINT api_keys_scopes_check CHECK (
    cardinality(scopes) > 0
    AND scopes <@ ARRAY['flows:read', 'flows:write', 'matches:read', 'matches:write', 'rooms:join', 'measurements:write',
      'webhooks:manage', 'members:manage', 'keys:manage']
  ),
  CONSTRAINT api_keys_expires_at_check CHECK (expires_at > created_at),
  CONSTRAINT api_keys_version_check CHECK (version > 0)
);
CREATE INDEX api_keys_organization_id_idx ON api_keys (organization_id, id);

CREATE TABLE sites (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT sites_organization_id_fkey REFERENCES organizations (id),
  external_id text,
  name text NOT NULL,
  location geography(Point, 4326) NOT NULL,
  footprint geography(Polygon, 4326),
  time_zone text NOT NULL,
  country text NOT NULL,
  nace text,
  address jsonb,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT sites_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT sites_external_id_check CHECK (external_id ~ '^[\x21-\x7e]{1,128}$'),
  CONSTRAINT sites_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT sites_footprint_check CHECK (ST_IsValid(footprint::geometry)),
  CONSTRAINT sites_time_zone_check CHECK (char_length(time_zone) BETWEEN 1 AND 64),
  CONSTRAINT sites_country_check CHECK (country ~ '^[A-Z]{2}$'),
  CONSTRAINT sites_nace_check CHECK (nace ~ '^\d{2}(\.\d{1,2})?$'),
  CONSTRAINT sites_address_check CHECK (jsonb_typeof(address) = 'object'),
  CONSTRAINT sites_version_check CHECK (version > 0)
);
CREATE UNIQUE INDEX sites_external_id_key ON sites (organization_id, external_id) WHERE deleted_at IS NULL;
CREATE INDEX sites_location_idx ON sites USING gist (location) WHERE deleted_at IS NULL;

CREATE TABLE grades (
  slug text PRIMARY KEY,
  kind text NOT NULL,
  parent text,
  name text NOT NULL,
  content jsonb NOT NULL,
  CONSTRAINT grades_kind_slug_key UNIQUE (kind, slug),
  CONSTRAINT grades_parent_fkey FOREIGN KEY (kind, parent) REFERENCES grades (kind, slug) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT grades_slug_check CHECK (slug ~ '^[a-z][a-z0-9_]{0,63}$'),
  CONSTRAINT grades_kind_check CHECK (kind IN ('heat', 'steam', 'water', 'wastewater', 'co2', 'gas', 'electricity', 'material',
    'byproduct', 'waste', 'service', 'capacity', 'logistics', 'expertise', 'equipment')),
  CONSTRAINT grades_root_check CHECK ((parent IS NULL) = (slug = kind)),
  CONSTRAINT grades_content_check CHECK (jsonb_typeof(content) = 'object')
);

-- A supply of the grade `output` may stand in for a need of the grade `input`.
CREATE TABLE substitutions (
  output text NOT NULL CONSTRAINT substitutions_output_fkey REFERENCES grades (slug) DEFERRABLE INITIALLY DEFERRED,
  input text NOT NULL CONSTRAINT substitutions_input_fkey REFERENCES grades (slug) DEFERRABLE INITIALLY DEFERRED,
  quality_factor double precision NOT NULL,
  content jsonb NOT NULL,
  CONSTRAINT substitutions_pkey PRIMARY KEY (output, input),
  CONSTRAINT substitutions_quality_factor_check CHECK (quality_factor > 0 AND quality_factor <= 1),
  CONSTRAINT substitutions_different_check CHECK (output <> input)
);

CREATE TABLE ewc_codes (
  code text PRIMARY KEY,
  CONSTRAINT ewc_codes_code_check CHECK (code ~ '^\d{6}$')
);

-- What an edition of the European list of waste says of a code; the edition in force on a day is the latest that applies from then or before.
CREATE TABLE ewc_entries (
  code text NOT NULL CONSTRAINT ewc_entries_code_fkey REFERENCES ewc_codes (code),
  applies_from date NOT NULL,
  edition text NOT NULL,
  -- absolute or mirror, hazardous or not: AH, AN, MH, MN
  entry text NOT NULL,
  hazardous boolean NOT NULL GENERATED ALWAYS AS (entry IN ('AH', 'MH')) STORED,
  chapter text NOT NULL,
  sub_chapter text NOT NULL,
  description text NOT NULL,
  mirror_codes text[] NOT NULL,
  CONSTRAINT ewc_entries_pkey PRIMARY KEY (code, applies_from),
  CONSTRAINT ewc_entries_entry_check CHECK (entry IN ('AH', 'AN', 'MH', 'MN')),
  CONSTRAINT ewc_entries_description_check CHECK (char_length(description) > 0)
);

CREATE TABLE flows (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT flows_organization_id_fkey REFERENCES organizations (id),
  site_id uuid NOT NULL,
  external_id text,
  direction text NOT NULL,
  kind text NOT NULL,
  grade text NOT NULL,
  title text NOT NULL,
  notes text,
  legal_status text NOT NULL,
  ewc text CONSTRAINT flows_ewc_fkey REFERENCES ewc_codes (code),
  hs text,
  -- every HS code starts with its heading: the level at which two can be equal
  hs_heading text GENERATED ALWAYS AS (left(hs, 4)) STORED,
  -- treatment, hazard properties and whether a mirror entry was shown clean
  codes jsonb NOT NULL,
  quantity_amount double precision NOT NULL,
  quantity_unit text NOT NULL,
  quantity_basis text NOT NULL,
  quantity_uncertainty double precision,
  minimum_lot jsonb,
  reserved_amount double precision NOT NULL DEFAULT 0,
  remaining_amount double precision NOT NULL GENERATED ALWAYS AS (quantity_amount - reserved_amount) STORED,
  quality jsonb NOT NULL,
  availability jsonb NOT NULL,
  economics jsonb NOT NULL,
  constraints jsonb NOT NULL,
  precision jsonb NOT NULL,
  precision_level text NOT NULL GENERATED ALWAYS AS (precision ->> 'level') STORED,
  maximum_distance_meters double precision GENERATED ALWAYS AS ((constraints ->> 'maximumDistanceMeters')::double precision) STORED,
  status text NOT NULL,
  visibility text NOT NULL,
  -- what the candidates query compares, in canonical units, worked out when the flow is written
  dimension text NOT NULL,
  canonical_amount double precision NOT NULL,
  canonical_remaining double precision NOT NULL GENERATED ALWAYS AS (
    -- an amount of 0 is refused by its own rule, which comes after this
    CASE WHEN quantity_amount > 0 THEN canonical_amount * (quantity_amount - reserved_amount) / quantity_amount ELSE 0 END
  ) STORED,
  months_mask smallint NOT NULL,
  temperature_minimum_kelvin double precision,
  temperature_maximum_kelvin double precision,
  -- the site's, kept here so that one index answers for resource and reach; triggers below
  location geography(Point, 4326) NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT flows_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT flows_site_id_fkey FOREIGN KEY (organization_id, site_id) REFERENCES sites (organization_id, id),
  CONSTRAINT flows_grade_fkey FOREIGN KEY (kind, grade) REFERENCES grades (kind, slug),
  CONSTRAINT flows_external_id_check CHECK (external_id ~ '^[\x21-\x7e]{1,128}$'),
  CONSTRAINT flows_direction_check CHECK (direction IN ('output', 'input', 'shared')),
  CONSTRAINT flows_title_check CHECK (char_length(title) BETWEEN 1 AND 200),
  CONSTRAINT flows_notes_check CHECK (char_length(notes) <= 4000),
  CONSTRAINT flows_legal_status_check CHECK (legal_status IN ('product', 'by_product', 'end_of_waste', 'waste')),
  CONSTRAINT flows_hs_check CHECK (hs ~ '^(\d{4}|\d{6}|\d{8}|\d{10})$'),
  CONSTRAINT flows_codes_check CHECK (jsonb_typeof(codes) = 'object'),
  CONSTRAINT flows_quantity_amount_check CHECK (quantity_amount > 0 AND quantity_amount < 'Infinity'),
  CONSTRAINT flows_quantity_unit_check CHECK (char_length(quantity_unit) BETWEEN 1 AND 64),
  CONSTRAINT flows_quantity_basis_check CHECK (quantity_basis IN ('one_off', 'rate', 'recurring')),
  CONSTRAINT flows_quantity_uncertainty_check CHECK (quantity_uncertainty BETWEEN 0 AND 1),
  CONSTRAINT flows_minimum_lot_check CHECK (jsonb_typeof(minimum_lot) = 'object'),
  CONSTRAINT flows_reserved_amount_check CHECK (reserved_amount >= 0 AND reserved_amount <= quantity_amount),
  CONSTRAINT flows_json_check CHECK (
    jsonb_typeof(quality) = 'object' AND jsonb_typeof(availability) = 'object' AND jsonb_typeof(economics) = 'object'
    AND jsonb_typeof(constraints) = 'object' AND jsonb_typeof(precision) = 'object'
  ),
  CONSTRAINT flows_precision_level_check CHECK (precision_level IN ('rough', 'estimated', 'measured', 'metered')),
  CONSTRAINT flows_maximum_distance_meters_check CHECK (maximum_distance_meters > 0),
  CONSTRAINT flows_status_check CHECK (status IN ('draft', 'active', 'paused', 'fulfilled', 'withdrawn')),
  CONSTRAINT flows_visibility_check CHECK (visibility IN ('public', 'network', 'private')),
  CONSTRAINT flows_canonical_amount_check CHECK (canonical_amount > 0 AND canonical_amount < 'Infinity'),
  CONSTRAINT flows_months_mask_check CHECK (months_mask BETWEEN 1 AND 4095),
  CONSTRAINT flows_temperature_check CHECK (
    temperature_minimum_kelvin >= 0 AND temperature_minimum_kelvin < 'Infinity'
    AND temperature_maximum_kelvin >= 0 AND temperature_maximum_kelvin < 'Infinity'
    AND temperature_minimum_kelvin <= temperature_maximum_kelvin
  ),
  CONSTRAINT flows_version_check CHECK (version > 0)
);
CREATE UNIQUE INDEX flows_external_id_key ON flows (organization_id, external_id) WHERE deleted_at IS NULL;
CREATE INDEX flows_site_id_idx ON flows (site_id) WHERE deleted_at IS NULL;
CREATE INDEX flows_public_idx ON flows (id) WHERE deleted_at IS NULL AND visibility = 'public';
-- The candidates of a need, of a supply, and of either by its waste or customs code.
CREATE INDEX flows_supply_idx ON flows USING gist (grade, location)
  WHERE status = 'active' AND deleted_at IS NULL AND direction <> 'input';
CREATE INDEX flows_need_idx ON flows USING gist (grade, location)
  WHERE status = 'active' AND deleted_at IS NULL AND direction = 'input';
CREATE INDEX flows_ewc_idx ON flows USING gist (ewc, location) WHERE status = 'active' AND deleted_at IS NULL AND ewc IS NOT NULL;
CREATE INDEX flows_hs_idx ON flows USING gist (hs_heading, location) WHERE status = 'active' AND deleted_at IS NULL AND hs IS NOT NULL;
CREATE INDEX flows_location_idx ON flows USING gist (location) WHERE deleted_at IS NULL;
CREATE INDEX flows_geometry_idx ON flows USING gist ((location::geometry)) WHERE deleted_at IS NULL;

-- A flow is where its site is.
CREATE FUNCTION flows_take_location() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- shared with other flows, and kept from being deleted until this is committed
  SELECT location INTO NEW.location FROM sites WHERE id = NEW.site_id AND organization_id = NEW.organization_id AND deleted_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'the site does not exist', CONSTRAINT = 'flows_site_id_fkey', TABLE = 'flows';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER flows_take_location BEFORE INSERT OR UPDATE OF site_id ON flows
  FOR EACH ROW EXECUTE FUNCTION flows_take_location();

CREATE FUNCTION sites_hand_location_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE flows SET location = NEW.location WHERE site_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER sites_hand_location_on AFTER UPDATE OF location ON sites
  FOR EACH ROW WHEN (NOT ST_Equals(OLD.location::geometry, NEW.location::geometry)) EXECUTE FUNCTION sites_hand_location_on();

-- A site that flows stand on stays, also when one is written at the same moment.
CREATE FUNCTION sites_keep_while_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM flows WHERE site_id = NEW.id AND deleted_at IS NULL) THEN
    RAISE restrict_violation USING MESSAGE = 'flows stand on the site', CONSTRAINT = 'sites_flows_check', TABLE = 'sites';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sites_keep_while_used AFTER UPDATE OF deleted_at ON sites
  FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION sites_keep_while_used();

CREATE TABLE matches (
  id uuid PRIMARY KEY,
  output_flow_id uuid NOT NULL,
  input_flow_id uuid NOT NULL,
  output_organization_id uuid NOT NULL,
  input_organization_id uuid NOT NULL,
  state text NOT NULL,
  round integer NOT NULL DEFAULT 1,
  output_interested boolean NOT NULL DEFAULT false,
  input_interested boolean NOT NULL DEFAULT false,
  score double precision NOT NULL,
  -- what the engine found, as it was when the pair was last scored
  evaluation jsonb NOT NULL,
  output_flow_version integer NOT NULL,
  input_flow_version integer NOT NULL,
  history jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT matches_pair_key UNIQUE (output_flow_id, input_flow_id),
  -- who sees a match is read from these, so they must be the flows' own organizations
  CONSTRAINT matches_output_flow_id_fkey FOREIGN KEY (output_organization_id, output_flow_id) REFERENCES flows (organization_id, id),
  CONSTRAINT matches_input_flow_id_fkey FOREIGN KEY (input_organization_id, input_flow_id) REFERENCES flows (organization_id, id),
  CONSTRAINT matches_flows_check CHECK (output_flow_id <> input_flow_id),
  CONSTRAINT matches_state_check CHECK (state IN ('suggested', 'viewed', 'interested_one', 'interested_both', 'negotiating', 'agreed',
    'declined', 'expired', 'withdrawn', 'superseded')),
  CONSTRAINT matches_interest_check CHECK (
    CASE state
      WHEN 'interested_one' THEN output_interested <> input_interested
      WHEN 'interested_both' THEN output_interested AND input_interested
      WHEN 'negotiating' THEN output_interested AND input_interested
      WHEN 'agreed' THEN output_interested AND input_interested
      WHEN 'suggested' THEN NOT output_interested AND NOT input_interested
      WHEN 'viewed' THEN NOT output_interested AND NOT input_interested
      ELSE true
    END
  ),
  CONSTRAINT matches_round_check CHECK (round > 0),
  CONSTRAINT matches_score_check CHECK (score BETWEEN 0 AND 1),
  CONSTRAINT matches_history_check CHECK (jsonb_typeof(history) = 'array'),
  CONSTRAINT matches_version_check CHECK (version > 0)
);
CREATE INDEX matches_output_organization_id_idx ON matches (output_organization_id, id);
CREATE INDEX matches_input_organization_id_idx ON matches (input_organization_id, id);
CREATE INDEX matches_input_flow_id_idx ON matches (input_flow_id);

-- Events, written with the change that caused them. Readers take rows whose transaction is below every one still running,
-- in the order of (xid, sequence), so that a cursor never steps over an event that commits later.
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  type text NOT NULL,
  subject_id uuid NOT NULL,
  organization_ids uuid[] NOT NULL,
  data jsonb NOT NULL,
  occurred_at timestamptz NOT NULL,
  CONSTRAINT outbox_type_check CHECK (type ~ '^turash(\.[a-z_]+){2}$'),
  CONSTRAINT outbox_data_check CHECK (jsonb_typeof(data) = 'object')
);
CREATE INDEX outbox_order_idx ON outbox (xid, sequence);

CREATE TABLE audit_entries (
  id uuid PRIMARY KEY,
  organization_id uuid CONSTRAINT audit_entries_organization_id_fkey REFERENCES organizations (id),
  actor text NOT NULL,
  member_id uuid,
  credential text NOT NULL,
  action text NOT NULL,
  subject_id uuid,
  patch jsonb NOT NULL,
  request_id text NOT NULL,
  address_hash bytea,
  occurred_at timestamptz NOT NULL,
  CONSTRAINT audit_entries_actor_check CHECK (actor IN ('operator', 'member')),
  CONSTRAINT audit_entries_patch_check CHECK (jsonb_typeof(patch) = 'array')
);
CREATE INDEX audit_entries_organization_id_idx ON audit_entries (organization_id, id);

-- The answer to a POST that named an Idempotency-Key, kept for a day.
CREATE TABLE idempotency_records (
  scope text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT idempotency_records_pkey PRIMARY KEY (scope, key),
  CONSTRAINT idempotency_records_key_check CHECK (char_length(key) BETWEEN 1 AND 255),
  CONSTRAINT idempotency_records_request_hash_check CHECK (octet_length(request_hash) = 32)
);
CREATE INDEX idempotency_records_expires_at_idx ON idempotency_records (expires_at);
