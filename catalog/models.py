"""Models with open weights: what their memory and their speed follow from."""

import functools
import re
from dataclasses import dataclass

from catalog import tables
from catalog.tables import Row, known, number

TIERS = ("small", "medium", "large", "frontier")
_SUFFIXES = re.compile(
    r"-(instruct|it|chat|hf|base|thinking|fp8|fp4|nvfp4|awq|gptq|int4|int8|bf16|turbo|static|pertensor|w4a16|"
    r"v?\d{4}|v0\.\d|99|99\.9|dynamic|quantized|w8a8)$"
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model. Parameters in billions.

    ``dense_b`` are read for every token (attention, shared parts, output head), ``routed_b`` are experts of which
    each token takes ``experts_per_token`` of ``experts``, ``embed_b`` are looked up. KV elements are numbers kept per
    token over all layers of full attention, ``sliding_elements`` per token of the window, where there is one.
    ``latent`` marks a KV cache shared by all heads (MLA), which tensor parallelism cannot split.
    """

    id: str
    kind: str
    params_b: float | None
    active_params_b: float | None
    dense_b: float
    routed_b: float
    embed_b: float
    layers: int
    full_layers: int
    linear_layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    experts: int
    experts_per_token: int
    attention: str
    latent: bool
    kv_elements: int
    sliding_elements: int
    sliding_window: int
    native_precision: str
    default_dtype: str
    max_context: int
    licence: str
    source: str
    as_of: str
    confidence: str
    notes: str

    @property
    def generates(self) -> bool:
        """Whether it writes text, token by token."""
        return self.kind in ("llm", "vlm")

    @property
    def tier(self) -> str | None:
        """A coarse grade of quality, by the geometric mean of all and of active parameters; None when unknown."""
        if self.params_b is None:
            return None
        size = (self.params_b * (self.active_params_b or self.params_b)) ** 0.5
        return TIERS[sum(size >= limit for limit in (10, 40, 110))]


@functools.cache
def models() -> dict[str, Model]:
    """Models by Hugging Face id."""
    return {row["id"]: _model(row) for row in tables.rows("models")}


@functools.cache
def find(name: str) -> Model | None:
    """The model of an id, or of one that differs from it by owner, letter case or a variant's suffix only."""
    known_models = models()
    if name in known_models:
        return known_models[name]
    wanted = _plain(name)
    return next((one for one in known_models.values() if _plain(one.id) == wanted), None)


@functools.cache
def bytes_per_param(precision: str) -> float:
    """Bytes a parameter takes in published files, scales included; the median of what was read."""
    exact = {"bf16": 2.0, "fp8": 1.0}
    if precision in exact:
        return exact[precision]
    method = {"int4": "int4", "fp4": "fp4"}[precision]
    found = sorted(
        float(row["bytes_per_param"])
        for row in tables.rows("quantization")
        if method in row["method"] and row["bytes_per_param"]
    )
    return found[len(found) // 2]


def _plain(name: str) -> str:
    plain = name.rsplit("/", 1)[-1].lower().replace("_", "-").removeprefix("meta-")
    while True:
        shorter = _SUFFIXES.sub("", plain)
        if shorter == plain:
            return re.sub(r"^llama-?(\d)", r"llama-\1", plain).replace("-", "")
        plain = shorter


def _model(row: Row) -> Model:
    return Model(
        id=row["id"],
        kind=row["kind"],
        params_b=known(row["params_b"], float),
        active_params_b=known(row["active_params_b"], float),
        dense_b=number(row["dense_b"]),
        routed_b=number(row["routed_b"]),
        embed_b=number(row["embed_b"]),
        layers=int(number(row["layers"])),
        full_layers=int(number(row["full_layers"])),
        linear_layers=int(number(row["linear_layers"])),
        hidden=int(number(row["hidden"])),
        heads=int(number(row["heads"])),
        kv_heads=int(number(row["kv_heads"])),
        head_dim=int(number(row["head_dim"])),
        experts=int(number(row["experts"])),
        experts_per_token=int(number(row["experts_per_token"])),
        attention=row["attention"],
        latent=row["latent"] == "1",
        kv_elements=int(number(row["kv_elements"])),
        sliding_elements=int(number(row["sliding_elements"])),
        sliding_window=int(number(row["sliding_window"])),
        native_precision=row["native_precision"],
        default_dtype=row["default_dtype"],
        max_context=int(number(row["max_context"])),
        licence=row["licence"],
        source=row["source"],
        as_of=row["as_of"],
        confidence=row["confidence"],
        notes=row["notes"],
    )
