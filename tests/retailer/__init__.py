"""Tests of temix_retailer."""
