-- +goose Up
-- SQLite has no roles: triggers keep the record append-only.
-- +goose StatementBegin
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER evidence_remains BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER openings_stay BEFORE UPDATE ON openings BEGIN SELECT RAISE(ABORT, 'openings are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER openings_remain BEFORE DELETE ON openings BEGIN SELECT RAISE(ABORT, 'openings are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cases_remain BEFORE DELETE ON cases BEGIN SELECT RAISE(ABORT, 'cases are not deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER submissions_remain BEFORE DELETE ON submissions BEGIN SELECT RAISE(ABORT, 'submissions are not deleted'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER submissions_remain;
DROP TRIGGER cases_remain;
DROP TRIGGER openings_remain;
DROP TRIGGER openings_stay;
DROP TRIGGER evidence_remains;
DROP TRIGGER evidence_stays;
