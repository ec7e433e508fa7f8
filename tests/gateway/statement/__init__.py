"""Tests of the gateway's statement."""
