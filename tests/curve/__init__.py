"""Curves of prices: days, levels, windows."""
