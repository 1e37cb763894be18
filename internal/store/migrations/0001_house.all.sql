-- +goose Up
-- The house. Instants are UTC microseconds (BIGINT, 0 = not yet). Columns that
-- end in _sealed hold only bytes sealed under a submission's or a case's key.
-- Every table that belongs to an organisation starts with its ID, in keys too,
-- so that a child cannot point across the wall.

CREATE TABLE organisations (
    id          TEXT PRIMARY KEY,
    slug        TEXT NOT NULL UNIQUE,
    wrapped_key BYTEA NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE staff (
    id            TEXT PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    voice         TEXT NOT NULL DEFAULT 'ja',
    password_hash TEXT NOT NULL,
    disabled_at   BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);

CREATE TABLE staff_roles (
    staff        TEXT NOT NULL REFERENCES staff (id),
    organisation TEXT NOT NULL REFERENCES organisations (id),
    role         TEXT NOT NULL CHECK (role IN ('clerk', 'handler', 'approver', 'manager', 'auditor', 'admin')),
    since_at     BIGINT NOT NULL,
    until_at     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (staff, organisation, role)
);

-- Sessions of staff (staff set) and of customers (submission set). Tokens are
-- hashed. One of the three tables that a GET may write (last_seen_at).
CREATE TABLE sessions (
    token_hash   TEXT PRIMARY KEY,
    staff        TEXT NOT NULL DEFAULT '',
    organisation TEXT NOT NULL DEFAULT '',
    submission   TEXT NOT NULL DEFAULT '',
    opened_at    BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL DEFAULT 0
);

-- Counters of tries. One of the three tables that a GET may write.
CREATE TABLE rate_counters (
    scope     TEXT NOT NULL,
    key_hash  TEXT NOT NULL,
    window_at BIGINT NOT NULL,
    tries     BIGINT NOT NULL,
    PRIMARY KEY (scope, key_hash, window_at)
);

-- Keys of submissions, cases and drafts, wrapped by the organisation's key.
-- Destroying a row's wrapped key destroys everything sealed under it.
CREATE TABLE keys (
    organisation TEXT NOT NULL REFERENCES organisations (id),
    id           TEXT NOT NULL,
    wrapped      BYTEA,
    created_at   BIGINT NOT NULL,
    destroyed_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    CHECK ((destroyed_at = 0) = (wrapped IS NOT NULL))
);

CREATE TABLE drafts (
    organisation   TEXT NOT NULL REFERENCES organisations (id),
    token_hash     TEXT NOT NULL,
    id             TEXT NOT NULL, -- also the ID of its key
    form_token     TEXT NOT NULL,
    voice          TEXT NOT NULL,
    answers_sealed BYTEA NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    ended_at       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, token_hash)
);

CREATE TABLE submissions (
    organisation         TEXT NOT NULL REFERENCES organisations (id),
    id                   TEXT NOT NULL,
    reference            TEXT NOT NULL,
    channel              TEXT NOT NULL,
    -- I2: one form token files once, for ever; other content is a conflict.
    intake_key           TEXT NOT NULL,
    fingerprint          TEXT NOT NULL,
    voice                TEXT NOT NULL,
    received_at          BIGINT NOT NULL, -- when the filing committed
    arrived_at           BIGINT NOT NULL, -- when it came, or should have come
    entered_at           BIGINT NOT NULL, -- when it was typed in
    entered_by           TEXT NOT NULL DEFAULT '',
    person_sealed        BYTEA NOT NULL,
    contact_sealed       BYTEA NOT NULL,
    representative_sealed BYTEA,
    contact_hash         TEXT NOT NULL, -- keyed hash of the normalised address, for exact search
    phone_hash           TEXT NOT NULL DEFAULT '',
    name_hash            TEXT NOT NULL DEFAULT '',
    by_post              BIGINT NOT NULL DEFAULT 0,
    contact_confirmed_at BIGINT NOT NULL DEFAULT 0,
    identity_needed      TEXT NOT NULL,
    identity_level       TEXT NOT NULL DEFAULT '',
    identity_at          BIGINT NOT NULL DEFAULT 0,
    identity_by          TEXT NOT NULL DEFAULT '',
    identity_method      TEXT NOT NULL DEFAULT '',
    identity_asked       BIGINT NOT NULL DEFAULT 0,
    candidates_sealed    BYTEA,            -- what the lookups found
    candidate_sealed     BYTEA,            -- the record that a person chose
    delivery_sealed      BYTEA,            -- the contact to which the answer goes
    pack_digest          TEXT NOT NULL,
    law_version          TEXT NOT NULL,
    calendar_version     TEXT NOT NULL,
    version              BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, reference),
    UNIQUE (organisation, channel, intake_key)
);

