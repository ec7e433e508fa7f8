"""Tests with real processes, a real Home Assistant and a real browser."""
