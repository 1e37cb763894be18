-- +goose Up
-- The walls around the tables of 0008; both are only ever added to.

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['consents', 'amendments'] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON %I TO madoguchi_app', t);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY wall ON %I USING (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))
            WITH CHECK (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))', t);
    END LOOP;
END $$;
-- +goose StatementEnd

REVOKE UPDATE, DELETE ON consents, amendments FROM madoguchi_app;

-- +goose Down
SELECT 1;