CREATE TABLE cases (
    organisation     TEXT NOT NULL,
    id               TEXT NOT NULL,
    submission       TEXT NOT NULL,
    number           BIGINT NOT NULL, -- within the submission: M-XXXX-XXXX-1
    kind             TEXT NOT NULL,
    stage            TEXT NOT NULL,
    stage_since      BIGINT NOT NULL,
    stage_before     TEXT NOT NULL DEFAULT '', -- where a clarification or fraud check returns to
    outcome          TEXT NOT NULL DEFAULT '',
    decided          TEXT NOT NULL DEFAULT '', -- outcome of the agreed proposal
    epoch            BIGINT NOT NULL DEFAULT 1,
    acked_epoch      BIGINT NOT NULL DEFAULT 0, -- I4: newest epoch whose first activity answered
    transition       BIGINT NOT NULL DEFAULT 0,
    last_command     BIGINT NOT NULL DEFAULT 0,
    applied_command  BIGINT NOT NULL DEFAULT 0,
    occasion         BIGINT NOT NULL DEFAULT 1, -- grows with each reopening
    plan_version     BIGINT NOT NULL DEFAULT 1,
    scope_sealed     BYTEA,
    delivery         TEXT NOT NULL DEFAULT 'download',
    received_at      BIGINT NOT NULL,
    arrived_at       BIGINT NOT NULL,
    target_at        BIGINT NOT NULL DEFAULT 0, -- 0 while paused
    target_on        TEXT NOT NULL DEFAULT '',
    exposure_at      BIGINT NOT NULL DEFAULT 0,
    guard_at         BIGINT NOT NULL DEFAULT 0,
    paused_for       TEXT NOT NULL DEFAULT '',
    paused_at        BIGINT NOT NULL DEFAULT 0,
    units_left       BIGINT NOT NULL DEFAULT 0,
    escalated        BIGINT NOT NULL DEFAULT 0,
    classified_at    BIGINT NOT NULL DEFAULT 0,
    question         TEXT NOT NULL DEFAULT '', -- ID of the open question
    proposal         BIGINT NOT NULL DEFAULT 0,
    agreed           BIGINT NOT NULL DEFAULT 0,
    sent_back        BIGINT NOT NULL DEFAULT 0,
    collected_at     BIGINT NOT NULL DEFAULT 0,
    package_at       BIGINT NOT NULL DEFAULT 0,
    delivered_at     BIGINT NOT NULL DEFAULT 0,
    withdrawn_at     BIGINT NOT NULL DEFAULT 0,
    withdrawal_final_at BIGINT NOT NULL DEFAULT 0, -- when the time to take it back ended
    expired_at       BIGINT NOT NULL DEFAULT 0,
    answered_at      BIGINT NOT NULL DEFAULT 0,
    answered_target_at BIGINT NOT NULL DEFAULT 0, -- the target valid when it was answered
    closed_at        BIGINT NOT NULL DEFAULT 0,
    evidence_seq     BIGINT NOT NULL DEFAULT 0,
    evidence_head    TEXT NOT NULL DEFAULT '',
    evidence_at      BIGINT NOT NULL DEFAULT 0,
    version          BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, submission) REFERENCES submissions (organisation, id),
    CHECK (applied_command <= last_command),
    CHECK ((stage = 'closed') = (outcome <> ''))
);
CREATE INDEX cases_by_target ON cases (organisation, stage, target_at);
CREATE INDEX cases_by_submission ON cases (organisation, submission);

-- Commands: decided here, delivered in order, applied once (design 1 and 2).
CREATE TABLE commands (
    organisation  TEXT NOT NULL,
    id            TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    number        BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    actor_kind    TEXT NOT NULL,
    actor         TEXT NOT NULL,
    data          TEXT NOT NULL DEFAULT '{}', -- IDs, enums, counts, times
    at            BIGINT NOT NULL,
    applied_at    BIGINT NOT NULL DEFAULT 0,
    applied_epoch BIGINT NOT NULL DEFAULT 0,
    tries         BIGINT NOT NULL DEFAULT 0,
    next_try_at   BIGINT NOT NULL DEFAULT 0,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, case_id, number),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);
CREATE INDEX commands_to_deliver ON commands (organisation, applied_at, next_try_at);

CREATE TABLE tasks (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    occasion     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'claimed', 'done', 'cancelled')),
    cause        TEXT NOT NULL DEFAULT '',
    assignee     TEXT NOT NULL DEFAULT '',
    claimed_at   BIGINT NOT NULL DEFAULT 0,
    opened_at    BIGINT NOT NULL,
    due_at       BIGINT NOT NULL DEFAULT 0,
    closed_at    BIGINT NOT NULL DEFAULT 0,
    closed_by    TEXT NOT NULL DEFAULT '',
    result       TEXT NOT NULL DEFAULT '',
    version      BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, case_id, kind, occasion),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id),
    CHECK ((state = 'claimed') = (assignee <> '' AND closed_at = 0))
);
CREATE INDEX tasks_open ON tasks (organisation, state, kind);

