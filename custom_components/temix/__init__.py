"""TeMIX transactive energy."""
