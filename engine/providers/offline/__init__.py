"""Clouds without a cloud: one provider for every installed `pulumi_*` SDK package, made from the SDK itself."""
