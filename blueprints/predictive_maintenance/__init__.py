"""Machines whose sensors tell when they will fail."""
