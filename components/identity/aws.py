"""An identity on AWS: a role that EKS Pod Identity hands to a service account."""

from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.clouds.aws.iam import policy, trust
from components.core import Component
from components.identity.contract import IdentityArgs
from components.identity.spec import Access, Use

#: what a use needs, by kind and access: (actions on the resource, actions on what is inside it)
RIGHTS: dict[tuple[str, Access], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("object_store", Access.READ): (("s3:ListBucket",), ("s3:GetObject",)),
    ("object_store", Access.WRITE): (("s3:ListBucket",), ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")),
    ("queue", Access.READ): (
        ("kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"),
        (),
    ),
    ("queue", Access.WRITE): (("kinesis:DescribeStreamSummary", "kinesis:PutRecord", "kinesis:PutRecords"), ()),
    ("secret", Access.READ): (("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"), ()),
    ("warehouse", Access.READ): (("redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"), ()),
    ("warehouse", Access.WRITE): (("redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"), ()),
    ("registry", Access.READ): (("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), ()),
}
KEY_ACTIONS = {Access.READ: ("kms:Decrypt",), Access.WRITE: ("kms:Decrypt", "kms:GenerateDataKey")}


class AwsIdentity(Component):
    """See the module."""

    TOKEN = "domicile:identity/aws:Identity"  # noqa: S105 a type token
    principal: Output[str]
    annotations: Output[Mapping[str, str]]
    marks: Mapping[str, Output[str]]

    def __init__(self, name: str, args: IdentityArgs, opts: ResourceOptions | None = None) -> None:
        """Create the identity."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags(spec.name)
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=trust("pods.eks.amazonaws.com", actions=("sts:AssumeRole", "sts:TagSession")),
            max_session_duration=3600,
            tags=tags,
            opts=self.child(),
        )
        needed = [(use, args.resources[use.name]) for use in spec.uses]
        if needed:
            aws.iam.RolePolicy(
                f"{name}-rights",
                role=role.name,
                policy=Output.all(args.key, *[resource for _, resource in needed]).apply(
                    lambda found: policy(*_statements([use for use, _ in needed], found[1:], str(found[0])))
                ),
                opts=self.child(),
            )
        aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=args.cluster,
            namespace=spec.namespace,
            service_account=spec.service_account,
            role_arn=role.arn,
            tags=tags,
            opts=self.child(),
        )
        self.principal = role.arn
        self.marks = {}
        self.annotations = Output.from_input({})
        self.finish()


def _statements(uses: list[Use], resources: list[str], key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for use, resource in zip(uses, resources, strict=True):
        on, inside = RIGHTS[use.kind, use.access]
        if on:
            found.append({"Effect": "Allow", "Action": list(on), "Resource": resource})
        if inside:
            found.append({"Effect": "Allow", "Action": list(inside), "Resource": f"{resource}/*"})
    wanted = sorted({action for use in uses for action in KEY_ACTIONS[use.access]})
    found.append({"Effect": "Allow", "Action": wanted, "Resource": key})
    return found
