"""A known model, made better at a task by examples."""
