-- Invitations, by which a first sign-in becomes a member, and what is left of a person who was erased.

CREATE TABLE invitations (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT invitations_organization_id_fkey REFERENCES organizations (id),
  email text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  withdrawn_at timestamptz,
  member_id uuid,
  CONSTRAINT invitations_member_id_fkey FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id),
  CONSTRAINT invitations_email_check CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email) AND email LIKE '%_@_%'),
  CONSTRAINT invitations_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT invitations_role_check CHECK (role IN ('viewer', 'editor', 'owner')),
  CONSTRAINT invitations_expires_at_check CHECK (expires_at > created_at),
  CONSTRAINT invitations_accepted_check CHECK ((accepted_at IS NULL) = (member_id IS NULL) AND (accepted_at IS NULL OR withdrawn_at IS NULL)),
  CONSTRAINT invitations_version_check CHECK (version > 0)
);
CREATE UNIQUE INDEX invitations_open_key ON invitations (organization_id, email) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitations_email_idx ON invitations (email) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitations_organization_id_idx ON invitations (organization_id, id);

ALTER TABLE members
  ADD COLUMN erased_at timestamptz,
  ADD CONSTRAINT members_erased_check CHECK (erased_at IS NULL OR (deleted_at IS NOT NULL AND subject IS NULL));
CREATE INDEX members_unclaimed_idx ON members (email) WHERE subject IS NULL AND deleted_at IS NULL;

-- An organization that has owners keeps one, also when two of them leave at the same moment: the second waits for the first,
-- and then looks anew.
CREATE FUNCTION members_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_open boolean;
BEGIN
  SELECT deleted_at IS NULL INTO is_open FROM organizations WHERE id = OLD.organization_id FOR NO KEY UPDATE;
  IF is_open AND NOT EXISTS (
    SELECT FROM members WHERE organization_id = OLD.organization_id AND role = 'owner' AND deleted_at IS NULL
  ) THEN
    RAISE check_violation USING MESSAGE = 'the last owner cannot leave', CONSTRAINT = 'members_last_owner_check', TABLE = 'members';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER members_keep_an_owner AFTER UPDATE OF role, deleted_at ON members
  FOR EACH ROW WHEN (OLD.role = 'owner' AND OLD.deleted_at IS NULL AND (NEW.role <> 'owner' OR NEW.deleted_at IS NOT NULL))
  EXECUTE FUNCTION members_keep_an_owner();
