-- +goose Up
-- Versions of a policy: what a person agreed to, and which amendment helps an
-- open case.

-- The consent log. A person is who they are by the fingerprint of the contact
-- that a submission has. What a policy deems is not taken.
CREATE TABLE consents (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    subject      TEXT NOT NULL,
    version      TEXT NOT NULL,
    source       TEXT NOT NULL CHECK (source IN ('portal', 'paper', 'counter', 'telephone')),
    given_at     BIGINT NOT NULL,
    recorded_at  BIGINT NOT NULL,
    recorded_by  TEXT NOT NULL,
    PRIMARY KEY (organisation, id),
    CHECK (given_at <= recorded_at),
    CHECK (subject <> '')
);
CREATE INDEX consents_subject ON consents (organisation, subject);

-- Amendments that are better for the person than what an open submission was
-- carried out by: from then on they are carried out.
CREATE TABLE amendments (
    organisation TEXT NOT NULL,
    submission   TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    version      TEXT NOT NULL,
    pack_digest  TEXT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (organisation, submission, seq),
    FOREIGN KEY (organisation, submission) REFERENCES submissions (organisation, id)
);

-- +goose Down
SELECT 1;
