"""The package of components, as Pulumi starts it (PulumiPlugin.yaml): `packages: {domicile: PATH}` in Pulumi.yaml."""

from pulumi.provider.experimental import component_provider_host

from stacks.component import Workload

if __name__ == "__main__":
    component_provider_host([Workload], "domicile")
