"""Many sites that run one workload, each in its own cluster: an inventory of them, rings, and a hub they ask."""
