-- Matching follows what changes: what each match was scored from and whether it holds, and which flows are to be matched anew.

ALTER TABLE matches
  -- the versions, besides its flow's, of what each side was scored from: site, organization, exchanges completed, taxonomy
  ADD COLUMN output_basis bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN input_basis bigint[] NOT NULL DEFAULT '{}',
  -- the score under which it no longer holds: 0 for one that somebody was shown or introduced to
  ADD COLUMN least_score double precision NOT NULL DEFAULT 0,
  -- whether both flows are active and match at that score, by what anyone may know of both
  ADD COLUMN holds boolean NOT NULL DEFAULT true,
  -- the verdict of each gate by its name, by what anyone may know of both; empty where it was not kept
  ADD COLUMN gates jsonb NOT NULL DEFAULT '{}',
  ADD CONSTRAINT matches_least_score_check CHECK (least_score BETWEEN 0 AND 1),
  ADD CONSTRAINT matches_gates_check CHECK (jsonb_typeof(gates) = 'object');
UPDATE matches SET least_score = 0.5 WHERE score >= 0.5;

CREATE TABLE match_refreshes (
  flow_id uuid PRIMARY KEY CONSTRAINT match_refreshes_flow_id_fkey REFERENCES flows (id) ON DELETE CASCADE,
  -- how often its matches were asked for, and the last of these that a computation has answered
  requests integer NOT NULL DEFAULT 1,
  answered integer NOT NULL DEFAULT 0,
  -- when it may be computed; who takes it moves this on
  due_at timestamptz NOT NULL,
  -- others wait behind it
  is_urgent boolean NOT NULL,
  -- computations begun since the last one that was finished
  attempts integer NOT NULL DEFAULT 0,
  -- what the last computation rested on: versions of flow, site, organization and exchanges completed; version of the taxonomy
  basis bigint[],
  taxonomy_version bigint,
  computed_at timestamptz,
  -- the score of the last match that it kept, where there may be more than it keeps
  floor_score double precision,
  CONSTRAINT match_refreshes_answered_check CHECK (answered BETWEEN 0 AND requests),
  CONSTRAINT match_refreshes_attempts_check CHECK (attempts >= 0),
  CONSTRAINT match_refreshes_floor_score_check CHECK (floor_score BETWEEN 0 AND 1),
  CONSTRAINT match_refreshes_computed_check CHECK (
    (basis IS NULL) = (computed_at IS NULL) AND (taxonomy_version IS NULL) = (computed_at IS NULL)
  )
);
CREATE INDEX match_refreshes_due_idx ON match_refreshes (is_urgent DESC, due_at) WHERE requests > answered;
CREATE INDEX match_refreshes_taxonomy_version_idx ON match_refreshes (taxonomy_version);
