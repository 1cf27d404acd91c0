-- By which version of what a cached answer was made, and to which trace an event belongs.

-- A tag names what answers are made of: `taxonomy`, or `flows:` and the organization whose public flows they show. Its version
-- grows with every change of that, in the change's own transaction; a tag without a row has the version 0.
CREATE TABLE cache_tags (
  tag text PRIMARY KEY,
  version bigint NOT NULL,
  CONSTRAINT cache_tags_tag_check CHECK (tag ~ '^(taxonomy|flows:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$'),
  CONSTRAINT cache_tags_version_check CHECK (version > 0)
);

-- Versions are microseconds since 1970 where those are larger, for a cache outlives a database that is made anew and would meet
-- its numbers again. In the tags' order, so that two changes wait for each other and never both.
CREATE FUNCTION bump_cache_tags(tags text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO cache_tags AS c (tag, version)
  SELECT DISTINCT t.tag, (extract(epoch FROM clock_timestamp()) * 1e6)::bigint FROM unnest(tags) AS t (tag) ORDER BY 1
  ON CONFLICT (tag) DO UPDATE SET version = greatest(c.version + 1, excluded.version)
$$;

CREATE FUNCTION bump_taxonomy_tag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM bump_cache_tags(ARRAY['taxonomy']);
  RETURN NULL;
END $$;
CREATE TRIGGER grades_bump_tag AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON grades
  FOR EACH STATEMENT EXECUTE FUNCTION bump_taxonomy_tag();
CREATE TRIGGER substitutions_bump_tag AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON substitutions
  FOR EACH STATEMENT EXECUTE FUNCTION bump_taxonomy_tag();
CREATE TRIGGER ewc_entries_bump_tag AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ewc_entries
  FOR EACH STATEMENT EXECUTE FUNCTION bump_taxonomy_tag();

-- A new flow is in no cache yet, so only what changes and goes counts. Of its site and its organization a flow's answer shows the
-- ids alone, so what changes there does not.
CREATE FUNCTION bump_flows_tags() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  tags text[];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    SELECT array_agg(DISTINCT 'flows:' || organization_id) INTO tags
    FROM (SELECT organization_id, visibility FROM stood UNION ALL SELECT organization_id, visibility FROM stands) AS f
    WHERE visibility = 'public';
  ELSE
    SELECT array_agg(DISTINCT 'flows:' || organization_id) INTO tags FROM stood WHERE visibility = 'public';
  END IF;
  IF tags IS NOT NULL THEN
    PERFORM bump_cache_tags(tags);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER flows_bump_tags_on_update AFTER UPDATE ON flows REFERENCING OLD TABLE AS stood NEW TABLE AS stands
  FOR EACH STATEMENT EXECUTE FUNCTION bump_flows_tags();
CREATE TRIGGER flows_bump_tags_on_delete AFTER DELETE ON flows REFERENCING OLD TABLE AS stood
  FOR EACH STATEMENT EXECUTE FUNCTION bump_flows_tags();

-- The W3C trace context of the request that caused an event.
ALTER TABLE outbox
  ADD COLUMN traceparent text,
  ADD CONSTRAINT outbox_traceparent_check CHECK (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
