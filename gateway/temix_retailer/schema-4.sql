-- What version 4 of the book has beside version 3: tenders of the homes' own.

CREATE TABLE rebuilt (              -- messages, which may be of two more kinds
    home        TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (
        kind IN ('answer', 'void', 'subscription', 'delivery', 'acceptance', 'ending')
    ),
    energy      TEXT    NOT NULL,   -- signed by the load-serving entity
    transport   TEXT    NOT NULL,   -- signed by the distribution operator; empty where the other speaks alone
    head        TEXT    NOT NULL,
    sent_at     INTEGER NOT NULL,
    PRIMARY KEY (home, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO rebuilt SELECT * FROM messages;
DROP TABLE messages;
ALTER TABLE rebuilt RENAME TO messages;

CREATE TABLE home_tenders (         -- what a home would trade, from its opening; the side is the home's
    home       TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    start      INTEGER NOT NULL,
    duration   INTEGER NOT NULL,
    side       TEXT    NOT NULL CHECK (side IN ('BUY', 'SELL')),
    price      INTEGER NOT NULL,    -- of energy and transport together
    quantity   INTEGER NOT NULL CHECK (quantity > 0),
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (home, key),
    FOREIGN KEY (home, key) REFERENCES orders (home, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE acceptances (          -- parts of them that were accepted, each a pair
    home   TEXT    NOT NULL,
    tender TEXT    NOT NULL,
    place  INTEGER NOT NULL,
    key    TEXT    NOT NULL,
    PRIMARY KEY (home, tender, place),
    FOREIGN KEY (home, tender) REFERENCES home_tenders (home, key),
    FOREIGN KEY (home, key) REFERENCES pairs (home, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE endings (              -- how each ended, and the message that says so
    home     TEXT    NOT NULL,
    tender   TEXT    NOT NULL,
    reason   TEXT    NOT NULL CHECK (reason IN ('LAPSED', 'CANCELED', 'FILLED')),
    sequence INTEGER NOT NULL,
    PRIMARY KEY (home, tender),
    FOREIGN KEY (home, tender) REFERENCES home_tenders (home, key),
    FOREIGN KEY (home, sequence) REFERENCES messages (home, sequence)
) STRICT, WITHOUT ROWID;
