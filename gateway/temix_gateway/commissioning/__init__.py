"""Commissioning by an installer: questions, checks and the record. It knows no page and no command line."""
