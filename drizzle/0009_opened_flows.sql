-- A flow that a match has opened shows the other side more than it shows to all, so it is in no cache while it is open, and what was
-- kept of it before stands no longer. When the match ends there is nothing kept to be forgotten.

CREATE FUNCTION bump_opened_flows_tags() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  tags text[];
BEGIN
  SELECT array_agg(DISTINCT 'flows:' || f.organization_id) INTO tags
  FROM stands m JOIN stood AS was ON was.id = m.id JOIN flows f ON f.id IN (m.output_flow_id, m.input_flow_id)
  WHERE m.output_interested AND m.input_interested AND m.state IN ('interested_both', 'negotiating', 'agreed') AND f.visibility = 'public'
    AND NOT (was.output_interested AND was.input_interested AND was.state IN ('interested_both', 'negotiating', 'agreed'));
  IF tags IS NOT NULL THEN
    PERFORM bump_cache_tags(tags);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER matches_bump_tags_on_update AFTER UPDATE ON matches REFERENCING OLD TABLE AS stood NEW TABLE AS stands
  FOR EACH STATEMENT EXECUTE FUNCTION bump_opened_flows_tags();
