"""An identity on Azure: a managed identity that one Kubernetes account may act as."""

from collections.abc import Mapping

import pulumi_azure_native as azure
from pulumi import Input, Output, ResourceOptions

from components.clouds.azure.group import BLOB_CONTRIBUTOR, BLOB_READER, Group, role
from components.core import Component
from components.identity.contract import IdentityArgs
from components.identity.spec import Access, Use

#: built-in roles by kind and access. Source: Azure, "Built-in roles"
ROLES: dict[tuple[str, Access], str] = {
    ("object_store", Access.READ): BLOB_READER,
    ("object_store", Access.WRITE): BLOB_CONTRIBUTOR,
    ("queue", Access.READ): "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
    ("queue", Access.WRITE): "2b629674-e913-4c01-ae53-ef4638d8f975",
    ("secret", Access.READ): "4633458b-17de-408a-b874-0445c86b69e6",
    ("warehouse", Access.READ): BLOB_READER,
    ("warehouse", Access.WRITE): BLOB_CONTRIBUTOR,
    ("registry", Access.READ): "7f951dda-4ed3-4680-a7ca-43fe172d538d",
}


class AzureIdentity(Component):
    """See the module."""

    TOKEN = "domicile:identity/azure:Identity"  # noqa: S105 a type token
    principal: Output[str]
    annotations: Output[Mapping[str, str]]
    marks: Mapping[str, Output[str]]

    def __init__(self, name: str, args: IdentityArgs, group: Group, opts: ResourceOptions | None = None) -> None:
        """Create the identity."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = azure.managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            **group.place,
            resource_name_=spec.name,
            tags=spec.ownership.tags(spec.name),
            opts=self.child(),
        )
        azure.managedidentity.FederatedIdentityCredential(
            f"{name}-workload",
            resource_group_name=group.name,
            resource_name_=made.name,
            federated_identity_credential_resource_name=spec.service_account,
            issuer=args.issuer,
            subject=f"system:serviceaccount:{spec.namespace}:{spec.service_account}",
            audiences=["api://AzureADTokenExchange"],
            opts=self.child(),
        )
        for use in spec.uses:
            azure.authorization.RoleAssignment(
                f"{name}-{use.name}-{use.access}",
                scope=_scope(group, use, args.resources[use.name]),
                principal_id=made.principal_id,
                principal_type="ServicePrincipal",
                role_definition_id=role(group.subscription, ROLES[use.kind, use.access]),
                opts=self.child(),
            )
        self.principal = made.client_id
        self.marks = {"azure.workload.identity/client-id": made.client_id}
        self.annotations = Output.all(**self.marks)
        self.finish()


def _scope(group: Group, use: Use, resource: Input[str]) -> Input[str]:
    """What a role is given on; a secret goes by its address, as `https://<vault>.vault.azure.net/secrets/<name>`."""
    if use.kind != "secret":
        return resource
    return Output.all(resource, group.name).apply(lambda found: _secret(group.subscription, *found))


def _secret(subscription: str, uri: str, name: str) -> str:
    vault, _, rest = uri.removeprefix("https://").partition("/secrets/")
    at = f"/subscriptions/{subscription}/resourceGroups/{name}/providers/Microsoft.KeyVault/vaults"
    return f"{at}/{vault.partition('.')[0]}/secrets/{rest.partition('/')[0]}"
