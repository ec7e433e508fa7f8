-- The retailer's book. Rows are only ever added: a change is a new row, the newest counts.
-- Instants are ms since 1970 (UTC), energies Wh, prices millionths of the currency unit per kWh.

CREATE TABLE clients (              -- who may log in, and for which home
    client_id     TEXT    NOT NULL PRIMARY KEY,
    home          TEXT    NOT NULL,
    secret_sha256 TEXT    NOT NULL,
    expires_at    INTEGER NOT NULL,
    enrolled_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE homes (                -- the key with which a home signs
    id            INTEGER PRIMARY KEY,
    home          TEXT    NOT NULL,
    jwk           TEXT    NOT NULL,
    registered_at INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_of_home ON homes (home, id);

CREATE TABLE plans (                -- a home's subscription: Wh by kind of day and local hour, and its fixed prices
    id              INTEGER PRIMARY KEY,
    home            TEXT    NOT NULL,
    quantities      TEXT    NOT NULL,
    energy_price    INTEGER NOT NULL,
    transport_price INTEGER NOT NULL,
    planned_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX plans_of_home ON plans (home, id);

CREATE TABLE publications (         -- what was published when; the prices that may become spot
    author       TEXT    NOT NULL,
    sequence     INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    digest       TEXT    NOT NULL,
    quotes       TEXT    NOT NULL,
    PRIMARY KEY (author, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE spots (                -- frozen: the last 5-minute prices published before the interval began
    author    TEXT    NOT NULL,
    start     INTEGER NOT NULL,
    sell      INTEGER NOT NULL,
    buy       INTEGER NOT NULL,
    frozen_at INTEGER NOT NULL,
    PRIMARY KEY (author, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (             -- what the retailer told a home, in one numbered chain for each home
    home        TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('answer', 'void', 'subscription', 'delivery')),
    energy      TEXT    NOT NULL,   -- signed by the load-serving entity
    transport   TEXT    NOT NULL,   -- signed by the distribution operator; empty where the other speaks alone
    head        TEXT    NOT NULL,
    sent_at     INTEGER NOT NULL,
    PRIMARY KEY (home, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (               -- every key that ever got its definite answer; a void one may have no order
    home        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    home_number INTEGER NOT NULL,   -- among the home's orders: without gaps, a void one fills its own
    digest      TEXT    NOT NULL,   -- SHA-256 of the home's message
    signed      TEXT,
    code        INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    newer       TEXT,
    remaining   INTEGER,
    sequence    INTEGER NOT NULL,
    PRIMARY KEY (home, key),
    UNIQUE (home, home_number),
    FOREIGN KEY (home, sequence) REFERENCES messages (home, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_of_message ON orders (home, sequence);

CREATE TABLE pairs (                -- what is booked; quantity is the home's, buying positive
    home             TEXT    NOT NULL,
    key              TEXT    NOT NULL,
    kind             TEXT    NOT NULL CHECK (kind IN ('trade', 'subscription')),
    start            INTEGER NOT NULL,
    duration         INTEGER NOT NULL,
    quantity         INTEGER NOT NULL CHECK (quantity <> 0),
    energy_tender    TEXT    NOT NULL,
    energy_author    TEXT    NOT NULL,
    energy_price     INTEGER NOT NULL,
    transport_tender TEXT    NOT NULL,
    transport_author TEXT    NOT NULL,
    transport_price  INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    booked_at        INTEGER NOT NULL,
    PRIMARY KEY (home, key),
    FOREIGN KEY (home, sequence) REFERENCES messages (home, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX pairs_of_time ON pairs (start, home);
CREATE INDEX pairs_of_message ON pairs (home, sequence);
CREATE UNIQUE INDEX one_subscription_an_hour ON pairs (home, start) WHERE kind = 'subscription';

CREATE TABLE deliveries (           -- 5-minute meter readings; a correction is a later row; the retailer's own win
    id          INTEGER PRIMARY KEY,
    home        TEXT    NOT NULL,
    start       INTEGER NOT NULL,
    source      TEXT    NOT NULL CHECK (source IN ('home', 'retailer')),
    energy      INTEGER NOT NULL,
    estimated   INTEGER NOT NULL CHECK (estimated IN (0, 1)),
    corrects    INTEGER REFERENCES deliveries (id),
    received_at INTEGER NOT NULL    -- a home's report: when it was signed, so that a late one is noticed
) STRICT;
CREATE INDEX deliveries_of_home ON deliveries (home, start, id);
CREATE UNIQUE INDEX one_first_delivery ON deliveries (home, start, source) WHERE corrects IS NULL;

CREATE TABLE alarms (               -- what must not happen, such as a key that came with other content
    id        INTEGER PRIMARY KEY,
    home      TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    raised_at INTEGER NOT NULL
) STRICT;
