"""The ledger: one writer, append-only, hash-chained SQLite."""
