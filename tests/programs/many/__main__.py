"""Two hundred resources at once."""
import pulumi
import pulumi_random as random

pets = [random.RandomPet(f"pet-{i}", keepers={"i": str(i)}) for i in range(100)]
for i in range(100):
    random.RandomUuid(f"uuid-{i}", keepers={"pet": pets[i].id})
pulumi.export("count", len(pets))
