"""A cluster on Azure: AKS, private, with identities from Entra alone."""

import ipaddress
from typing import Any

import pulumi_azure_native as azure
import pulumi_kubernetes as k8s
from pulumi import Output, ProviderResource, ResourceOptions

from components.clouds.azure.group import KEY_USER, Group, role
from components.cluster import kubeconfig, storage
from components.cluster.contract import ClusterArgs
from components.core import Component, first

NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
LOGS = ("kube-audit", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "guard", "cluster-autoscaler")
#: the application every AKS cluster accepts tokens for. Source: Azure/kubelogin
SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"


class AzureCluster(Component):
    """See the module."""

    TOKEN = "domicile:cluster/azure:Cluster"  # noqa: S105 a type token
    cluster: Output[str]
    endpoint: Output[str]
    issuer: Output[str]
    kubeconfig: Output[str]
    storage_class: Output[str]

    def __init__(
        self, name: str, args: ClusterArgs, group: Group, vault: Output[str], opts: ResourceOptions | None = None
    ) -> None:
        """Create the cluster; ``vault`` holds the key of its secrets."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("cluster")
        identity, leave = self._identity(args, group, vault, tags)
        subnet = first(args.nodes)
        pods = first(args.pods)
        made = azure.containerservice.ManagedCluster(
            f"{name}-cluster",
            **group.place,
            resource_name_=spec.name,
            kubernetes_version=spec.version,
            dns_prefix=spec.name,
            sku={"name": "Base", "tier": "Standard"},
            identity={
                "type": azure.containerservice.ResourceIdentityType.USER_ASSIGNED,
                "user_assigned_identities": [identity.id],
            },
            disable_local_accounts=True,
            enable_rbac=True,
            aad_profile={
                "managed": True,
                "enable_azure_rbac": True,
                "tenant_id": group.tenant,
                "admin_group_object_ids": list(spec.admins),
            },
            api_server_access_profile={
                "enable_private_cluster": not spec.open_to,
                "enable_private_cluster_public_fqdn": False,
                "authorized_ip_ranges": list(spec.open_to) or None,
            },
            oidc_issuer_profile={"enabled": True},
            security_profile={
                "workload_identity": {"enabled": True},
                "image_cleaner": {"enabled": True, "interval_hours": 48},
                "azure_key_vault_kms": {
                    "enabled": True,
                    "key_id": args.key,
                    "key_vault_network_access": "Private",
                    "key_vault_resource_id": vault,
                },
            },
            disk_encryption_set_id=group.disk_set(args.key),
            network_profile={
                "network_plugin": "azure",
                "network_dataplane": "cilium",
                "network_policy": "cilium",
                "service_cidr": spec.services,
                "dns_service_ip": _tenth(spec.services),
                "outbound_type": "userAssignedNATGateway",
                "load_balancer_sku": "standard",
            },
            agent_pool_profiles=[
                {
                    "name": "system",
                    "mode": "System",
                    "vm_size": spec.system_machine,
                    "count": spec.system_nodes,
                    "min_count": spec.system_nodes,
                    "max_count": 3 * spec.system_nodes,
                    "enable_auto_scaling": True,
                    "availability_zones": list(spec.zones),
                    "os_sku": "AzureLinux",
                    "enable_encryption_at_host": True,
                    "vnet_subnet_id": subnet,
                    "pod_subnet_id": pods,
                    "node_taints": ["CriticalAddonsOnly=true:NoSchedule"],
                    "tags": tags,
                }
            ],
            addon_profiles={"azurepolicy": {"enabled": True}},
            auto_upgrade_profile={"upgrade_channel": "patch", "node_os_upgrade_channel": "NodeImage"},
            storage_profile={"blob_csi_driver": {"enabled": True}, "file_csi_driver": {"enabled": True}},
            workload_auto_scaler_profile={"keda": {"enabled": True}},
            tags=tags,
            opts=self.child(depends_on=leave),
        )
        self._general(args, group, made, tags)
        self._logs(args, made)
        self.cluster = made.name
        self.endpoint = made.private_fqdn
        self.issuer = made.oidc_issuer_profile.apply(lambda found: str(found.issuer_url if found else ""))
        self.kubeconfig = Output.secret(
            Output.all(made.name, made.private_fqdn).apply(
                lambda found: kubeconfig.render(str(found[0]), f"https://{found[1]}:443", _login(group.tenant))
            )
        )
        self._kubernetes = k8s.Provider(f"{name}-kubernetes", kubeconfig=self.kubeconfig, opts=self.child())
        parameters = {"skuName": "PremiumV2_LRS", "diskEncryptionSetID": group.disk_set(args.key)}
        self.storage_class = storage.build(self, spec, self._kubernetes, "disk.csi.azure.com", parameters)
        self.finish()

    @property
    def kubernetes(self) -> ProviderResource:
        """The provider of what runs on it."""
        return self._kubernetes

    def _identity(
        self, args: ClusterArgs, group: Group, vault: Output[str], tags: dict[str, str]
    ) -> tuple[azure.managedidentity.UserAssignedIdentity, list[azure.authorization.RoleAssignment]]:
        identity = azure.managedidentity.UserAssignedIdentity(
            f"{self.name}-identity", **group.place, resource_name_=args.spec.name, tags=tags, opts=self.child()
        )
        rights = {"network": (args.network, NETWORK_CONTRIBUTOR), "key": (vault, KEY_USER)}
        leave = [
            azure.authorization.RoleAssignment(
                f"{self.name}-{part}",
                scope=scope,
                principal_id=identity.principal_id,
                principal_type="ServicePrincipal",
                role_definition_id=role(group.subscription, definition),
                opts=self.child(),
            )
            for part, (scope, definition) in rights.items()
        ]
        return identity, leave

    def _general(
        self, args: ClusterArgs, group: Group, made: azure.containerservice.ManagedCluster, tags: dict[str, str]
    ) -> None:
        """Nodes for what is neither the system's nor needs an accelerator."""
        spec = args.spec
        azure.containerservice.AgentPool(
            f"{self.name}-general",
            resource_group_name=group.name,
            resource_name_=made.name,
            agent_pool_name="general",
            mode="User",
            vm_size=spec.system_machine,
            count=1,
            min_count=1,
            max_count=10,
            enable_auto_scaling=True,
            availability_zones=list(spec.zones),
            os_sku="AzureLinux",
            enable_encryption_at_host=True,
            vnet_subnet_id=first(args.nodes),
            pod_subnet_id=first(args.pods),
            tags=tags,
            opts=self.child(ignore_changes=["count"]),
        )

    def _logs(self, args: ClusterArgs, made: azure.containerservice.ManagedCluster) -> None:
        logs: list[Any] = [{"category": category, "enabled": True} for category in LOGS]
        azure.monitor.DiagnosticSetting(
            f"{self.name}-logs",
            name="audit",
            resource_uri=made.id,
            storage_account_id=args.audit,
            logs=logs,
            opts=self.child(),
        )


def _tenth(services: str) -> str:
    """The DNS service's address: the tenth of the services' range."""
    return str(ipaddress.ip_network(services)[10])


def _login(tenant: str) -> tuple[str, ...]:
    return ("kubelogin", "get-token", "--login", "azurecli", "--server-id", SERVER, "--tenant-id", tenant)
