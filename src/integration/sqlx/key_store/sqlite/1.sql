-- A type is advice to SQLite, so that each column has a check as well.
CREATE TABLE phi_seal_keys (
    key_id BLOB NOT NULL,
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL, -- empty: the tenant's own key
    key_use TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    minimum_version INTEGER NOT NULL,
    reference TEXT NOT NULL,
    wrapped BLOB,
    created INTEGER NOT NULL, -- seconds since 1970
    changed INTEGER NOT NULL,
    mac BLOB NOT NULL,
    CONSTRAINT phi_seal_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT phi_seal_keys_versions UNIQUE (tenant, subject, key_use, version),
    CONSTRAINT phi_seal_keys_types CHECK (
        typeof(key_id) = 'blob' AND typeof(mac) = 'blob' AND typeof(wrapped) IN ('blob', 'null')
        AND typeof(tenant) = 'text' AND typeof(subject) = 'text' AND typeof(reference) = 'text'
        AND typeof(version) = 'integer' AND typeof(minimum_version) = 'integer'
        AND typeof(created) = 'integer' AND typeof(changed) = 'integer'
    ),
    CONSTRAINT phi_seal_keys_ids CHECK (length(key_id) = 32 AND length(mac) = 32),
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
    singleton INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    generation INTEGER NOT NULL, -- how many keys were destroyed
    CONSTRAINT phi_seal_store_pkey PRIMARY KEY (singleton),
    CONSTRAINT phi_seal_store_singleton CHECK (singleton = 1),
    CONSTRAINT phi_seal_store_numbers CHECK (
        typeof(schema_version) = 'integer' AND schema_version > 0
        AND typeof(generation) = 'integer' AND generation >= 0
    )
);

INSERT INTO phi_seal_store (singleton, schema_version, generation) VALUES (1, 1, 0);
