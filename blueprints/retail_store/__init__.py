"""Cameras that look for defects where things are made."""
