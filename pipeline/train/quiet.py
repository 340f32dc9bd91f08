"""Quiet: megatron-core and torch announce absent optional packages on every import; ours is the supported setting."""

from __future__ import annotations

import logging
import os
import warnings


def quiet() -> None:
    """Silence them in this process; call it before they are imported."""
    warnings.filterwarnings("ignore")
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    logging.getLogger("megatron").setLevel(logging.ERROR)
    logging.getLogger("torch.distributed").setLevel(logging.ERROR)
