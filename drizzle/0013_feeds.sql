-- The order in which events are read, of each organization and of all, and of which history a reader's place is.

-- One row. Another epoch says that places of the one before mean nothing here: a restored database counts transactions anew.
CREATE TABLE event_log (
  id boolean PRIMARY KEY DEFAULT true,
  epoch uuid NOT NULL DEFAULT gen_random_uuid(),
  begun_at timestamptz NOT NULL DEFAULT now(),
  -- up to here events may have been forgotten: a reader whose place is before may have missed some
  forgotten_xid xid8 NOT NULL DEFAULT '0',
  forgotten_sequence bigint NOT NULL DEFAULT 0,
  CONSTRAINT event_log_id_check CHECK (id)
);
INSERT INTO event_log DEFAULT VALUES;

-- Who may see an event, in the order in which they read.
CREATE TABLE event_audience (
  organization_id uuid NOT NULL,
  xid xid8 NOT NULL,
  sequence bigint NOT NULL,
  event_id uuid NOT NULL,
  type text NOT NULL,
  CONSTRAINT event_audience_pkey PRIMARY KEY (organization_id, xid, sequence),
  CONSTRAINT event_audience_event_id_fkey FOREIGN KEY (event_id) REFERENCES outbox (id) ON DELETE CASCADE
);
CREATE INDEX event_audience_event_id_idx ON event_audience (event_id);

INSERT INTO event_audience (organization_id, xid, sequence, event_id, type)
SELECT DISTINCT organization_id, o.xid, o.sequence, o.id, o.type FROM outbox o CROSS JOIN unnest(o.organization_ids) AS organization_id;

CREATE FUNCTION list_event_audience() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO event_audience (organization_id, xid, sequence, event_id, type)
  SELECT DISTINCT organization_id, w.xid, w.sequence, w.id, w.type FROM written w CROSS JOIN unnest(w.organization_ids) AS organization_id;
  RETURN NULL;
END $$;
CREATE TRIGGER outbox_list_audience AFTER INSERT ON outbox
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION list_event_audience();

CREATE FUNCTION note_forgotten_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE event_log SET forgotten_xid = last.xid, forgotten_sequence = last.sequence
  FROM (SELECT xid, sequence FROM forgotten ORDER BY xid DESC, sequence DESC LIMIT 1) last
  WHERE (last.xid, last.sequence) > (forgotten_xid, forgotten_sequence);
  RETURN NULL;
END $$;
CREATE TRIGGER outbox_note_forgotten AFTER DELETE ON outbox
  REFERENCING OLD TABLE AS forgotten FOR EACH STATEMENT EXECUTE FUNCTION note_forgotten_events();

-- For a database that was restored: places given before lead nowhere from now on, and the events that are there come first, in
-- the order of their numbers, for the transactions that wrote them are not of this database.
CREATE FUNCTION begin_event_epoch() RETURNS uuid LANGUAGE sql AS $$
  UPDATE outbox SET xid = '0';
  UPDATE event_audience SET xid = '0';
  UPDATE event_log SET epoch = gen_random_uuid(), begun_at = now(), forgotten_xid = '0', forgotten_sequence = 0 RETURNING epoch;
$$;
