-- The audit log sealed into a chain of digests for each organization, from which a person's data can be erased.

ALTER TABLE audit_entries
  -- the order of sealing, as the outbox has it
  ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ADD COLUMN sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  -- of the digests of the two parts that can be erased: whence a change was made, and what was changed
  ADD COLUMN origin_salt bytea DEFAULT uuid_send(gen_random_uuid()),
  ADD COLUMN patch_salt bytea DEFAULT uuid_send(gen_random_uuid()),
  ALTER COLUMN patch DROP NOT NULL,
  ADD CONSTRAINT audit_entries_erased_check CHECK (
    (patch IS NULL) = (patch_salt IS NULL) AND (origin_salt IS NOT NULL OR address_hash IS NULL)
  );
CREATE INDEX audit_entries_order_idx ON audit_entries (xid, sequence);
CREATE INDEX audit_entries_member_id_idx ON audit_entries (member_id) WHERE member_id IS NOT NULL;

-- One for each organization, and one of the nil UUID for what the operator does that is of none.
CREATE TABLE audit_chains (
  chain_id uuid PRIMARY KEY,
  number bigint NOT NULL,
  link bytea NOT NULL,
  -- up to where entries and seals have been deleted when their time was over
  pruned_number bigint NOT NULL DEFAULT 0,
  pruned_link bytea NOT NULL,
  CONSTRAINT audit_chains_number_check CHECK (number >= pruned_number AND pruned_number >= 0),
  CONSTRAINT audit_chains_link_check CHECK (octet_length(link) = 32 AND octet_length(pruned_link) = 32)
);

-- Up to which entry, in the order of (xid, sequence), all are sealed; one row, locked by whoever seals.
CREATE TABLE audit_sealing (
  id boolean PRIMARY KEY DEFAULT true,
  xid xid8 NOT NULL,
  sequence bigint NOT NULL,
  CONSTRAINT audit_sealing_id_check CHECK (id)
);
INSERT INTO audit_sealing (xid, sequence) VALUES ('0', 0);

CREATE TABLE audit_seals (
  chain_id uuid NOT NULL CONSTRAINT audit_seals_chain_id_fkey REFERENCES audit_chains (chain_id),
  number bigint NOT NULL,
  entry_id uuid NOT NULL,
  fixed_digest bytea NOT NULL,
  origin_digest bytea NOT NULL,
  patch_digest bytea NOT NULL,
  link bytea NOT NULL,
  sealed_at timestamptz NOT NULL,
  CONSTRAINT audit_seals_pkey PRIMARY KEY (chain_id, number),
  CONSTRAINT audit_seals_entry_id_key UNIQUE (entry_id),
  CONSTRAINT audit_seals_digests_check CHECK (
    octet_length(fixed_digest) = 32 AND octet_length(origin_digest) = 32 AND octet_length(patch_digest) = 32 AND octet_length(link) = 32
  )
);

-- What is written stays as it is, but for the parts that an erasure takes away. Retention, which deletes what is over its time,
-- says so in its transaction.
CREATE FUNCTION audit_stays_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('turash.retention', true) = 'on' THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_entries' THEN
    IF to_jsonb(NEW) - ARRAY['patch', 'patch_salt', 'address_hash', 'origin_salt']
        = to_jsonb(OLD) - ARRAY['patch', 'patch_salt', 'address_hash', 'origin_salt']
      AND (NEW.patch IS NULL OR NEW.patch = OLD.patch) AND (NEW.address_hash IS NULL OR NEW.address_hash = OLD.address_hash)
      AND (NEW.patch_salt IS NULL OR NEW.patch_salt = OLD.patch_salt) AND (NEW.origin_salt IS NULL OR NEW.origin_salt = OLD.origin_salt) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE restrict_violation USING MESSAGE = 'the audit log is append-only', CONSTRAINT = 'audit_append_only', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_stays_as_it_is();
CREATE TRIGGER audit_seals_stay BEFORE UPDATE OR DELETE ON audit_seals FOR EACH ROW EXECUTE FUNCTION audit_stays_as_it_is();