-- Milestones: recorded instants at which something happens (design 6).
CREATE TABLE milestones (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    name         TEXT NOT NULL,
    occasion     TEXT NOT NULL,
    due_at       BIGINT NOT NULL,
    armed_at     BIGINT NOT NULL,
    fired_at     BIGINT NOT NULL DEFAULT 0,
    fired_by     TEXT NOT NULL DEFAULT '',
    cancelled_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, case_id, name, occasion),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);
CREATE INDEX milestones_due ON milestones (organisation, fired_at, cancelled_at, due_at);

-- What happened to a case's clocks; every due date is a function of these.
CREATE TABLE clock_events (
    organisation TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('start', 'pause', 'resume', 'extension', 'stop')),
    cause        TEXT NOT NULL DEFAULT '',
    at           BIGINT NOT NULL,
    PRIMARY KEY (organisation, case_id, seq),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

CREATE TABLE items (
    organisation    TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    number          BIGINT NOT NULL,
    plan_version    BIGINT NOT NULL,
    system          TEXT NOT NULL,
    category        TEXT NOT NULL,
    quarantine      BIGINT NOT NULL DEFAULT 0,
    record_sealed   BYTEA NOT NULL,
    tests_sealed    BYTEA,
    decision_sealed BYTEA,
    measure         TEXT NOT NULL DEFAULT '',
    exemption       TEXT NOT NULL DEFAULT '',
    reason_code     TEXT NOT NULL DEFAULT '',
    answered_by     TEXT NOT NULL DEFAULT '',
    answered_at     BIGINT NOT NULL DEFAULT 0,
    version         BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, case_id, plan_version, number),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

-- Proposals. The two-person rule is here too: one person cannot be both.
CREATE TABLE proposals (
    organisation    TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    version         BIGINT NOT NULL,
    outcome         TEXT NOT NULL,
    content_sealed  BYTEA NOT NULL, -- the decisions of all items as they stood
    digest          TEXT NOT NULL,
    proposer        TEXT NOT NULL,
    proposed_at     BIGINT NOT NULL,
    approver        TEXT NOT NULL DEFAULT '',
    decided_at      BIGINT NOT NULL DEFAULT 0,
    verdict         TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'approved', 'sent-back')),
    comment_sealed  BYTEA,
    PRIMARY KEY (organisation, case_id, version),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id),
    CONSTRAINT two_people CHECK (approver <> proposer),
    CONSTRAINT verdict_has_approver CHECK ((verdict = '') = (approver = ''))
);

-- The ledger of effects on connected systems (I5, I6).
CREATE TABLE effects (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL, -- UUIDv5 of the five fields below
    case_id      TEXT NOT NULL,
    connector    TEXT NOT NULL,
    action       TEXT NOT NULL,
    object       TEXT NOT NULL,
    plan_version BIGINT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('planned', 'attempting', 'verified', 'failed', 'waived')),
    fence        BIGINT NOT NULL DEFAULT 0,
    epoch        BIGINT NOT NULL,
    tries        BIGINT NOT NULL DEFAULT 0,
    error_code   TEXT NOT NULL DEFAULT '',
    planned_at   BIGINT NOT NULL,
    permitted_at BIGINT NOT NULL DEFAULT 0,
    verified_at  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, case_id, connector, action, object, plan_version),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

-- Notices: a stored letter, and a mail that points to it (I12: at most three
-- sends, one Message-ID).
CREATE TABLE notices (
    organisation  TEXT NOT NULL,
    id            TEXT NOT NULL,
    submission    TEXT NOT NULL,
    case_id       TEXT NOT NULL DEFAULT '',
    code          TEXT NOT NULL,
    occasion      TEXT NOT NULL,
    voice         TEXT NOT NULL,
    channel       TEXT NOT NULL CHECK (channel IN ('mail', 'page', 'post')),
    letter_sealed BYTEA,          -- sealed under the case's key, or the submission's
    letter_key    TEXT NOT NULL DEFAULT '',
    to_sealed     BYTEA,          -- the address, sealed under the submission's key
    mail_sealed   BYTEA,          -- subject and text of the mail; removed once accepted when it held a code
    message_id    TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('none', 'queued', 'sending', 'accepted', 'failed')),
    sends         BIGINT NOT NULL DEFAULT 0 CHECK (sends <= 3),
    next_try_at   BIGINT NOT NULL DEFAULT 0,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    error_code    TEXT NOT NULL DEFAULT '',
    queued_at     BIGINT NOT NULL,
    accepted_at   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    UNIQUE (organisation, submission, case_id, code, occasion),
    FOREIGN KEY (organisation, submission) REFERENCES submissions (organisation, id)
);
CREATE INDEX notices_to_send ON notices (organisation, state, next_try_at);

