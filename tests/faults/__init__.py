"""Tests of trouble: power cuts, lost links, wrong clocks."""
