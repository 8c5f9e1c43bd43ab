"""The packs' rules as the API server itself can ask them, in its own language (CEL)."""
