-- From the outbox to its consumers: who has yet to deal with an event, and what none could deal with.

ALTER TABLE outbox
  -- the consumers that have not dealt with the event: each takes itself out when it has
  ADD COLUMN awaiting text[] NOT NULL DEFAULT ARRAY['graph', 'matching', 'feeds', 'webhooks'],
  -- when it is to be sent, or sent again; a relay that takes it moves this on
  ADD COLUMN due_at timestamptz NOT NULL DEFAULT '-infinity',
  ADD COLUMN sends integer NOT NULL DEFAULT 0,
  ADD CONSTRAINT outbox_awaiting_check CHECK (awaiting <@ ARRAY['graph', 'matching', 'feeds', 'webhooks']),
  ADD CONSTRAINT outbox_sends_check CHECK (sends >= 0);
CREATE INDEX outbox_due_idx ON outbox (due_at, xid, sequence) WHERE awaiting <> '{}';

-- An event that a consumer gave up on, or a message that is no event.
CREATE TABLE dead_letters (
  id uuid PRIMARY KEY,
  consumer text NOT NULL,
  event_id uuid,
  -- the event's type where it is known
  type text,
  -- what came, where it is no event
  message text,
  -- why it was given up: a stable word, and a sentence without anybody's content
  code text NOT NULL,
  error text NOT NULL,
  attempts integer NOT NULL,
  died_at timestamptz NOT NULL,
  replayed_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT dead_letters_event_key UNIQUE (event_id, consumer),
  CONSTRAINT dead_letters_consumer_check CHECK (consumer IN ('graph', 'matching', 'feeds', 'webhooks')),
  CONSTRAINT dead_letters_message_check CHECK ((event_id IS NULL) <> (message IS NULL)),
  CONSTRAINT dead_letters_attempts_check CHECK (attempts >= 0),
  CONSTRAINT dead_letters_version_check CHECK (version > 0)
);
CREATE INDEX dead_letters_died_at_idx ON dead_letters (died_at);

-- A taxonomy that changes (prices among it) is an event of nobody's, so that what was computed from it is computed again.
CREATE FUNCTION emit_taxonomy_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (id, type, subject_id, organization_ids, data, occurred_at)
  VALUES (uuid_v7(clock_timestamp()), 'turash.taxonomy.updated', '00000000-0000-0000-0000-000000000000', '{}', '{}', clock_timestamp());
  RETURN NULL;
END $$;
CREATE TRIGGER cache_tags_emit_taxonomy_update AFTER INSERT OR UPDATE ON cache_tags
  FOR EACH ROW WHEN (NEW.tag = 'taxonomy') EXECUTE FUNCTION emit_taxonomy_update();
