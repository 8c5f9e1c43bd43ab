"""Running Pulumi Python programs: in a process of their own, or in this one."""
