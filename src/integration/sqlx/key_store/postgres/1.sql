-- Ids are compared byte by byte, whatever the database's collation is.
CREATE TABLE phi_seal_keys (
    key_id BYTEA NOT NULL,
    tenant TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL, -- empty: the tenant's own key
    key_use TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    minimum_version BIGINT NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    wrapped BYTEA,
    created BIGINT NOT NULL, -- seconds since 1970
    changed BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    CONSTRAINT phi_seal_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT phi_seal_keys_versions UNIQUE (tenant, subject, key_use, version),
    CONSTRAINT phi_seal_keys_ids CHECK (octet_length(key_id) = 32 AND octet_length(mac) = 32),
    CONSTRAINT phi_seal_keys_scope
        CHECK (tenant <> '' AND key_use IN ('seal', 'index', 'audit', 'root')),
    CONSTRAINT phi_seal_keys_numbers CHECK (
        version BETWEEN 1 AND 4294967295 AND minimum_version BETWEEN 0 AND 4294967295
        AND created >= 0 AND changed >= 0
    ),
    CONSTRAINT phi_seal_keys_state
        CHECK (state IN ('active', 'decrypt-only', 'disabled', 'destroyed')),
    CONSTRAINT phi_seal_keys_wrapped CHECK ((state = 'destroyed') = (wrapped IS NULL))
);

CREATE UNIQUE INDEX phi_seal_keys_one_active
    ON phi_seal_keys (tenant, subject, key_use) WHERE state = 'active';

-- One row.
CREATE TABLE phi_seal_store (
    singleton BIGINT NOT NULL,
    schema_version BIGINT NOT NULL,
    generation BIGINT NOT NULL, -- how many keys were destroyed
    CONSTRAINT phi_seal_store_pkey PRIMARY KEY (singleton),
    CONSTRAINT phi_seal_store_singleton CHECK (singleton = 1),
    CONSTRAINT phi_seal_store_numbers CHECK (schema_version > 0 AND generation >= 0)
);

INSERT INTO phi_seal_store (singleton, schema_version, generation) VALUES (1, 1, 0);
