"""The closed family of embeddings: a new one is a file of its own and one name in this union."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.label.embeddings.hashed import Hashed
from pipeline.label.embeddings.hugging_face import HuggingFaceEncoder
from pipeline.label.embeddings.latent import Latent
from pipeline.label.embeddings.sentence_encoder import SentenceEncoder

AnyEmbedding = Annotated[Latent | Hashed | SentenceEncoder | HuggingFaceEncoder, Field(discriminator="kind")]
"""What a recipe may write under ``embedding``."""
