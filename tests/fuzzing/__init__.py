"""Inputs that nobody would write, for the five parsers of what comes from outside."""
