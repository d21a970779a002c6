-- The releases that were added for a slot, in their order.
CREATE TABLE slot_releases (
    nth         INTEGER PRIMARY KEY AUTOINCREMENT,
    slot        TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES releases (digest),
    added_at_ms INTEGER NOT NULL,
    UNIQUE (slot, digest)
);
-- Append-only: who did what. A change's sequence is its revision.
CREATE TABLE record (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms       INTEGER NOT NULL,
    gateway     TEXT NOT NULL,
    who         TEXT NOT NULL,
    sender      TEXT NOT NULL,      -- from where
    action      TEXT NOT NULL,
    slots       TEXT NOT NULL,      -- JSON: {slot: {"before": state or null, "after": state}}
    detail      TEXT NOT NULL       -- JSON
);
-- Append-only: the last row of a slot says what serves. Two changes of one state cannot both follow it.
CREATE TABLE slot_states (
    slot        TEXT NOT NULL,
    revision    INTEGER NOT NULL REFERENCES record (sequence),
    previous    INTEGER NOT NULL,   -- the slot's revision before; 0: none
    state       TEXT NOT NULL,      -- JSON
    PRIMARY KEY (slot, revision),
    UNIQUE (slot, previous)
) WITHOUT ROWID;
CREATE INDEX slot_states_revision ON slot_states (revision);

CREATE TRIGGER record_is_not_edited BEFORE UPDATE ON record
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER record_is_not_cut BEFORE DELETE ON record
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER slot_states_are_not_edited BEFORE UPDATE ON slot_states
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER slot_states_are_not_cut BEFORE DELETE ON slot_states
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

-- A store of the first version: what was activated last becomes each slot's first record.
INSERT INTO slot_releases (slot, digest, added_at_ms)
    SELECT slot, digest, min(at_ms) FROM activations GROUP BY slot, digest ORDER BY min(sequence);
INSERT INTO record (at_ms, gateway, who, sender, action, slots, detail)
    SELECT at_ms, '', 'start', 'an earlier version', 'first',
        json_object(slot, json_object('before', NULL,
            'after', json_object('active', digest, 'previous', NULL, 'rollout', NULL))),
        json_object('reason', 'carried over from a store of an earlier version')
    FROM activations AS a
    WHERE sequence = (SELECT max(sequence) FROM activations WHERE slot = a.slot)
    ORDER BY sequence;
INSERT INTO slot_states (slot, revision, previous, state)
    SELECT part.key, record.sequence, 0, json_extract(part.value, '$.after')
    FROM record, json_each(record.slots) AS part;
