"""The market's language: intervals, tenders, transactions, positions and settlement, without I/O."""
