"""What a team writes: a model, examples, and how it learns from them (TRL's supervised fine-tuning)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from blueprints.governed import unset
from blueprints.trained.model import Method, Trained
from blueprints.written import Written
from serving.engines.contract import WEIGHTS_PATH
from serving.training import DATA


class Learning(Written):
    """How it learns; the names are the trainer's."""

    method: Method = "lora"
    epochs: Annotated[float, Field(gt=0, le=100)] = 3.0
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.0002
    batch: Annotated[int, Field(gt=0, le=1024, description="Examples of an accelerator at a time.")] = 4
    accumulate: Annotated[int, Field(gt=0, le=1024, description="Batches before a step.")] = 8
    sequence: Annotated[int, Field(gt=0, le=1_000_000, description="Tokens of an example, at most.")] = 4096
    lora_rank: Annotated[int, Field(gt=0, le=512)] = 16
    save_every_steps: Annotated[int, Field(gt=0, le=100_000)] = 100


class FineTuning(Trained):
    """A known model learns from examples; what passes its gates is a version in the store."""

    LOAD: ClassVar[str] = "dataset.tokens_b"

    kind: Literal["fine-tuning"]
    learning: Learning = Learning()

    @property
    def method(self) -> Method:
        """Of the parameters."""
        return self.learning.method

    @property
    def command(self) -> tuple[str, ...]:
        """TRL's `sft`, begun by torchrun on every pod."""
        told = self.learning
        adapter = ("--use_peft", f"--lora_r={told.lora_rank}") if told.method == "lora" else ()
        return (
            "torchrun",
            "--nnodes={nodes}",
            "--nproc-per-node={gpus}",
            "--rdzv-backend=c10d",
            "--rdzv-endpoint={first}",
            "--rdzv-id=training",
            "--module",
            "trl.scripts.sft",
            f"--model_name_or_path={WEIGHTS_PATH}/{self.base}",
            f"--dataset_name={DATA}",
            "--output_dir={output}",
            f"--num_train_epochs={told.epochs:g}",
            f"--learning_rate={told.learning_rate:g}",
            f"--per_device_train_batch_size={told.batch}",
            f"--gradient_accumulation_steps={told.accumulate}",
            f"--max_length={told.sequence}",
            "--eval_strategy=epoch",
            "--save_strategy=steps",
            f"--save_steps={told.save_every_steps}",
            "--save_total_limit=3",
            "--bf16=true",
            "--report_to=none",
            *adapter,
        )

    def taken_for_granted(self) -> tuple[str, ...]:
        """How it learns, where that was not stated."""
        return unset("learning", self.learning)
