"""The statement: what a home owes for a period, as a message, a table and a page."""
