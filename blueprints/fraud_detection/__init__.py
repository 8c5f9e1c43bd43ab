"""Decisions about transactions while they wait."""