-- One-time codes: eight digits, ten minutes, five tries, single use.
CREATE TABLE codes (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    submission   TEXT NOT NULL,
    purpose      TEXT NOT NULL CHECK (purpose IN ('confirm', 'sign-in', 'download')),
    code_hash    TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    sent_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    tries        BIGINT NOT NULL DEFAULT 0,
    used_at      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, submission) REFERENCES submissions (organisation, id)
);
CREATE INDEX codes_of ON codes (organisation, submission, purpose, sent_at);

CREATE TABLE documents (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    submission   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    media_type   TEXT NOT NULL,
    size         BIGINT NOT NULL,
    data_sealed  BYTEA,
    uploaded_at  BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL DEFAULT 0,
    delete_at    BIGINT NOT NULL DEFAULT 0, -- 24 hours after the identity decision
    deleted_at   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, submission) REFERENCES submissions (organisation, id),
    CHECK ((deleted_at = 0) = (data_sealed IS NOT NULL))
);

CREATE TABLE packages (
    organisation    TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    version         BIGINT NOT NULL,
    digest          TEXT NOT NULL,
    size            BIGINT NOT NULL,
    data_sealed     BYTEA,
    ready_at        BIGINT NOT NULL,
    available_until BIGINT NOT NULL DEFAULT 0,
    downloads       BIGINT NOT NULL DEFAULT 0,
    max_downloads   BIGINT NOT NULL,
    last_at         BIGINT NOT NULL DEFAULT 0,
    deleted_at      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation, case_id, version),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

CREATE TABLE messages (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('message', 'question', 'answer', 'reason')),
    from_desk    BIGINT NOT NULL,
    author       TEXT NOT NULL DEFAULT '',
    question     TEXT NOT NULL DEFAULT '',
    text_sealed  BYTEA NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

-- Notes are staff's own: another table than messages, so that no query can mix them.
CREATE TABLE notes (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    author       TEXT NOT NULL,
    text_sealed  BYTEA NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (organisation, id),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

-- Who opened personal data, and why. One of the three tables that a GET may
-- write; written and committed before anything is given out.
CREATE TABLE openings (
    organisation TEXT NOT NULL,
    id           TEXT NOT NULL,
    case_id      TEXT NOT NULL DEFAULT '',
    submission   TEXT NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor        TEXT NOT NULL,
    purpose      TEXT NOT NULL,
    class        TEXT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);

-- The chained record of a case. Append only.
CREATE TABLE evidence (
    organisation TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor        TEXT NOT NULL,
    data         TEXT NOT NULL, -- canonical JSON: IDs, enums, counts, times, arithmetic
    prev_hash    TEXT NOT NULL,
    hash         TEXT NOT NULL,
    PRIMARY KEY (organisation, case_id, seq),
    FOREIGN KEY (organisation, case_id) REFERENCES cases (organisation, id)
);

-- Signed statements over all heads of all organisations and their number.
CREATE TABLE checkpoints (
    seq        BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL,
    heads      BIGINT NOT NULL,
    body       TEXT NOT NULL,
    signature  TEXT NOT NULL
);

-- The accepted journal: one row per filing that a client was told of (I14).
CREATE TABLE accepted (
    organisation TEXT NOT NULL,
    submission   TEXT NOT NULL,
    at           BIGINT NOT NULL,
    cases        BIGINT NOT NULL,
    PRIMARY KEY (organisation, submission)
);

-- Heartbeats of relay, sweep, postman: what /readyz and fsck look at.
CREATE TABLE heartbeats (
    name TEXT PRIMARY KEY,
    at   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE heartbeats;
DROP TABLE accepted;
DROP TABLE checkpoints;
DROP TABLE evidence;
DROP TABLE openings;
DROP TABLE notes;
DROP TABLE messages;
DROP TABLE packages;
DROP TABLE documents;
DROP TABLE codes;
DROP TABLE notices;
DROP TABLE effects;
DROP TABLE proposals;
DROP TABLE items;
DROP TABLE clock_events;
DROP TABLE milestones;
DROP TABLE tasks;
DROP TABLE commands;
DROP TABLE cases;
DROP TABLE submissions;
DROP TABLE drafts;
DROP TABLE keys;
DROP TABLE rate_counters;
DROP TABLE sessions;
DROP TABLE staff_roles;
DROP TABLE staff;
DROP TABLE organisations;
