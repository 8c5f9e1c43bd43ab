"""A trial on a hosted model: in the region, with a cap and an end."""
