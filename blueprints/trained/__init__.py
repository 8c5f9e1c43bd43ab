"""Workloads that make models: a run with checkpoints, gates, and a version in the store at its end."""
