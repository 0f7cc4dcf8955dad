"""Bringing the members of an archive into the memory, step after step: the work of `services.imports`."""
