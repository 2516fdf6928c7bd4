CREATE TABLE patient (
    id         TEXT PRIMARY KEY,
    ssn        BYTEA NOT NULL,
    ssn_index  BYTEA UNIQUE,
    name       BYTEA NOT NULL,
    name_words BYTEA[] NOT NULL,
    note       BYTEA
);
