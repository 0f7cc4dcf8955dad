"""Writes of the memory, by noun."""
