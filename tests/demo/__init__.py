"""Tests of the demo's simulated home; the whole demo is tested end to end in tests/e2e."""
