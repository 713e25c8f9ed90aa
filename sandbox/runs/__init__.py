"""Runs: what was ordered, written down as it happens, and done again."""
