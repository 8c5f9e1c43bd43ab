"""The hardware of an attached cluster: node pools, described in a small YAML file.

::

    region: eu-central-1
    country: DE
    pools:
      - name: chat
        count: 2
        zones: [eu-central-1a, eu-central-1b]
        accelerator: {product: NVIDIA-L40S, memory_gib: 48, count: 4}
        cpus: 64
        memory_gib: 512
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog import documents
from catalog.documents import DocumentError

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]


class Strict(BaseModel):
    """What a person writes is taken as written: no unknown key, no conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Accelerator(Strict):
    """GPUs of one kind in a node. ``mig`` maps a profile (`1g.10gb`) to its slices per node."""

    product: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    memory_gib: Annotated[int, Field(gt=0, le=2048)]
    count: Annotated[int, Field(gt=0, le=16)]
    mig: dict[Annotated[str, Field(pattern=r"^[1-7]g\.\d+gb$")], Annotated[int, Field(gt=0, le=112)]] = {}


class Pool(Strict):
    """Nodes of one shape. ``taint`` keeps pods without a toleration for nvidia.com/gpu away.

    ``monthly_usd_per_node`` is the lease, or what an owned node costs while it stands; without one, the plan counts
    what the same accelerators cost on demand in a cloud.
    """

    name: Name
    count: Annotated[int, Field(gt=0, le=500)]
    zones: list[Name] = []
    instance_type: str = "simulated"
    accelerator: Accelerator | None = None
    cpus: Annotated[int, Field(gt=0, le=1024)] = 16
    memory_gib: Annotated[int, Field(gt=0, le=8192)] = 64
    taint: bool = True
    labels: dict[str, str] = {}
    terms: Literal["owned", "leased"] = "owned"
    monthly_usd_per_node: Annotated[float, Field(gt=0)] | None = None


class Inventory(Strict):
    """The nodes of a cluster that serve, in one region. ``provider`` is the GPU cloud they are rented from."""

    region: Name
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    provider: Literal["", "coreweave", "lambda"] = ""
    pools: list[Pool]


class Written(Inventory):
    """An inventory that a person writes has nodes."""

    pools: Annotated[list[Pool], Field(min_length=1)]


def load(file: Path) -> Inventory:
    """Read an inventory.

    Raises:
        DocumentError: it cannot be used; names file, line, column and path.
    """
    document = documents.read(file)
    try:
        return Written.model_validate(document.content)
    except ValidationError as error:
        raise DocumentError(documents.explain(document, error)) from error
