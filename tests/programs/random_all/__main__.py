"""Every resource of pulumi-random."""
import pulumi
import pulumi_random as random

identifier = random.RandomId("id", byte_length=8, prefix="x-")
number = random.RandomInteger("number", min=1, max=10)
pet = random.RandomPet("pet", length=3, separator="_")
text = random.RandomString("text", length=12, special=False, upper=False)
shuffled = random.RandomShuffle("shuffled", inputs=["a", "b", "c"], result_count=2)
uuid = random.RandomUuid("uuid")
raw = random.RandomBytes("bytes", length=16)
pulumi.export("hex", identifier.hex)
pulumi.export("number", number.result)
pulumi.export("pet", pet.id)
pulumi.export("text", text.result)
pulumi.export("shuffled", shuffled.results)
pulumi.export("uuid", uuid.result)
