-- +goose Up
-- SQLite has no roles: triggers keep the consent log and the amendments
-- append-only.
-- +goose StatementBegin
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents BEGIN SELECT RAISE(ABORT, 'consents are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consents_remain BEFORE DELETE ON consents BEGIN SELECT RAISE(ABORT, 'consents are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER amendments_stay BEFORE UPDATE ON amendments BEGIN SELECT RAISE(ABORT, 'amendments are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER amendments_remain BEFORE DELETE ON amendments BEGIN SELECT RAISE(ABORT, 'amendments are append-only'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER amendments_remain;
DROP TRIGGER amendments_stay;
DROP TRIGGER consents_remain;
DROP TRIGGER consents_stay;
