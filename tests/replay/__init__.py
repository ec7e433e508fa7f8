"""Tests of temix_replay."""
