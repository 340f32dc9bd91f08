"""What a recipe says about training; imported by plans and checks, so it needs neither torch nor megatron."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curricula.settings import Settings
from pipeline.train.known_architectures import NamedArchitecture


class FromArchitecture(Settings):
    """Fresh weights."""

    kind: Literal["architecture"] = "architecture"
    architecture: NamedArchitecture
    """Shape of the model: its fields, or the name of a known one, such as ``smollm2-135m``."""


class FromCheckpoint(Settings):
    """An existing Hugging Face checkpoint."""

    kind: Literal["checkpoint"] = "checkpoint"
    path: str
    """Folder with ``config.json`` and safetensors."""


class FromRun(Settings):
    """The final weights of an earlier run of the same recipe, and if wanted what its optimizer remembered."""

    kind: Literal["run"] = "run"
    run: str
    """Name of the run."""
    optimizer: Literal["reset", "load", "moments"] = "reset"
    """What the optimizer starts from: nothing; or ``load``, all that the earlier run's held, with the fp32 weights
    behind bf16 ones; or ``moments``, Adam's two moments and their count alone, on the weights as they were exported.
    In fp32 the last two are the same. Schedule and data always begin anew."""


AnyStart = Annotated[FromArchitecture | FromCheckpoint | FromRun, Field(discriminator="kind")]
"""What a recipe may write under ``start``."""


class SpikeGuard(Settings):
    """Keeps back the update of a step whose loss or gradient norm is far above those of the steps before it."""

    sigmas: float = Field(default=6.0, gt=0.0)
    """How far above the median of recent steps, in robust standard deviations (1.4826 median absolute deviations)."""
    window: int = Field(default=128, ge=8)
    """Steps that are remembered; it acts on finite values once half as many are there, in each phase anew."""
    patience: int = Field(default=3, ge=1)
    """Most updates kept back in a row: what lasts longer is another level and not a spike."""


class MovingAverage(Settings):
    """An exponential moving average of the weights, kept in checkpoints beside them: 4 bytes a parameter."""

    decay: float = Field(default=0.999, gt=0.0, lt=1.0)
    """What is left of the average at every step; 1 / (1 - decay) is about the number of steps that it spans."""


class AdamW(Settings):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019) and a bound on the gradient's norm."""

    beta1: float = Field(default=0.9, ge=0.0, lt=1.0)
    """Memory of the mean."""
    beta2: float = Field(default=0.95, ge=0.0, lt=1.0)
    """Memory of the mean square."""
    epsilon: float = Field(default=1e-8, gt=0.0)
    """Added to the root of the mean square."""
    weight_decay: float = Field(default=0.1, ge=0.0)
    """Pull of matrices towards zero, times the learning rate; vectors (norms) are left alone."""
    clip_norm: float = Field(default=1.0, gt=0.0)
    """Greatest norm of the whole gradient; longer ones are scaled down to it."""


class Kernels(Settings):
    """Which implementation computes what; ``auto`` takes the best that the machine has.

    A run says at its start which. Other kernels round otherwise, as another machine does.
    """

    attention: Literal["auto", "torch", "transformer_engine"] = "auto"
    """Transformer Engine's only where it is named."""
    norm: Literal["auto", "torch", "liger"] = "auto"
    """RMSNorm."""
    loss: Literal["auto", "torch", "liger"] = "auto"
    """The output layer with cross entropy, both in chunks."""
