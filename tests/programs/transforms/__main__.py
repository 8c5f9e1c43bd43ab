"""A stack transform, a component's transform and a resource's own."""
import pulumi
import pulumi_random as random


def longer(args):
    if args.type_ == "random:index/randomPet:RandomPet":
        return pulumi.ResourceTransformResult(props={**args.props, "prefix": "stack"}, opts=args.opts)
    return None


def numbered(args):
    if args.type_ == "random:index/randomPet:RandomPet":
        return pulumi.ResourceTransformResult(props={**args.props, "length": 4}, opts=args.opts)
    return None


pulumi.runtime.register_resource_transform(longer)


class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("example:transforms:Group", name, None, pulumi.ResourceOptions(transforms=[numbered]))
        self.pet = random.RandomPet(f"{name}-pet", opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({"pet": self.pet.id})


pulumi.export("pet", Group("group").pet.id)
