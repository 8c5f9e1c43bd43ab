"""Azure: the name rules of the resources that platforms use.

Source: Microsoft, "Naming rules and restrictions for Azure resources".
"""

import re
from dataclasses import dataclass

from engine.core.model import Failure
from engine.values import Props, is_unknown


@dataclass(frozen=True, slots=True)
class NameRule:
    """A name's property, its pattern, and the pattern in words."""

    key: str
    pattern: str
    words: str


_HYPHENS = "letters, digits and hyphens"
RULES = {
    "storage:StorageAccount": NameRule("accountName", r"[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits"),
    "storage:BlobContainer": NameRule(
        "containerName", r"(?!.*--)[a-z0-9$][a-z0-9-]{2,62}", "3 to 63 lower-case letters, digits and single hyphens"
    ),
    "keyvault:Vault": NameRule("vaultName", r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]", f"3 to 24 {_HYPHENS}"),
    "keyvault:ManagedHsm": NameRule("name", r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]", f"3 to 24 {_HYPHENS}"),
    "keyvault:Key": NameRule("keyName", r"[A-Za-z0-9-]{1,127}", f"1 to 127 {_HYPHENS}"),
    "keyvault:Secret": NameRule("secretName", r"[A-Za-z0-9-]{1,127}", f"1 to 127 {_HYPHENS}"),
    "containerregistry:Registry": NameRule("registryName", r"[A-Za-z0-9]{5,50}", "5 to 50 letters and digits"),
    "containerservice:ManagedCluster": NameRule(
        "resourceName", r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?", "1 to 63 letters, digits, '_' and hyphens"
    ),
    "containerservice:AgentPool": NameRule(
        "agentPoolName", r"[a-z][a-z0-9]{0,11}", "1 to 12 lower-case letters and digits, beginning with a letter"
    ),
    "dbforpostgresql:Server": NameRule(
        "serverName", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits and hyphens"
    ),
    "redisenterprise:RedisEnterprise": NameRule(
        "clusterName", r"(?!.*--)[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]", f"2 to 60 {_HYPHENS}"
    ),
    "eventhub:Namespace": NameRule("namespaceName", r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]", f"6 to 50 {_HYPHENS}"),
    "operationalinsights:Workspace": NameRule(
        "workspaceName", r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]", f"4 to 63 {_HYPHENS}"
    ),
    "network:VirtualNetwork": NameRule(
        "virtualNetworkName",
        r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?",
        "2 to 64 letters, digits, '.', '_', '-'",
    ),
    "resources:ResourceGroup": NameRule(
        "resourceGroupName", r"[\w.()-]{0,89}[\w()-]", "1 to 90 letters, digits, '_', '-', '.', parentheses"
    ),
    "managedidentity:UserAssignedIdentity": NameRule(
        "resourceName", r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}", "3 to 128 letters, digits, '_' and hyphens"
    ),
}


def failures(token: str, inputs: Props) -> list[Failure]:
    """A name that Azure would not take."""
    rule = RULES.get(token.partition(":")[2])
    name = inputs.get(rule.key) if rule else None
    if rule is None or not isinstance(name, str) or is_unknown(name) or re.fullmatch(rule.pattern, name):
        return []
    return [Failure(rule.key, f"'{name}' is no name here: {rule.words} ({len(name)} characters given)")]
