"""An identity on Google Cloud: a service account that one Kubernetes account may act as."""

from collections.abc import Callable, Mapping

import pulumi_gcp as gcp
from pulumi import Input, Output, Resource, ResourceOptions

from components.core import Component
from components.identity.contract import IdentityArgs
from components.identity.spec import Access, Use

Grant = Callable[["GcpIdentity", str, Use, Input[str], Output[str]], Resource]


class GcpIdentity(Component):
    """See the module."""

    TOKEN = "domicile:identity/gcp:Identity"  # noqa: S105 a type token
    principal: Output[str]
    annotations: Output[Mapping[str, str]]
    marks: Mapping[str, Output[str]]

    def __init__(self, name: str, args: IdentityArgs, region: str, opts: ResourceOptions | None = None) -> None:
        """Create the identity."""
        super().__init__(name, args, opts)
        spec = args.spec
        self.region = region
        account = gcp.serviceaccount.Account(
            f"{name}-account", account_id=spec.name[:30], display_name=spec.service_account, opts=self.child()
        )
        gcp.serviceaccount.IAMMember(
            f"{name}-workload",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=Output.from_input(args.issuer).apply(
                lambda pool: f"serviceAccount:{pool}[{spec.namespace}/{spec.service_account}]"
            ),
            opts=self.child(),
        )
        member = account.email.apply(lambda email: f"serviceAccount:{email}")
        for use in spec.uses:
            GRANTS[use.kind](self, f"{name}-{use.name}-{use.access}", use, args.resources[use.name], member)
        self.principal = account.email
        self.marks = {"iam.gke.io/gcp-service-account": account.email}
        self.annotations = Output.all(**self.marks)
        self.finish()


def _bucket(owner: GcpIdentity, label: str, use: Use, resource: Input[str], member: Output[str]) -> Resource:
    role = "roles/storage.objectViewer" if use.access is Access.READ else "roles/storage.objectUser"
    return gcp.storage.BucketIAMMember(label, bucket=resource, role=role, member=member, opts=owner.child())


def _topic(owner: GcpIdentity, label: str, use: Use, resource: Input[str], member: Output[str]) -> Resource:
    if use.access is Access.WRITE:
        return gcp.pubsub.TopicIAMMember(
            label, topic=resource, role="roles/pubsub.publisher", member=member, opts=owner.child()
        )
    readers = Output.from_input(resource).apply(lambda topic: f"{topic}-readers")
    return gcp.pubsub.SubscriptionIAMMember(
        label, subscription=readers, role="roles/pubsub.subscriber", member=member, opts=owner.child()
    )


def _dataset(owner: GcpIdentity, label: str, use: Use, resource: Input[str], member: Output[str]) -> Resource:
    role = "roles/bigquery.dataViewer" if use.access is Access.READ else "roles/bigquery.dataEditor"
    return gcp.bigquery.DatasetIamMember(label, dataset_id=resource, role=role, member=member, opts=owner.child())


def _secret(owner: GcpIdentity, label: str, use: Use, resource: Input[str], member: Output[str]) -> Resource:
    del use
    return gcp.secretmanager.SecretIamMember(
        label, secret_id=resource, role="roles/secretmanager.secretAccessor", member=member, opts=owner.child()
    )


def _images(owner: GcpIdentity, label: str, use: Use, resource: Input[str], member: Output[str]) -> Resource:
    del use
    return gcp.artifactregistry.RepositoryIamMember(
        label,
        repository=resource,
        location=owner.region,
        role="roles/artifactregistry.reader",
        member=member,
        opts=owner.child(),
    )


GRANTS: dict[str, Grant] = {
    "object_store": _bucket,
    "queue": _topic,
    "warehouse": _dataset,
    "secret": _secret,
    "registry": _images,
}
