-- +goose Up
-- Correction, deletion, suspension; representatives; letters; appointments.

-- A request by letter has three days: posted, arrived (arrived_at), typed in
-- (entered_at). deemed_at is when the letter should have arrived (Art. 39(2)).
ALTER TABLE submissions ADD COLUMN posted_on TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN deemed_at BIGINT NOT NULL DEFAULT 0;
-- When the clerk ticked that the recording notice was given.
ALTER TABLE submissions ADD COLUMN recording_told_at BIGINT NOT NULL DEFAULT 0;
-- How often authority was asked for, and when a second person admitted it.
ALTER TABLE submissions ADD COLUMN authority_asked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE submissions ADD COLUMN authority_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE cases ADD COLUMN claims_sealed BYTEA;    -- what a correction disputes
ALTER TABLE cases ADD COLUMN ground TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN findings_sealed BYTEA;  -- what the investigation found
ALTER TABLE cases ADD COLUMN investigated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN hold_at BIGINT NOT NULL DEFAULT 0; -- the desk froze before identity was proven
ALTER TABLE cases ADD COLUMN hold_sealed BYTEA;      -- in which record
ALTER TABLE cases ADD COLUMN preserved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN frozen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN released_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN cooling_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN stopped_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE notices ADD COLUMN printed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN posted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN posted_by TEXT NOT NULL DEFAULT '';

-- What a handler saw of a representative's authority, and who admitted it.
CREATE TABLE authorities (
    organisation TEXT NOT NULL,
    submission   TEXT NOT NULL,
    version      BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    relation     TEXT NOT NULL,
    document     TEXT NOT NULL,
    dated_on     TEXT NOT NULL DEFAULT '',
    covers       TEXT NOT NULL DEFAULT '[]', -- kinds, JSON
    may_receive  BIGINT NOT NULL DEFAULT 0,
    checked      TEXT NOT NULL DEFAULT '',
    recorded_by  TEXT NOT NULL,
    recorded_at  BIGINT NOT NULL,
    admitted_by  TEXT NOT NULL DEFAULT '',
    decided_at   BIGINT NOT NULL DEFAULT 0,
    verdict      TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'admitted', 'returned')),
    comment_sealed BYTEA,
    PRIMARY KEY (organisation, submission, version),
    FOREIGN KEY (organisation, submission) REFERENCES submissions (organisation, id),
    CONSTRAINT two_people CHECK (admitted_by <> recorded_by),
    CONSTRAINT verdict_has_second CHECK ((verdict = '') = (admitted_by = ''))
);

-- Whose records the chosen ones are, as keyed hashes: what an erasure that is
-- due asks, so that nothing is destroyed while a request about it is open.
CREATE TABLE subjects (
    organisation TEXT NOT NULL,
    submission   TEXT NOT NULL,
    connector    TEXT NOT NULL,
    hash         TEXT NOT NULL,
    PRIMARY KEY (organisation, submission, connector),
    FOREIGN KEY (organisation, submission) REFERENCES submissions (organisation, id)
);
CREATE INDEX subjects_by_hash ON subjects (organisation, hash);

-- Who received what a case changed, and how far telling them has come.
CREATE TABLE recipients (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    recipient    TEXT NOT NULL, -- ID in the pack
    occasion     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'done')),
    attempts     BIGINT NOT NULL DEFAULT 0 CHECK (attempts <= 3),
    result       TEXT NOT NULL DEFAULT '' CHECK (result IN ('', 'informed', 'unreachable', 'declined')),
    opened_at    BIGINT NOT NULL,
    settled_at   BIGINT NOT NULL DEFAULT 0,
    version      BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, case_id, recipient, occasion),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id),
    CHECK ((state = 'done') = (result <> ''))
);

CREATE TABLE recipient_attempts (
    organisation TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    number       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    staff        TEXT NOT NULL,
    result       TEXT NOT NULL CHECK (result IN ('informed', 'no-answer', 'declined')),
    PRIMARY KEY (organisation, recipient_id, number),
    FOREIGN KEY (organisation, recipient_id) REFERENCES recipients (organisation, id)
);

-- Erasures that wait for the end of a statute's period. Each has a key of its
-- own and outlives the case's; permitted by the recorded approval, by no epoch.
CREATE TABLE scheduled_erasures (
    organisation   TEXT NOT NULL,
    id             TEXT NOT NULL, -- also the ID of its key, and of the effect in the connected system
    case_id        TEXT NOT NULL,
    item           TEXT NOT NULL,
    connector      TEXT NOT NULL,
    category       TEXT NOT NULL,
    rule           TEXT NOT NULL, -- the pack's retention rule
    due_on         TEXT NOT NULL,
    due_at         BIGINT NOT NULL,
    subject        TEXT NOT NULL DEFAULT '', -- keyed hash: see subjects
    locator_sealed BYTEA,
    state          TEXT NOT NULL CHECK (state IN ('planned', 'attempting', 'verified', 'failed', 'waived')),
    fence          BIGINT NOT NULL DEFAULT 0,
    tries          BIGINT NOT NULL DEFAULT 0,
    next_try_at    BIGINT NOT NULL DEFAULT 0,
    error_code     TEXT NOT NULL DEFAULT '',
    proposer       TEXT NOT NULL,
    approver       TEXT NOT NULL,
    planned_at     BIGINT NOT NULL,
    verified_at    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, case_id, item),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id),
    CONSTRAINT two_people CHECK (approver <> proposer AND approver <> '')
);
CREATE INDEX scheduled_due ON scheduled_erasures (organisation, state, due_at);

-- The links that stop an erasure without signing in. Tokens are hashed.
CREATE TABLE stop_links (
    organisation TEXT NOT NULL,
    token_hash   TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    occasion     TEXT NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, token_hash),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

-- Who may open cases where a policy asks for an appointment.
CREATE TABLE appointments (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    staff        TEXT NOT NULL,
    role         TEXT NOT NULL,
    appointed_by TEXT NOT NULL,
    from_at      BIGINT NOT NULL,
    until_at     BIGINT NOT NULL DEFAULT 0,
    ended_at     BIGINT NOT NULL DEFAULT 0,
    ended_by     TEXT NOT NULL DEFAULT '',
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE INDEX appointments_of ON appointments (organisation, staff);

-- +goose Down
DROP TABLE appointments;
DROP TABLE stop_links;
DROP TABLE scheduled_erasures;
DROP TABLE recipient_attempts;
DROP TABLE recipients;
DROP TABLE subjects;
DROP TABLE authorities;
