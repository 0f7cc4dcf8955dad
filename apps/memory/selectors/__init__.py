"""Reads of the memory, by noun."""
