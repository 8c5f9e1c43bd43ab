"""Offers at a store's tills, from the centre or from the store."""
