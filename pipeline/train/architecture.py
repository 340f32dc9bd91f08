"""An architecture: the shape of a Llama-style model, and what follows from the shape alone.

Neither torch nor megatron is imported here, so that planning and checking a recipe stay fast and light.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from curricula.settings import Settings
from pipeline.errors import UserError

_FIELDS = {
    "num_layers": "num_hidden_layers",
    "hidden_size": "hidden_size",
    "feed_forward_size": "intermediate_size",
    "num_heads": "num_attention_heads",
    "num_key_value_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "vocabulary_size": "vocab_size",
    "max_sequence_length": "max_position_embeddings",
    "norm_epsilon": "rms_norm_eps",
    "tie_embeddings": "tie_word_embeddings",
}
_OPTIONAL = {"num_key_value_heads", "head_dim", "norm_epsilon", "tie_embeddings"}
# What a Hugging Face config means by leaving a field out.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "llama": {"norm_epsilon": 1e-6},
    "mistral": {"norm_epsilon": 1e-6, "num_key_value_heads": 8},
}
_MISTRAL_WINDOW = 4096
_ONLY: dict[str, tuple[Any, ...]] = {
    # Any other value would change the function that the weights compute.
    "model_type": tuple(_DEFAULTS),
    "architectures": (["LlamaForCausalLM"], ["MistralForCausalLM"], None),
    "hidden_act": ("silu", None),
    "attention_bias": (False, None),
    "mlp_bias": (False, None),
    "sliding_window": (None,),
    "partial_rotary_factor": (1.0, None),
    "quantization_config": (None,),
}


class RopeScaling(Settings):
    """The frequency scaling of Llama 3.1 and later (``rope_type: llama3``)."""

    factor: float = Field(gt=1.0)
    """How many times longer than the original context the long wavelengths are made."""
    low_freq_factor: float = Field(default=1.0, gt=0.0)
    """Wavelengths above original context / this are scaled in full."""
    high_freq_factor: float = Field(default=4.0, gt=0.0)
    """Wavelengths below original context / this are left alone."""
    original_max_sequence_length: int = Field(gt=0)
    """Context length of the model before it was extended, in tokens."""


class Architecture(Settings):
    """Shape of a decoder with RMSNorm, rotary positions, grouped queries and SwiGLU, without biases."""

    num_layers: int = Field(gt=0)
    """Transformer blocks."""
    hidden_size: int = Field(gt=0)
    """Width of the residual stream."""
    feed_forward_size: int = Field(gt=0)
    """Inner width of the gated feed-forward network."""
    num_heads: int = Field(gt=0)
    """Query heads."""
    num_key_value_heads: int = Field(gt=0)
    """Key and value heads; divides `num_heads`."""
    head_dim: int | None = Field(default=None, gt=0)
    """Width of one head; `hidden_size / num_heads` where it is not given."""
    vocabulary_size: int = Field(gt=0)
    """Rows of the embedding."""
    max_sequence_length: int = Field(gt=0)
    """Longest sequence the model is made for, in tokens."""
    rope_theta: float = Field(default=10000.0, gt=0.0)
    """Base of the rotary frequencies."""
    rope_scaling: RopeScaling | None = None
    """Llama 3 frequency scaling, if the model has it."""
    norm_epsilon: float = Field(default=1e-5, gt=0.0)
    """Added to the mean square inside RMSNorm."""
    tie_embeddings: bool = False
    """Whether the output layer is the embedding."""

    @model_validator(mode="after")
    def _heads_divide(self) -> Architecture:
        if self.num_heads % self.num_key_value_heads:
            raise ValueError(
                f"num_key_value_heads: {self.num_key_value_heads} does not divide num_heads {self.num_heads}"
            )
        if self.head_dim is None and self.hidden_size % self.num_heads:
            raise ValueError(
                f"num_heads: {self.num_heads} does not divide hidden_size {self.hidden_size}; give head_dim"
            )
        if self.head_size % 2:
            raise ValueError(f"head_dim: {self.head_size} is odd; rotary positions need an even width")
        return self

    @property
    def head_size(self) -> int:
        """Width of one head."""
        return self.head_dim or self.hidden_size // self.num_heads

    def _block_parameters(self) -> int:
        """Weights of one block's matrices, norms left out."""
        projections = 2 * (self.num_heads + self.num_key_value_heads) * self.head_size * self.hidden_size
        return projections + 3 * self.hidden_size * self.feed_forward_size

    def parameters(self) -> int:
        """Return the number of trainable weights; tied embeddings count once."""
        norms = (2 * self.num_layers + 1) * self.hidden_size
        embeddings = (1 if self.tie_embeddings else 2) * self.vocabulary_size * self.hidden_size
        return self.num_layers * self._block_parameters() + norms + embeddings

    def flops_per_token(self, sequence_length: int, convention: Literal["full", "causal"] = "causal") -> int:
        """Return floating-point operations of one training step (forward and backward) per token.

        ``full`` counts the whole attention square, 6 N + 12 L H D s (PaLM, appendix B); ``causal`` counts
        the half that is used, 6 N + 6 L H D s (Megatron-LM). N leaves out the input embedding and holds the
        output layer.
        """
        matrices = self.num_layers * self._block_parameters() + self.vocabulary_size * self.hidden_size
        square = 12 if convention == "full" else 6
        attention = square * self.num_layers * self.num_heads * self.head_size * sequence_length
        return 6 * matrices + attention

    @classmethod
    def from_hugging_face(cls, folder: Path) -> Architecture:
        """Read ``config.json`` of a Hugging Face model folder.

        Raises UserError naming the file and every field that is missing or that no Llama-like model has.
        """
        path = folder / "config.json"
        config = _read_config(path)
        problems = _refusals(config)
        values: dict[str, Any] = {
            ours: config[theirs] for ours, theirs in _FIELDS.items() if config.get(theirs) is not None
        }
        problems += [
            f"{theirs}: missing; a whole number is needed"
            for ours, theirs in _FIELDS.items()
            if ours not in values and ours not in _OPTIONAL
        ]
        values = {**_DEFAULTS.get(str(config.get("model_type")), {}), **values}
        values.setdefault("num_key_value_heads", values.get("num_heads"))
        problems += _read_rope(config, values)
        if not problems:
            try:
                return cls(**values)
            except ValidationError as error:
                problems = [
                    ": ".join([*(_FIELDS.get(str(part), str(part)) for part in found["loc"]), found["msg"]])
                    for found in error.errors()
                ]
        raise UserError("\n".join(f"{path}: {problem}" for problem in problems))

    def to_hugging_face_config(self) -> dict[str, Any]:
        """Return the ``config.json`` of a LlamaForCausalLM of this shape.

        Rotary settings are written in the older form (``rope_theta``, ``rope_scaling``), which old and new
        readers both take. Token ids and dtype are the exporter's to add.
        """
        config: dict[str, Any] = {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
            "mlp_bias": False,
            "initializer_range": 0.02,
            "use_cache": True,
        }
        config |= {theirs: getattr(self, ours) for ours, theirs in _FIELDS.items()}
        config |= {"head_dim": self.head_size, "rope_theta": self.rope_theta, "rope_scaling": None}
        if self.rope_scaling is not None:
            config["rope_scaling"] = {
                "rope_type": "llama3",
                "factor": self.rope_scaling.factor,
                "low_freq_factor": self.rope_scaling.low_freq_factor,
                "high_freq_factor": self.rope_scaling.high_freq_factor,
                "original_max_position_embeddings": self.rope_scaling.original_max_sequence_length,
            }
        return config


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; a Hugging Face model folder has a config.json") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{path}: not JSON: {error}") from None
    if not isinstance(config, dict):
        raise UserError(f"{path}: found a {type(config).__name__}, a JSON object is needed")
    return config


