"""Documents to fields, with people for those that cannot be read."""
