-- Keys that their owners make: for devices, rotated, with the time of their last use.

ALTER TABLE api_keys
  -- the flows whose readings a device may push; null for a key of a person or of the organization itself
  ADD COLUMN flow_ids uuid[],
  ADD COLUMN rotated_to uuid CONSTRAINT api_keys_rotated_to_fkey REFERENCES api_keys (id),
  ADD CONSTRAINT api_keys_flow_ids_check CHECK (
    flow_ids IS NULL OR (scopes = ARRAY['measurements:write'] AND cardinality(flow_ids) BETWEEN 1 AND 1000)
  );

ALTER TABLE audit_entries
  DROP CONSTRAINT audit_entries_actor_check,
  ADD CONSTRAINT audit_entries_actor_check CHECK (actor IN ('operator', 'member', 'device', 'system'));
