"""Placement, sizing and cost: pure functions from a workload and the catalog to decisions with their reasons."""
