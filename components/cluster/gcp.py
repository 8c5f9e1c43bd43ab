"""A cluster on Google Cloud: GKE over the zones of a region, private, with its own node pool for the system."""

import pulumi_gcp as gcp
import pulumi_kubernetes as k8s
from pulumi import Output, ProviderResource, ResourceOptions

from components.cluster import kubeconfig, storage
from components.cluster.contract import ClusterArgs
from components.core import Component, first
from components.network.gcp import SERVICES

NODE_ROLES = (
    "roles/container.defaultNodeServiceAccount",
    "roles/artifactregistry.reader",
)
LOGS = ("SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER")


class GcpCluster(Component):
    """See the module."""

    TOKEN = "domicile:cluster/gcp:Cluster"  # noqa: S105 a type token
    cluster: Output[str]
    endpoint: Output[str]
    issuer: Output[str]
    kubeconfig: Output[str]
    storage_class: Output[str]

    def __init__(self, name: str, args: ClusterArgs, project: str, opts: ResourceOptions | None = None) -> None:
        """Create the cluster."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.google_labels("cluster")
        account = gcp.serviceaccount.Account(
            f"{name}-nodes",
            account_id=f"{spec.name[:22]}-nodes",
            display_name=f"Nodes of {spec.name}",
            opts=self.child(),
        )
        for role in NODE_ROLES:
            gcp.projects.IAMMember(
                f"{name}-nodes-{role.rpartition('/')[2]}",
                project=project,
                role=role,
                member=account.email.apply(lambda email: f"serviceAccount:{email}"),
                opts=self.child(),
            )
        made = gcp.container.Cluster(
            f"{name}-cluster",
            name=spec.name,
            location=spec.region,
            node_locations=list(spec.zones),
            network=args.network,
            subnetwork=first(args.nodes),
            ip_allocation_policy={
                "cluster_secondary_range_name": first(args.pods),
                "services_secondary_range_name": SERVICES,
            },
            networking_mode="VPC_NATIVE",
            datapath_provider="ADVANCED_DATAPATH",
            min_master_version=spec.version,
            release_channel={"channel": "REGULAR"},
            remove_default_node_pool=True,
            initial_node_count=1,
            deletion_protection=True,
            enable_shielded_nodes=True,
            private_cluster_config={
                "enable_private_nodes": True,
                "enable_private_endpoint": not spec.open_to,
                "master_global_access_config": {"enabled": False},
            },
            master_authorized_networks_config={
                "cidr_blocks": [{"cidr_block": one, "display_name": "allowed"} for one in spec.open_to],
                "gcp_public_cidrs_access_enabled": False,
            },
            database_encryption={"state": "ENCRYPTED", "key_name": args.key},
            workload_identity_config={"workload_pool": f"{project}.svc.id.goog"},
            binary_authorization={"evaluation_mode": "PROJECT_SINGLETON_POLICY_ENFORCE"},
            master_auth={"client_certificate_config": {"issue_client_certificate": False}},
            logging_config={"enable_components": list(LOGS)},
            monitoring_config={"managed_prometheus": {"enabled": True}},
            security_posture_config={"mode": "BASIC", "vulnerability_mode": "VULNERABILITY_BASIC"},
            addons_config={
                "gcp_filestore_csi_driver_config": {"enabled": True},
                "gcs_fuse_csi_driver_config": {"enabled": True},
                "dns_cache_config": {"enabled": True},
            },
            maintenance_policy={"daily_maintenance_window": {"start_time": "02:00"}},
            node_pool_auto_config={"node_kubelet_config": {"insecure_kubelet_readonly_port_enabled": "FALSE"}},
            resource_labels=labels,
            opts=self.child(),
        )
        self._system(args, made, account, labels)
        self.cluster = made.name
        self.endpoint = made.endpoint
        self.issuer = Output.from_input(f"{project}.svc.id.goog")
        self.kubeconfig = Output.secret(
            Output.all(
                made.name, made.endpoint, made.master_auth.apply(lambda found: found.cluster_ca_certificate)
            ).apply(
                lambda found: kubeconfig.render(
                    str(found[0]),
                    f"https://{found[1]}",
                    ("gke-gcloud-auth-plugin",),
                    authority=str(found[2]),
                    cluster_info=True,
                )
            )
        )
        self._kubernetes = k8s.Provider(f"{name}-kubernetes", kubeconfig=self.kubeconfig, opts=self.child())
        parameters = {"type": "hyperdisk-balanced", "disk-encryption-kms-key": args.key}
        self.storage_class = storage.build(self, spec, self._kubernetes, "pd.csi.storage.gke.io", parameters)
        self.finish()

    @property
    def kubernetes(self) -> ProviderResource:
        """The provider of what runs on it."""
        return self._kubernetes

    def _system(
        self,
        args: ClusterArgs,
        made: gcp.container.Cluster,
        account: gcp.serviceaccount.Account,
        labels: dict[str, str],
    ) -> None:
        spec = args.spec
        gcp.container.NodePool(
            f"{self.name}-system",
            name="system",
            cluster=made.id,
            location=spec.region,
            autoscaling={"total_min_node_count": spec.system_nodes, "total_max_node_count": 3 * spec.system_nodes},
            management={"auto_repair": True, "auto_upgrade": True},
            upgrade_settings={"strategy": "SURGE", "max_surge": 1, "max_unavailable": 0},
            node_config={
                "machine_type": spec.system_machine,
                "disk_size_gb": 100,
                "boot_disk_kms_key": args.key,
                "service_account": account.email,
                "oauth_scopes": ["https://www.googleapis.com/auth/cloud-platform"],
                "workload_metadata_config": {"mode": "GKE_METADATA"},
                "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
                "metadata": {"disable-legacy-endpoints": "true"},
                "resource_labels": labels,
            },
            opts=self.child(),
        )
