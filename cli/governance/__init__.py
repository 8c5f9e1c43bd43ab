"""`domicile promote`, `domicile maturity`, `domicile records`: how far workloads have come."""
