"""The market: tenders, transactions, positions, settlement; pure, without I/O."""
