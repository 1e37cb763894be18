-- +goose Up
-- The walls around the tables of 0006.

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['extensions', 'calendar_moves'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO madoguchi_app', t);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY wall ON %I USING (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))
            WITH CHECK (organisation = NULLIF(current_setting(''madoguchi.organisation'', true), ''''))', t);
    END LOOP;
END $$;
-- +goose StatementEnd

REVOKE UPDATE, DELETE ON calendar_moves FROM madoguchi_app;
REVOKE DELETE ON extensions FROM madoguchi_app;

-- +goose Down
SELECT 1;
