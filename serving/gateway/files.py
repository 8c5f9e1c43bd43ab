"""The files of a gateway, exactly as its pods and the local run of it get them."""

import json

from serving.gateway.litellm import HOOKS, PROGRAMS, configuration
from serving.gateway.policy import policy
from serving.gateway.spec import GatewaySpec


def files(spec: GatewaySpec, endpoints: dict[str, str]) -> dict[str, str]:
    """The folder's content by file name."""
    programs = {name: (HOOKS / name).read_text(encoding="utf-8") for name in PROGRAMS}
    return {
        "config.yaml": json.dumps(configuration(spec, endpoints), indent=1),
        "policy.json": json.dumps(policy(spec, endpoints), indent=1),
        **programs,
    }
