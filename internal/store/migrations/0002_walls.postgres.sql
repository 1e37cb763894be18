-- +goose Up
-- The walls between organisations. The application runs as madoguchi_app,
-- which owns nothing; every table with an organisation shows only the rows of
-- the one that the transaction named. An empty setting is nobody.

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'madoguchi_app') THEN
        CREATE ROLE madoguchi_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this cluster was faster
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format('GRANT madoguchi_app TO %I', current_user);
EXCEPTION WHEN OTHERS THEN
    NULL; -- a superuser needs no grant
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO madoguchi_app', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO madoguchi_app', current_schema());
    FOREACH t IN ARRAY ARRAY['keys', 'drafts', 'submissions', 'cases', 'commands', 'tasks', 'milestones', 'clock_events',
        'items', 'proposals', 'effects', 'notices', 'codes', 'documents', 'packages', 'messages', 'notes', 'openings',
        'evidence', 'accepted'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY wall ON %I USING (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))
            WITH CHECK (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- Append only: the record of what happened, of who looked, and of what was accepted.
REVOKE UPDATE, DELETE ON evidence, openings, accepted, checkpoints FROM madoguchi_app;
REVOKE DELETE ON cases, submissions, commands, proposals, effects FROM madoguchi_app;
REVOKE DELETE ON organisations FROM madoguchi_app;

-- +goose Down
DROP OWNED BY madoguchi_app;
