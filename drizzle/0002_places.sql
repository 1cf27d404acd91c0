-- The coarse place of a site, which stands for it until both sides of a match have consented, and what each side of a match sees.

ALTER TABLE sites
  -- the H3 cell of resolution 7 that the site lies in, its centre, and how far from there the cell reaches
  ADD COLUMN cell text,
  ADD COLUMN cell_location geography(Point, 4326),
  ADD COLUMN cell_radius_meters double precision,
  -- rows from before are filled in right after this migration, which cannot compute a cell itself
  ADD CONSTRAINT sites_cell_check CHECK (
    cell IS NOT NULL AND cell ~ '^[0-9a-f]{15}$' AND cell_location IS NOT NULL
    AND cell_radius_meters IS NOT NULL AND cell_radius_meters > 0 AND cell_radius_meters <= 1600
  ) NOT VALID;

ALTER TABLE matches
  -- what the engine finds for each side, with all that this side does not know of the other made coarse
  ADD COLUMN output_view jsonb,
  ADD COLUMN input_view jsonb;
UPDATE matches SET output_view = evaluation, input_view = evaluation;
ALTER TABLE matches ALTER COLUMN output_view SET NOT NULL, ALTER COLUMN input_view SET NOT NULL;

-- Which flows a match has opened to the organization on its other side.
CREATE INDEX matches_opened_output_idx ON matches (input_organization_id, output_flow_id)
  WHERE output_interested AND input_interested AND state IN ('interested_both', 'negotiating', 'agreed');
CREATE INDEX matches_opened_input_idx ON matches (output_organization_id, input_flow_id)
  WHERE output_interested AND input_interested AND state IN ('interested_both', 'negotiating', 'agreed');

-- How many organizations share a division of NACE.
CREATE INDEX organizations_division_idx ON organizations ("left"(nace, 2)) WHERE deleted_at IS NULL;
