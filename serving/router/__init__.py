"""Which replica of a model is asked: one that has seen the prompt's beginning and is not busy."""
