"""Workloads that decide: a classic model scores, bounds say what a score means, rules and people stand in."""
