"""Components within components, each with outputs."""
import pulumi


class Leaf(pulumi.ComponentResource):
    def __init__(self, name, size, opts=None):
        super().__init__("example:tree:Leaf", name, {"size": size}, opts)
        self.size = pulumi.Output.from_input(size)
        self.register_outputs({"size": self.size})


class Branch(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("example:tree:Branch", name, None, opts)
        self.leaves = [Leaf(f"{name}-{i}", i, pulumi.ResourceOptions(parent=self)) for i in range(3)]
        self.register_outputs({"total": pulumi.Output.all(*[leaf.size for leaf in self.leaves]).apply(sum)})


branches = [Branch(f"branch-{i}") for i in range(3)]
pulumi.export("urns", [branch.urn for branch in branches])
