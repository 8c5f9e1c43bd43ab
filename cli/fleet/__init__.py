"""The commands about fleets of sites."""
