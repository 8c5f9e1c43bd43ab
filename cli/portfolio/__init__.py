"""`domicile portfolio`: every stack, where it is, whose, what it costs and is held to, and what the gate says."""
