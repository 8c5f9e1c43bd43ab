"""An asynchronous program."""
import asyncio

import pulumi
import pulumi_random as random


async def main():
    await asyncio.sleep(0)
    pet = random.RandomPet("pet")
    return {"pet": pet.id}


pulumi.run(main)
