"""What an organisation wants to know of a workload: what for, how risky, who agreed, how far it has come."""
