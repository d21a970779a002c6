-- Where each partition is read on: written in the transaction that holds its outcomes, by the owner of the epoch alone.
CREATE TABLE {table} (
    pipeline text COLLATE "C" NOT NULL,
    consumer_group text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    next_offset bigint,
    epoch bigint NOT NULL,
    owner text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pipeline, consumer_group, topic, partition)
);
COMMENT ON TABLE {table} IS 'Where scoregate reads on, exactly once: the truth, whatever the group''s committed offsets say';
COMMENT ON COLUMN {table}.next_offset IS 'The first record that is not dealt with; NULL where none ever was';
COMMENT ON COLUMN {table}.epoch IS 'Counts the owners: rows of an earlier one are refused';
COMMENT ON COLUMN {table}.owner IS 'The gateway that claimed it last';