def _refusals(config: dict[str, Any]) -> list[str]:
    """Name every field whose value would make the model something other than Llama."""
    problems = []
    if config.get("model_type") == "mistral" and "sliding_window" not in config:
        config = {**config, "sliding_window": _MISTRAL_WINDOW}
    for field, allowed in _ONLY.items():
        if (found := config.get(field)) not in allowed:
            choices = " or ".join(json.dumps(value) for value in allowed)
            problems.append(f"{field}: found {json.dumps(found)}, allowed is {choices}")
    return problems


def _read_rope(config: dict[str, Any], values: dict[str, Any]) -> list[str]:
    """Put the rotary settings into `values`, from either form; return the problems."""
    # transformers 5 writes one `rope_parameters`; before that there were two fields.
    for name in ("rope_parameters", "rope_scaling"):
        if not isinstance(found := config.get(name) or {}, dict):
            return [f"{name}: found {json.dumps(found)}, a JSON object is needed"]
    rope = config.get("rope_parameters") or {}
    theta = rope.get("rope_theta", config.get("rope_theta"))
    if theta is not None:
        values["rope_theta"] = theta
    scaling = rope or config.get("rope_scaling") or {}
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    name = "rope_parameters" if rope else "rope_scaling"
    if (part := rope.get("partial_rotary_factor", 1.0)) != 1.0:
        return [f"{name}.partial_rotary_factor: found {json.dumps(part)}, allowed is 1.0"]
    if kind == "default":
        return []
    if kind != "llama3":
        return [f'{name}.rope_type: found {json.dumps(kind)}, allowed is "default" or "llama3"']
    names = {
        "factor": "factor",
        "low_freq_factor": "low_freq_factor",
        "high_freq_factor": "high_freq_factor",
        "original_max_sequence_length": "original_max_position_embeddings",
    }
    missing = [theirs for theirs in names.values() if theirs not in scaling]
    values["rope_scaling"] = {ours: scaling[theirs] for ours, theirs in names.items() if theirs in scaling}
    return [f"{name}.{field}: missing; llama3 scaling needs it" for field in missing]
