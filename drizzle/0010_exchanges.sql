-- Exchanges: what is delivered from an output to an input, agreed in a match's room or recorded because it existed before.

CREATE TABLE exchanges (
  id uuid PRIMARY KEY,
  origin text NOT NULL,
  -- of one that was agreed: the match and its round
  match_id uuid CONSTRAINT exchanges_match_id_fkey REFERENCES matches (id),
  round integer,
  output_flow_id uuid NOT NULL,
  input_flow_id uuid NOT NULL,
  output_organization_id uuid NOT NULL,
  input_organization_id uuid NOT NULL,
  state text NOT NULL,
  quantity_amount double precision NOT NULL,
  quantity_unit text NOT NULL,
  price jsonb,
  starts_on date,
  ends_on date,
  -- whether it takes its quantity from what remains of its flows
  reserves boolean NOT NULL,
  -- what it holds of each flow now, in that flow's own unit
  output_reserved double precision NOT NULL DEFAULT 0,
  input_reserved double precision NOT NULL DEFAULT 0,
  -- who recorded it; null for one that was agreed
  recorded_by text,
  output_confirmed_at timestamptz,
  input_confirmed_at timestamptz,
  -- one that only one side speaks of is a proposal: it is nobody's but the two sides' and holds nothing
  is_confirmed boolean NOT NULL GENERATED ALWAYS AS (output_confirmed_at IS NOT NULL AND input_confirmed_at IS NOT NULL) STORED,
  -- to whom each side lets it be shown; the narrower of the two holds
  output_visibility text NOT NULL DEFAULT 'private',
  input_visibility text NOT NULL DEFAULT 'private',
  visibility text NOT NULL GENERATED ALWAYS AS (
    CASE WHEN output_visibility = 'private' OR input_visibility = 'private' THEN 'private'
      WHEN output_visibility = 'network' OR input_visibility = 'network' THEN 'network' ELSE 'public' END
  ) STORED,
  history jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- who sees an exchange is read from these, so they must be the flows' own organizations
  CONSTRAINT exchanges_output_flow_id_fkey FOREIGN KEY (output_organization_id, output_flow_id) REFERENCES flows (organization_id, id),
  CONSTRAINT exchanges_input_flow_id_fkey FOREIGN KEY (input_organization_id, input_flow_id) REFERENCES flows (organization_id, id),
  CONSTRAINT exchanges_round_key UNIQUE (match_id, round),
  CONSTRAINT exchanges_flows_check CHECK (output_flow_id <> input_flow_id),
  CONSTRAINT exchanges_origin_check CHECK (
    CASE origin
      WHEN 'agreed' THEN match_id IS NOT NULL AND round IS NOT NULL AND round > 0 AND recorded_by IS NULL AND is_confirmed
      WHEN 'recorded' THEN match_id IS NULL AND round IS NULL AND recorded_by IS NOT NULL AND recorded_by IN ('operator', 'output', 'input')
      ELSE false
    END
  ),
  CONSTRAINT exchanges_confirmed_check CHECK (output_confirmed_at IS NOT NULL OR input_confirmed_at IS NOT NULL),
  CONSTRAINT exchanges_state_check CHECK (state IN ('agreed', 'permitting', 'implementing', 'active', 'completed', 'failed')),
  CONSTRAINT exchanges_completed_check CHECK (state <> 'completed' OR is_confirmed),
  CONSTRAINT exchanges_quantity_amount_check CHECK (quantity_amount > 0 AND quantity_amount < 'Infinity'),
  CONSTRAINT exchanges_quantity_unit_check CHECK (char_length(quantity_unit) BETWEEN 1 AND 64),
  CONSTRAINT exchanges_price_check CHECK (jsonb_typeof(price) = 'object'),
  CONSTRAINT exchanges_ends_on_check CHECK (ends_on >= starts_on),
  CONSTRAINT exchanges_reserved_check CHECK (
    output_reserved >= 0 AND output_reserved < 'Infinity' AND input_reserved >= 0 AND input_reserved < 'Infinity'
    AND ((output_reserved = 0 AND input_reserved = 0) OR (reserves AND is_confirmed AND state <> 'failed'))
  ),
  CONSTRAINT exchanges_visibility_check CHECK (
    output_visibility IN ('public', 'network', 'private') AND input_visibility IN ('public', 'network', 'private')
  ),
  CONSTRAINT exchanges_history_check CHECK (jsonb_typeof(history) = 'array'),
  CONSTRAINT exchanges_version_check CHECK (version > 0)
);
CREATE INDEX exchanges_output_organization_id_idx ON exchanges (output_organization_id, id);
CREATE INDEX exchanges_input_organization_id_idx ON exchanges (input_organization_id, id);
CREATE INDEX exchanges_output_flow_id_idx ON exchanges (output_flow_id);
CREATE INDEX exchanges_input_flow_id_idx ON exchanges (input_flow_id);
CREATE INDEX exchanges_shown_idx ON exchanges (id) WHERE visibility <> 'private' AND is_confirmed;
CREATE INDEX exchanges_ends_on_idx ON exchanges (ends_on) WHERE state = 'active' AND ends_on IS NOT NULL AND is_confirmed;

-- By which key each side, and the operator (the nil UUID), knows an exchange.
CREATE TABLE exchange_external_ids (
  owner_id uuid NOT NULL,
  external_id text NOT NULL,
  exchange_id uuid NOT NULL CONSTRAINT exchange_external_ids_exchange_id_fkey REFERENCES exchanges (id) ON DELETE CASCADE,
  CONSTRAINT exchange_external_ids_pkey PRIMARY KEY (owner_id, external_id),
  CONSTRAINT exchange_external_ids_exchange_key UNIQUE (exchange_id, owner_id),
  CONSTRAINT exchange_external_ids_external_id_check CHECK (external_id ~ '^[\x21-\x7e]{1,128}$')
);

-- What is reserved of a flow is told in its unit, of its basis and for its direction: they stay while anything is.
CREATE FUNCTION flows_keep_reserved_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE restrict_violation USING MESSAGE = 'agreements have reserved from the flow', CONSTRAINT = 'flows_reserved_terms_check', TABLE = 'flows';
END $$;
CREATE TRIGGER flows_keep_reserved_terms BEFORE UPDATE OF quantity_unit, quantity_basis, direction ON flows
  FOR EACH ROW WHEN (OLD.reserved_amount > 0 AND (OLD.quantity_unit, OLD.quantity_basis, OLD.direction)
    IS DISTINCT FROM (NEW.quantity_unit, NEW.quantity_basis, NEW.direction))
  EXECUTE FUNCTION flows_keep_reserved_terms();

-- A flow of which nothing remains is fulfilled, and offered again once something does.
CREATE FUNCTION flows_follow_remaining() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'active' AND NEW.reserved_amount >= NEW.quantity_amount THEN
    NEW.status := 'fulfilled';
  ELSIF NEW.status = 'fulfilled' AND NEW.reserved_amount < NEW.quantity_amount THEN
    NEW.status := 'active';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER flows_follow_remaining BEFORE UPDATE OF status, quantity_amount, reserved_amount ON flows
  FOR EACH ROW EXECUTE FUNCTION flows_follow_remaining();
