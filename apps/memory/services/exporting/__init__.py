"""Writing the members of an archive, as of one moment: the work of `services.exports`."""
