"""A secret in the platform's vault."""

import pulumi_azure_native as azure
from pulumi import Input, Output

from components.clouds.azure.group import Group
from components.core import Component


def build(owner: Component, group: Group, key: Input[str], value: Input[str], tags: dict[str, str]) -> Output[str]:
    """Keep a value in the vault of a key; returns the secret's URI."""
    vault = Output.from_input(key).apply(lambda uri: uri.removeprefix("https://").partition(".")[0])
    made = azure.keyvault.Secret(
        f"{owner.name}-secret",
        resource_group_name=group.name,
        vault_name=vault,
        secret_name=owner.name,
        properties={"value": value},
        tags=tags,
        opts=owner.child(),
    )
    return made.properties.apply(lambda found: str(found.secret_uri))
