"""Where a workload can go. A target holds what only its own kind needs."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class Part(BaseModel):
    """A part of a target, taken as written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Capabilities(Part):
    """What is installed in a cluster beside Kubernetes itself; what is absent has a built-in fallback."""

    keda: bool = False
    prometheus_operator: bool = False
    gateway_api: bool = False
    kueue: bool = False
    leader_worker_set: bool = False
    envoy_ai_gateway: Annotated[
        bool, Field(description="With Envoy Gateway's proxies in the gateways' namespaces, and its rate limit service.")
    ] = False
    policy_controller: Annotated[bool, Field(description="Sigstore's, which looks at images' signatures.")] = False


class Signatures(Part):
    """Images that must be signed, by pattern, and the public key of who signs them."""

    images: Annotated[list[str], Field(min_length=1, description="As registry.example.com/**.")]
    key: Annotated[
        str,
        Field(
            pattern=r"^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----\n?$",
            description="In PEM.",
        ),
    ]


class ObjectStorage(Part):
    """An S3-compatible service beside an attached cluster, such as MinIO or Ceph."""

    endpoint: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?$", description="Its HTTPS address.")]
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "us-east-1"
    secret: str = Field("objects", description="The Secret with `access-key` and `secret-key`, for workloads.")


class Mirror(Part):
    """Where an installation without a line to the world gets what others fetch."""

    images: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)*$",
            description="A registry, and a path in it: images keep their names, with their hosts, below it.",
        ),
    ]
    models: Annotated[
        str, Field(pattern=r"^(https://[A-Za-z0-9./:_-]+)?$", description="Serves what Hugging Face's hub does.")
    ] = ""


ReadRate = Annotated[
    float, Field(gt=0, le=100, description="GiB a second that a pod reads of weights from the shared storage class.")
]
GatewayClass = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="The class of gateways that Envoy Gateway makes.")
]
Admission = Annotated[
    Literal["deny", "warn", "off"],
    Field(description="What the API server does with what breaks the packs' rules in the workload's namespace."),
]


class KubernetesTarget(Part):
    """An attached Kubernetes cluster: on-prem, edge, a GPU cloud, or the local one."""

    cloud: Literal["kubernetes"] = "kubernetes"
    cluster: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$", description="A name for the cluster.")]
    kubeconfig: str | None = Field(None, description="Path of the kubeconfig; the local cluster's own when left out.")
    context: str | None = Field(None, description="Context in the kubeconfig.")
    inventory: str | None = Field(None, description="File with the cluster's node pools, relative to the blueprint.")
    storage_class: str = Field("encrypted", description="Storage class for volumes of one pod; it must encrypt.")
    shared_storage_class: str = Field("encrypted-shared", description="Storage class for volumes many pods read.")
    ingress_class: str = "nginx"
    gateway_class: GatewayClass = "envoy"
    queue: str = Field("default", description="The local queue of training jobs, where Kueue is.")
    capabilities: Capabilities = Capabilities()
    weights_gib_per_s: ReadRate = 0.2
    admission: Admission = "deny"
    signatures: Signatures | None = None
    keys: str = Field("", description="The KMS or Vault that holds the keys, as a URL; they are not ours to make.")
    objects: ObjectStorage | None = None
    mirror: Mirror | None = None


class AwsTarget(Part):
    """An AWS account and region."""

    cloud: Literal["aws"]
    account: Annotated[str, Field(pattern=r"^\d{12}$", description="The account's twelve digits.")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    admins: list[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+$")]] = Field(
        [], description="Principals that administer the cluster."
    )


class GcpTarget(Part):
    """A Google Cloud project and region."""

    cloud: Literal["gcp"]
    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
    project_number: Annotated[str, Field(pattern=r"^\d{6,20}$", description="The project's number.")]
    billing_account: Annotated[str, Field(pattern=r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+\d+$")]


class AzureTarget(Part):
    """An Azure subscription and region."""

    cloud: Literal["azure"]
    subscription: Annotated[str, Field(pattern=UUID)]
    tenant: Annotated[str, Field(pattern=UUID)]
    region: Annotated[str, Field(pattern=r"^[a-z0-9]+$", description="Its short name, such as germanywestcentral.")]
    admins: list[Annotated[str, Field(pattern=UUID)]] = Field([], description="Groups that administer the cluster.")


class PlatformTarget(Part):
    """The cluster of a platform that another stack makes."""

    cloud: Literal["platform"]
    platform: str = Field(description="The platform's blueprint, relative to this one.")
    stack: str = Field(
        pattern=r"^([\w.-]+/){0,2}[\w.-]+$", description="The platform's stack; `project/stack` of another project."
    )
    ingress_class: str = "nginx"
    gateway_class: GatewayClass = "envoy"
    queue: str = Field("default", description="The local queue of training jobs, where Kueue is.")
    capabilities: Capabilities = Capabilities()
    weights_gib_per_s: ReadRate = 0.2
    admission: Admission = "deny"
    signatures: Signatures | None = None
    storage_class: str = "encrypted"
    shared_storage_class: str = "encrypted-shared"
    mirror: Mirror | None = None

    @property
    def cluster(self) -> str:
        """The cluster goes by the platform's stack."""
        return self.stack.rpartition("/")[2]


def mirror_of(target: Part) -> Mirror | None:
    """Where a target of any kind gets images and models, if it has a place of its own."""
    return target.mirror if isinstance(target, KubernetesTarget | PlatformTarget) else None


def hub_of(target: Part) -> str:
    """Where a target gets models if not at Hugging Face's own; empty for there."""
    mirror = mirror_of(target)
    return mirror.models if mirror is not None else ""


Target = Annotated[AwsTarget | GcpTarget | AzureTarget | KubernetesTarget, Field(discriminator="cloud")]


def _cloud_of(written: Any) -> str:
    """A target of a workload that names no cloud is an attached cluster."""
    if isinstance(written, BaseModel):
        return str(getattr(written, "cloud", ""))
    return str(written.get("cloud", "kubernetes")) if hasattr(written, "get") else ""


WorkloadTarget = Annotated[
    Annotated[KubernetesTarget, Tag("kubernetes")] | Annotated[PlatformTarget, Tag("platform")],
    Discriminator(_cloud_of),
]
