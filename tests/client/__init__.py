"""Tests of the integration's client."""
