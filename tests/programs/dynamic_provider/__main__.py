"""A dynamic provider, serialised with the program."""
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class Counter(ResourceProvider):
    def create(self, props):
        return CreateResult("counter-1", {"start": props["start"], "next": props["start"] + 1})

    def diff(self, _id, olds, news):
        return DiffResult(changes=olds.get("start") != news.get("start"))

    def update(self, _id, _olds, news):
        return UpdateResult({"start": news["start"], "next": news["start"] + 1})


class CounterResource(Resource):
    next: pulumi.Output[int]

    def __init__(self, name, start, opts=None):
        super().__init__(Counter(), name, {"start": start, "next": None}, opts)


counter = CounterResource("counter", 41)
pulumi.export("next", counter.next)
