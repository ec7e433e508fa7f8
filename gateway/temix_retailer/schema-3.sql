-- What version 3 of the book has beside version 2.

CREATE TABLE invitations (          -- codes by which a home enrols itself
    code_sha256 TEXT    NOT NULL PRIMARY KEY,
    home        TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    invited_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE redemptions (          -- codes that were used, and the certificate that the client was given
    code_sha256        TEXT    NOT NULL PRIMARY KEY REFERENCES invitations (code_sha256),
    client_id          TEXT    NOT NULL UNIQUE REFERENCES clients (client_id),
    certificate_sha256 TEXT    NOT NULL,
    redeemed_at        INTEGER NOT NULL
) STRICT;
