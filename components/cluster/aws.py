"""A cluster on AWS: EKS in Auto Mode, whose nodes AWS patches and which brings Karpenter, storage and GPU drivers."""

import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pulumi import Output, ProviderResource, ResourceOptions

from components.clouds.aws import delivery, logs
from components.clouds.aws.iam import policy, trust
from components.cluster import kubeconfig, storage
from components.cluster.contract import ClusterArgs
from components.core import Component

CLUSTER_POLICIES = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
NODE_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


class AwsCluster(Component):
    """See the module."""

    TOKEN = "domicile:cluster/aws:Cluster"  # noqa: S105 a type token
    cluster: Output[str]
    endpoint: Output[str]
    issuer: Output[str]
    kubeconfig: Output[str]
    storage_class: Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: ResourceOptions | None = None) -> None:
        """Create the cluster."""
        super().__init__(name, args, opts)
        spec = args.spec
        self._tags = spec.ownership.tags("cluster")
        role = self._role(
            f"{name}-cluster",
            trust("eks.amazonaws.com", actions=("sts:AssumeRole", "sts:TagSession")),
            CLUSTER_POLICIES,
        )
        node_role = self._role(f"{name}-node", trust("ec2.amazonaws.com"), NODE_POLICIES)
        aws.iam.RolePolicy(
            f"{name}-cluster-key",
            role=role.name,
            policy=Output.from_input(args.key).apply(
                lambda key: policy(
                    {
                        "Effect": "Allow",
                        "Action": [
                            "kms:Encrypt",
                            "kms:Decrypt",
                            "kms:GenerateDataKey*",
                            "kms:DescribeKey",
                            "kms:CreateGrant",
                        ],
                        "Resource": key,
                    }
                )
            ),
            opts=self.child(),
        )
        group = logs.build(self, f"{name}-logs", f"/aws/eks/{spec.name}/cluster", args.key, spec.log_days, self._tags)
        made = aws.eks.Cluster(
            f"{name}-cluster",
            name=spec.name,
            version=spec.version,
            role_arn=role.arn,
            bootstrap_self_managed_addons=False,
            deletion_protection=True,
            access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
            compute_config={
                "enabled": True,
                "node_pools": ["system", "general-purpose"],
                "node_role_arn": node_role.arn,
            },
            kubernetes_network_config={
                "service_ipv4_cidr": spec.services,
                "elastic_load_balancing": {"enabled": True},
            },
            storage_config={"block_storage": {"enabled": True}},
            encryption_config={"provider": {"key_arn": args.key}, "resources": ["secrets"]},
            vpc_config={
                "subnet_ids": args.nodes,
                "endpoint_private_access": True,
                "endpoint_public_access": bool(spec.open_to),
                "public_access_cidrs": list(spec.open_to) or None,
            },
            enabled_cluster_log_types=list(LOGS),
            upgrade_policy={"support_type": "STANDARD"},
            tags=self._tags,
            opts=self.child(depends_on=[group]),
        )
        delivery.build(
            self,
            group,
            prefix=f"kubernetes/{spec.name}",
            region=spec.region,
            sink=args.audit,
            key=args.key,
            tags=self._tags,
        )
        self._access(made, spec.admins, node_role)
        self._identities(made)
        self.cluster = made.name
        self.endpoint = made.endpoint
        self.issuer = made.identities.apply(
            lambda found: str(found[0].oidcs[0].issuer if found and found[0].oidcs else "")
        )
        self.kubeconfig = Output.secret(
            Output.all(made.name, made.endpoint, made.certificate_authority.apply(lambda found: found.data)).apply(
                lambda found: kubeconfig.render(
                    str(found[0]),
                    str(found[1]),
                    ("aws", "eks", "get-token", "--cluster-name", str(found[0]), "--region", spec.region),
                    authority=str(found[2]),
                )
            )
        )
        self._kubernetes = k8s.Provider(f"{name}-kubernetes", kubeconfig=self.kubeconfig, opts=self.child())
        parameters = {"type": "gp3", "encrypted": "true", "kmsKeyId": args.key}
        self.storage_class = storage.build(self, spec, self._kubernetes, "ebs.csi.eks.amazonaws.com", parameters)
        self.finish()

    @property
    def kubernetes(self) -> ProviderResource:
        """The provider of what runs on it."""
        return self._kubernetes

    def _role(self, label: str, trusted: str, policies: tuple[str, ...]) -> aws.iam.Role:
        role = aws.iam.Role(label, assume_role_policy=trusted, tags=self._tags, opts=self.child())
        for one in policies:
            aws.iam.RolePolicyAttachment(
                f"{label}-{one}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{one}", opts=self.child()
            )
        return role

    def _access(self, made: aws.eks.Cluster, admins: tuple[str, ...], node_role: aws.iam.Role) -> None:
        aws.eks.AccessEntry(
            f"{self.name}-nodes",
            cluster_name=made.name,
            principal_arn=node_role.arn,
            type="EC2",
            tags=self._tags,
            opts=self.child(),
        )
        for index, admin in enumerate(admins):
            entry = aws.eks.AccessEntry(
                f"{self.name}-admin-{index}",
                cluster_name=made.name,
                principal_arn=admin,
                tags=self._tags,
                opts=self.child(),
            )
            aws.eks.AccessPolicyAssociation(
                f"{self.name}-admin-{index}",
                cluster_name=made.name,
                principal_arn=admin,
                policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                access_scope={"type": "cluster"},
                opts=self.child(depends_on=[entry]),
            )

    def _identities(self, made: aws.eks.Cluster) -> None:
        for addon in ("metrics-server", "aws-efs-csi-driver"):
            aws.eks.Addon(
                f"{self.name}-{addon}",
                cluster_name=made.name,
                addon_name=addon,
                resolve_conflicts_on_create="OVERWRITE",
                resolve_conflicts_on_update="OVERWRITE",
                tags=self._tags,
                opts=self.child(),
            )
