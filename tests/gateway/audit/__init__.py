"""Tests of the gateway's audit."""
