"""Explicit dependencies, and an explicit provider given to a component."""
import pulumi
import pulumi_random as random

provider = random.Provider("chosen")


class Pair(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("example:deps:Pair", name, None, pulumi.ResourceOptions(providers=[provider]))
        self.one = random.RandomPet(f"{name}-one", opts=pulumi.ResourceOptions(parent=self))
        self.two = random.RandomPet(f"{name}-two", opts=pulumi.ResourceOptions(parent=self, depends_on=[self.one]))
        self.register_outputs({})


pair = Pair("pair")
random.RandomUuid("last", opts=pulumi.ResourceOptions(depends_on=[pair], provider=provider))
