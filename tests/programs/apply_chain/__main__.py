"""Outputs that wait for outputs."""
import pulumi
import pulumi_random as random

first = random.RandomInteger("first", min=1, max=5)
second = random.RandomInteger("second", min=first.result, max=first.result.apply(lambda n: n + 10))
joined = pulumi.Output.all(first.result, second.result).apply(lambda pair: f"{pair[0]}-{pair[1]}")
named = random.RandomPet("named", keepers={"joined": joined})
pulumi.export("joined", joined)
pulumi.export("json", pulumi.Output.json_dumps({"pet": named.id}))
