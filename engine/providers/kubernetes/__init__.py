"""The Kubernetes provider: server-side apply, dry-run previews, readiness, in pulumi-kubernetes' own terms."""
