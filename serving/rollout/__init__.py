"""Rollouts that are judged: a canary gets a share of an alias's requests, and more only while it is no worse."""
