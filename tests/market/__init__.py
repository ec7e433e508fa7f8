"""Tests of temix_market."""
