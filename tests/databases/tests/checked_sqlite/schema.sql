CREATE TABLE patient (
    id         TEXT PRIMARY KEY NOT NULL,
    ssn        BLOB NOT NULL,
    ssn_index  BLOB UNIQUE,
    name       BLOB NOT NULL,
    name_words BLOB NOT NULL,
    note       BLOB
);
