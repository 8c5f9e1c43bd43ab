"""What a team writes to keep Pulumi's state on Google Cloud or Azure; on AWS `domicile bootstrap aws` makes it."""

from typing import Annotated, Literal

from pydantic import Field

from blueprints.written import Country, Owner, Written
from components.targets import AzureTarget, GcpTarget


class StateStore(Written):
    """The bucket and the keys of the state."""

    kind: Literal["state-store"]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,18}[a-z0-9]$")]
    owner: Owner
    jurisdictions: Annotated[list[Country], Field(min_length=1, description="Countries the state may be kept in.")]
    operators: Annotated[
        list[str],
        Field(min_length=1, description="Who runs Pulumi: `group:...` on Google Cloud, a group's id on Azure."),
    ]
    target: Annotated[GcpTarget | AzureTarget, Field(discriminator="cloud")]
