"""The organisation memory as modules use it: clients, what they answer, and what can go wrong."""
