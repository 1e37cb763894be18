-- +goose Up
-- The walls around the tables of 0004.

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['authorities', 'subjects', 'recipients', 'recipient_attempts', 'scheduled_erasures', 'stop_links',
        'appointments'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO madoguchi_app', t);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY wall ON %I USING (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))
            WITH CHECK (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))', t);
    END LOOP;
END $$;
-- +goose StatementEnd

REVOKE UPDATE, DELETE ON recipient_attempts FROM madoguchi_app;
REVOKE DELETE ON authorities, recipients, scheduled_erasures, appointments FROM madoguchi_app;

-- +goose Down
SELECT 1;
