-- Programmes: networks of organizations that show themselves to each other, with facilitators.

CREATE TABLE programmes (
  id uuid PRIMARY KEY,
  -- the facilitating organization, whose members are the programme's facilitators
  organization_id uuid NOT NULL CONSTRAINT programmes_organization_id_fkey REFERENCES organizations (id),
  name text NOT NULL,
  description text,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT programmes_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT programmes_description_check CHECK (char_length(description) <= 4000),
  CONSTRAINT programmes_version_check CHECK (version > 0)
);
CREATE INDEX programmes_organization_id_idx ON programmes (organization_id, id) WHERE deleted_at IS NULL;

CREATE TABLE programme_participants (
  programme_id uuid NOT NULL CONSTRAINT programme_participants_programme_id_fkey REFERENCES programmes (id),
  -- No foreign key: an invitation by an id under which there is no organization is kept like any other, so that inviting does
  -- not tell which there are. Only an organization itself joins.
  organization_id uuid NOT NULL,
  state text NOT NULL,
  -- whether facilitators may read its flows and introduce it
  shares_with_facilitators boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  invited_at timestamptz NOT NULL,
  joined_at timestamptz,
  left_at timestamptz,
  CONSTRAINT programme_participants_pkey PRIMARY KEY (programme_id, organization_id),
  CONSTRAINT programme_participants_state_check CHECK (
    CASE state
      WHEN 'invited' THEN joined_at IS NULL AND left_at IS NULL AND NOT shares_with_facilitators
      WHEN 'joined' THEN joined_at IS NOT NULL AND left_at IS NULL
      WHEN 'left' THEN left_at IS NOT NULL AND NOT shares_with_facilitators
      ELSE false
    END
  ),
  CONSTRAINT programme_participants_version_check CHECK (version > 0)
);
CREATE INDEX programme_participants_organization_id_idx ON programme_participants (organization_id, programme_id) WHERE state <> 'left';
