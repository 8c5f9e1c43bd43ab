"""What makes resources: the built-in providers, and Pulumi's own plugins where they are installed."""
