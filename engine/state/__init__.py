"""State in Pulumi's own checkpoint format and file-backend layout."""
