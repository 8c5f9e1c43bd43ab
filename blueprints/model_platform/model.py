"""What a platform team writes: models that many teams share, each by an alias, with quotas and budgets by team."""

from collections import Counter
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.refusal import Reason
from blueprints.served.model import Served
from blueprints.served.roles import Role
from blueprints.written import Name, Written
from planning.sizing import Load

SECONDS_PER_MONTH = 30.4 * 86_400


class Offered(Written):
    """A model that teams may use, by its alias; what they use together decides its size."""

    alias: Name
    model: Annotated[str, Field(description="Its Hugging Face id; the catalog must know it.")]
    task: Literal["generate", "embed"] = "generate"
    precision: Literal["bf16", "fp8"] = "bf16"
    engine: Literal["vllm", "sglang", "trtllm"] = "vllm"
    requests_per_s: Annotated[float, Field(gt=0, le=10_000, description="Of all teams, at the busiest.")]
    busiest_over_mean: Annotated[float, Field(ge=1, le=100, description="How much busier than on average that is.")] = (
        4.0
    )
    prompt_tokens: Annotated[int, Field(gt=0, le=200_000)] = 1500
    answer_tokens: Annotated[int, Field(gt=0, le=32_000)] = 300
    fallback: Annotated[str, Field(description="The alias that answers when it cannot.")] = ""


class ModelPlatform(Served):
    """Models that many teams share."""

    LOAD: ClassVar[str] = "models.0.requests_per_s"

    kind: Literal["model-platform"]
    models: Annotated[list[Offered], Field(min_length=1)]

    def roles(self) -> tuple[Role, ...]:
        """A server for each model."""
        return tuple(self._role(one, index) for index, one in enumerate(self.models))

    def _role(self, one: Offered, index: int) -> Role:
        tokens = one.prompt_tokens + (one.answer_tokens if one.task == "generate" else 0)
        return Role(
            name=one.alias,
            model=one.model,
            precision=one.precision,
            engine=one.engine,
            task=one.task,
            load=Load(one.requests_per_s, one.prompt_tokens, one.answer_tokens if one.task == "generate" else 1),
            monthly_tokens=one.requests_per_s / one.busiest_over_mean * SECONDS_PER_MONTH * tokens,
            answer_s=self.latency.answer_s(one.answer_tokens) if one.task == "generate" else 5,
            path=("models", index, "model"),
            fallbacks=(one.fallback,) if one.fallback else (),
        )

    def refusals(self) -> tuple[Reason, ...]:
        """Aliases that mean two things, or that stand in for nothing that can."""
        found: list[Reason] = []
        names = Counter(one.alias for one in self.models)
        tasks = {one.alias: one.task for one in self.models}
        for index, one in enumerate(self.models):
            at = ("models", index)
            if names[one.alias] > 1:
                found.append(Reason((*at, "alias"), f"'{one.alias}' stands there twice: give each its own"))
            if one.fallback and (one.fallback == one.alias or tasks.get(one.fallback) != one.task):
                able = [name for name, task in tasks.items() if task == one.task and name != one.alias]
                text = f"'{one.fallback}' cannot answer for '{one.alias}'; {', '.join(able) or 'no other model'} could"
                found.append(Reason((*at, "fallback"), text))
        return tuple(found)
