-- +goose Up
-- Several clocks on one case, extensions, newer versions of a calendar.

-- Which rule gave the answer target; what the person was told; the calendars
-- that the case counts by now, ID@version each, the organisation's own first (a
-- submission has the one of its arrival).
ALTER TABLE cases ADD COLUMN target_rule TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN told_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN calendar_version TEXT NOT NULL DEFAULT '';
UPDATE cases SET calendar_version = (SELECT s.calendar_version FROM submissions s
    WHERE s.organisation = cases.organisation AND s.id = cases.submission);

-- Of an extension: how many units, of which rule, on which ground.
ALTER TABLE clock_events ADD COLUMN n BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clock_events ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE clock_events ADD COLUMN ground TEXT NOT NULL DEFAULT '';

-- An extension that was ordered. It is in force from when its notice was sent,
-- if that was before the due instant it prolongs.
CREATE TABLE extensions (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    rule         TEXT NOT NULL,
    n            BIGINT NOT NULL,
    ground       TEXT NOT NULL,
    ordered_by   TEXT NOT NULL,
    ordered_at   BIGINT NOT NULL,
    notice       TEXT NOT NULL DEFAULT '',
    notice_by    BIGINT NOT NULL,           -- before this the notice must be sent
    sent_at      BIGINT NOT NULL DEFAULT 0,
    state        TEXT NOT NULL CHECK (state IN ('sending', 'in-force', 'late', 'cancelled')),
    from_at      BIGINT NOT NULL DEFAULT 0, -- the due instants before and after
    to_at        BIGINT NOT NULL DEFAULT 0,
    from_on      TEXT NOT NULL DEFAULT '',  -- and their civil dates, each in the zone of its rule
    to_on        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);
CREATE INDEX extensions_case ON extensions (organisation, case_id);
-- One at a time: two would each be measured against the other's due instant.
CREATE UNIQUE INDEX extensions_one ON extensions (organisation, case_id) WHERE state = 'sending';

-- What a newer version of a calendar did to the clocks of an open case.
CREATE TABLE calendar_moves (
    organisation TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    rule         TEXT NOT NULL,
    from_version TEXT NOT NULL,
    to_version   TEXT NOT NULL,
    old_at       BIGINT NOT NULL,
    new_at       BIGINT NOT NULL,
    told_at      BIGINT NOT NULL,
    target_at    BIGINT NOT NULL,
    -- A date that was told holds: held_at, until something else moves the clock
    -- after the event after_seq of the occasion.
    held_at      BIGINT NOT NULL DEFAULT 0,
    after_seq    BIGINT NOT NULL DEFAULT 0,
    occasion     BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (organisation, case_id, seq),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

-- +goose Down
SELECT 1;
