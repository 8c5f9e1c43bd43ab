"""Options that change nothing by themselves: timeouts, retain, ignore, secret outputs, protect off."""
import pulumi
import pulumi_random as random

random.RandomPet(
    "kept",
    opts=pulumi.ResourceOptions(
        custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="1h30m"),
        ignore_changes=["keepers"],
        additional_secret_outputs=["separator"],
        delete_before_replace=True,
        protect=False,
        retain_on_delete=True,
    ),
)
base = random.RandomUuid("base")
random.RandomPet("with-base", opts=pulumi.ResourceOptions(deleted_with=base, replace_on_changes=["length"]))
