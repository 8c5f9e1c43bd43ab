"""CrossGuard packs: run as Pulumi runs them, over the Analyzer protocol, or in process by the same classes."""
