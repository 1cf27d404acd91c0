-- Endpoints that events are posted to, and each event on its way to each of them.

CREATE TABLE webhooks (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT webhooks_organization_id_fkey REFERENCES organizations (id),
  -- who set it up last, and what the credential could do
  member_id uuid,
  scopes text[] NOT NULL,
  url text NOT NULL,
  description text,
  -- types of events, or beginnings of them that end in .*
  events text[] NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  disabled_reason text,
  disabled_at timestamptz,
  -- sealed under a key that the database does not have: initialization vector, 32 bytes, tag; null once it is deleted
  secret bytea,
  previous_secret bytea,
  previous_secret_ends_at timestamptz,
  failing_since timestamptz,
  -- one sender at a time: since when it has its turn, and until when at most
  leased_at timestamptz,
  leased_until timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT webhooks_member_id_fkey FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id),
  CONSTRAINT webhooks_scopes_check CHECK (cardinality(scopes) > 0),
  CONSTRAINT webhooks_url_check CHECK (char_length(url) BETWEEN 1 AND 2000 AND url ~ '^https?://'),
  CONSTRAINT webhooks_description_check CHECK (char_length(description) BETWEEN 1 AND 500),
  CONSTRAINT webhooks_events_check CHECK (cardinality(events) BETWEEN 1 AND 100),
  CONSTRAINT webhooks_disabled_check CHECK (
    enabled = (disabled_reason IS NULL) AND enabled = (disabled_at IS NULL)
    AND disabled_reason IN ('owner', 'failing', 'gone', 'maker_left')
  ),
  CONSTRAINT webhooks_secret_check CHECK ((secret IS NULL) = (deleted_at IS NOT NULL) AND octet_length(secret) = 60),
  CONSTRAINT webhooks_previous_secret_check CHECK (
    (previous_secret IS NULL) = (previous_secret_ends_at IS NULL) AND octet_length(previous_secret) = 60
  ),
  CONSTRAINT webhooks_version_check CHECK (version > 0)
);
CREATE INDEX webhooks_organization_id_idx ON webhooks (organization_id, id) WHERE deleted_at IS NULL;

-- At most twenty an organization, also when two are made at the same moment: the second waits for the first, and then counts.
CREATE FUNCTION webhooks_keep_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM organizations WHERE id = NEW.organization_id FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM webhooks WHERE organization_id = NEW.organization_id AND deleted_at IS NULL) >= 20 THEN
    RAISE check_violation USING MESSAGE = 'too many endpoints', CONSTRAINT = 'webhooks_limit_check', TABLE = 'webhooks';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER webhooks_keep_limit BEFORE INSERT ON webhooks FOR EACH ROW EXECUTE FUNCTION webhooks_keep_limit();

CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY,
  webhook_id uuid NOT NULL CONSTRAINT webhook_deliveries_webhook_id_fkey REFERENCES webhooks (id),
  event_id uuid NOT NULL,
  type text NOT NULL,
  -- what is sent, the same at every attempt
  body text NOT NULL,
  status text NOT NULL,
  -- null where it is not pending
  due_at timestamptz,
  -- since it was last sent anew
  attempts integer NOT NULL DEFAULT 0,
  answers jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL,
  CONSTRAINT webhook_deliveries_event_key UNIQUE (webhook_id, event_id),
  CONSTRAINT webhook_deliveries_status_check CHECK (status IN ('pending', 'delivered', 'failed', 'skipped')),
  CONSTRAINT webhook_deliveries_due_at_check CHECK ((due_at IS NULL) = (status <> 'pending')),
  CONSTRAINT webhook_deliveries_attempts_check CHECK (attempts >= 0),
  CONSTRAINT webhook_deliveries_answers_check CHECK (jsonb_typeof(answers) = 'array')
);
CREATE INDEX webhook_deliveries_list_idx ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (webhook_id, due_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_created_at_idx ON webhook_deliveries (created_at);
