"""A run of your own trainer."""
