"""A security group with one door."""

import pulumi_aws as aws
from pulumi import Input

from components.core import Component


def build(owner: Component, network: Input[str], door: tuple[int, str], tags: dict[str, str]) -> aws.ec2.SecurityGroup:
    """Create a wall with one door, a port and the range that may come in; nothing goes out."""
    port, clients = door
    return aws.ec2.SecurityGroup(
        f"{owner.name}-wall",
        vpc_id=network,
        description=f"Port {port} from the platform's network",
        ingress=[
            {
                "protocol": "tcp",
                "from_port": port,
                "to_port": port,
                "cidr_blocks": [clients],
                "description": "Platform",
            }
        ],
        tags=tags,
        opts=owner.child(),
    )
