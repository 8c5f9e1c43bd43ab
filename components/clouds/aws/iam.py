"""IAM policies as JSON, from statements."""

import json
from typing import Any


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def trust(*services: str, actions: tuple[str, ...] = ("sts:AssumeRole",)) -> str:
    """A policy that lets services take a role."""
    return policy({"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": list(actions)})


def tls_only(arn: str) -> dict[str, Any]:
    """A statement that refuses a bucket to whoever comes without TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
