"""Tests of the simulated home."""
