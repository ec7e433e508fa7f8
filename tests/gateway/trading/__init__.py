"""Tests of the trader and the outbox."""
