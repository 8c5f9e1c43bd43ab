"""What the cloud of a target offers."""

from typing import assert_never

from components.clouds.aws.offer import OFFER as AWS
from components.clouds.azure.offer import OFFER as AZURE
from components.clouds.gcp.offer import OFFER as GCP
from components.clouds.kubernetes.offer import OFFER as KUBERNETES
from components.clouds.offer import Offer
from components.targets import AwsTarget, AzureTarget, GcpTarget, KubernetesTarget, Target


def offer_for(target: Target) -> Offer:
    """The offer of a target's cloud."""
    match target:
        case AwsTarget():
            return AWS
        case GcpTarget():
            return GCP
        case AzureTarget():
            return AZURE
        case KubernetesTarget():
            return KUBERNETES
        case _:
            assert_never(target)
