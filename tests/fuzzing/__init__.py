"""Inputs that nobody would write, for the four parsers of what comes from outside."""
