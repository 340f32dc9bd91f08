"""A model in this process: a Hugging Face folder, for small models and machines without a server.

Requests are answered in batches in the order in which they are asked; a batch that is not full is answered when the
work waits for one of its requests, and that follows from the requests alone. So the same order with the same seed gives
the same answers on the same machine, also after a kill: each batch is kept whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from curricula.settings import Settings
from pipeline.label.answers import Answers
from pipeline.label.endpoint import Messages
from pipeline.synthesize.sampling import Sampling

if TYPE_CHECKING:
    from pipeline.synthesize.local_backend import LocalBackend


class LocalGenerator(Settings):
    """A model that transformers runs here; slow, and needs no server."""

    kind: Literal["transformers"] = "transformers"
    path: str
    """Hugging Face folder with weights and tokenizer."""
    model: str
    """Name by which its answers are kept: another name for other weights."""
    sampling: Sampling = Sampling()
    """Sampling settings; the seed is 0 where none is given."""
    answer_tokens: int = Field(default=512, ge=1)
    """Longest answer, in tokens."""
    batch: int = Field(default=8, ge=1)
    """Requests that are answered together. It enters the last digits of what the model computes, and so the answers."""
    device: str = "cpu"
    """Where it runs, as torch names it, such as ``cuda``."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the answers."""
        return self.model_dump(mode="json", exclude={"path", "device"})

    def request(self, messages: Messages) -> dict[str, Any]:
        """Return what an answer is kept under."""
        said = [dict(message) for message in messages]
        sampling = self.sampling.model_dump(mode="json", exclude_none=True)
        return {"model": self.model, "messages": said, "max_tokens": self.answer_tokens, **sampling}

    def opened(self, answers: Answers, say: Callable[[str], None], data: Path) -> LocalBackend:
        """Return the model, its path starting at ``data``; it is loaded with the first new question."""
        from pipeline.synthesize.local_backend import LocalBackend

        return LocalBackend(self, answers, data)
