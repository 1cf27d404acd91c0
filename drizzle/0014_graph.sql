-- The network of flows as a graph: copies of records, written where their version is newer. Any of it can be made anew.

-- One generation is read; another one can be built beside it, and takes its place when it is whole.
CREATE TABLE graph_generations (
  id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT graph_generations_pkey PRIMARY KEY,
  state text NOT NULL,
  -- since when it has been in this state
  since timestamptz NOT NULL,
  CONSTRAINT graph_generations_state_check CHECK (state IN ('building', 'current', 'retired'))
);
CREATE UNIQUE INDEX graph_generations_state_key ON graph_generations (state) WHERE state <> 'retired';
INSERT INTO graph_generations (state, since) VALUES ('current', now());

-- What is gone leaves its id and version, so that an older record that comes late changes nothing. No table names another one, for
-- records come in any order. Ids are TypeIDs, in the order of their bytes.
CREATE TABLE graph_organizations (
  generation integer NOT NULL CONSTRAINT graph_organizations_generation_fkey REFERENCES graph_generations (id),
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  is_gone boolean NOT NULL,
  -- stands for the content: see hashRecord
  hash bigint,
  name text,
  country text,
  nace text,
  programme_ids text[] COLLATE "C",
  facilitator_ids text[] COLLATE "C",
  CONSTRAINT graph_organizations_pkey PRIMARY KEY (generation, id),
  CONSTRAINT graph_organizations_content_check CHECK (is_gone OR num_nulls(hash, name, country, programme_ids, facilitator_ids) = 0)
);
CREATE INDEX graph_organizations_facilitator_ids_idx ON graph_organizations USING gin (facilitator_ids) WHERE NOT is_gone;

CREATE TABLE graph_sites (
  generation integer NOT NULL CONSTRAINT graph_sites_generation_fkey REFERENCES graph_generations (id),
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  is_gone boolean NOT NULL,
  hash bigint,
  organization_id text COLLATE "C",
  name text,
  longitude double precision,
  latitude double precision,
  -- what stands for the position where that may not be known
  cell text,
  cell_longitude double precision,
  cell_latitude double precision,
  cell_radius_meters double precision,
  CONSTRAINT graph_sites_pkey PRIMARY KEY (generation, id),
  CONSTRAINT graph_sites_content_check CHECK (is_gone OR
    num_nulls(hash, organization_id, name, longitude, latitude, cell, cell_longitude, cell_latitude, cell_radius_meters) = 0)
);
CREATE INDEX graph_sites_latitude_idx ON graph_sites (generation, cell_latitude) WHERE NOT is_gone;

CREATE TABLE graph_flows (
  generation integer NOT NULL CONSTRAINT graph_flows_generation_fkey REFERENCES graph_generations (id),
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  is_gone boolean NOT NULL,
  hash bigint,
  organization_id text COLLATE "C",
  site_id text COLLATE "C",
  direction text,
  kind text,
  grade text COLLATE "C",
  title text,
  status text,
  visibility text,
  CONSTRAINT graph_flows_pkey PRIMARY KEY (generation, id),
  CONSTRAINT graph_flows_content_check CHECK (is_gone OR
    num_nulls(hash, organization_id, site_id, direction, kind, grade, title, status, visibility) = 0)
);
CREATE INDEX graph_flows_organization_id_idx ON graph_flows (generation, organization_id) WHERE NOT is_gone;
CREATE INDEX graph_flows_site_id_idx ON graph_flows (generation, site_id) WHERE NOT is_gone;

CREATE TABLE graph_grades (
  generation integer NOT NULL CONSTRAINT graph_grades_generation_fkey REFERENCES graph_generations (id),
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  is_gone boolean NOT NULL,
  hash bigint,
  kind text,
  parent text COLLATE "C",
  CONSTRAINT graph_grades_pkey PRIMARY KEY (generation, id),
  CONSTRAINT graph_grades_content_check CHECK (is_gone OR num_nulls(hash, kind) = 0)
);

CREATE TABLE graph_matches (
  generation integer NOT NULL CONSTRAINT graph_matches_generation_fkey REFERENCES graph_generations (id),
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  is_gone boolean NOT NULL,
  hash bigint,
  output_flow_id text COLLATE "C",
  input_flow_id text COLLATE "C",
  is_open boolean,
  -- what the operator, each side, and others may know
  score double precision,
  value double precision,
  output_score double precision,
  output_value double precision,
  input_score double precision,
  input_value double precision,
  others_score double precision,
  others_value double precision,
  CONSTRAINT graph_matches_pkey PRIMARY KEY (generation, id),
  CONSTRAINT graph_matches_content_check CHECK (is_gone OR
    num_nulls(hash, output_flow_id, input_flow_id, is_open, score, output_score, input_score, others_score) = 0)
);
CREATE INDEX graph_matches_output_flow_id_idx ON graph_matches (generation, output_flow_id) WHERE NOT is_gone;
CREATE INDEX graph_matches_input_flow_id_idx ON graph_matches (generation, input_flow_id) WHERE NOT is_gone;

CREATE TABLE graph_exchanges (
  generation integer NOT NULL CONSTRAINT graph_exchanges_generation_fkey REFERENCES graph_generations (id),
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  is_gone boolean NOT NULL,
  hash bigint,
  output_flow_id text COLLATE "C",
  input_flow_id text COLLATE "C",
  amount double precision,
  unit text,
  -- ISO date
  since text,
  visibility text,
  CONSTRAINT graph_exchanges_pkey PRIMARY KEY (generation, id),
  CONSTRAINT graph_exchanges_content_check CHECK (is_gone OR num_nulls(hash, output_flow_id, input_flow_id, amount, unit, visibility) = 0)
);
CREATE INDEX graph_exchanges_output_flow_id_idx ON graph_exchanges (generation, output_flow_id) WHERE NOT is_gone;
CREATE INDEX graph_exchanges_input_flow_id_idx ON graph_exchanges (generation, input_flow_id) WHERE NOT is_gone;

-- How far the operator's work on the whole graph has come, so that the schedule can finish it. One row a task.
CREATE TABLE graph_tasks (
  name text CONSTRAINT graph_tasks_pkey PRIMARY KEY,
  -- the generation that a rebuild fills, by its label in whichever graph is used
  label text,
  state text NOT NULL,
  -- where it goes on: a noun, and the last id that was dealt with
  noun text,
  after_id text,
  progress jsonb NOT NULL,
  started_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  finished_at timestamptz,
  CONSTRAINT graph_tasks_name_check CHECK (name IN ('rebuild', 'reconcile')),
  CONSTRAINT graph_tasks_state_check CHECK (state IN ('running', 'done')),
  CONSTRAINT graph_tasks_finished_check CHECK ((state = 'done') = (finished_at IS NOT NULL))
);

-- Of an organization the graph shows all its programmes, and its version counts the ones that it has left.
CREATE INDEX programme_participants_all_idx ON programme_participants (organization_id);
