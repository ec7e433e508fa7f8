"""Tests of temix_gateway."""
