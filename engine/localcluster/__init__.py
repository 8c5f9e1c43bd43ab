"""A real control plane on this machine, with simulated GPU nodes.

Scheduling, quotas, rollouts and admission are real; containers are not run.
"""
