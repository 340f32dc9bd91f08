"""Rows that are nearly zero are counted by their norm against the median row's."""

import torch

from pipeline.train.embedding_rows import describe_rows, nearly_zero_rows
from pipeline.train.safetensors_folder import write_safetensors


def written(folder, zero, dtype=torch.float32):
    weight = torch.randn(100, 16, generator=torch.Generator().manual_seed(0))
    weight[zero] *= 1e-3
    write_safetensors(folder, {"model.embed_tokens.weight": weight.to(dtype)})
    return folder


def test_rows_are_found_and_told(tmp_path):
    folder = written(tmp_path, [3, 97], torch.bfloat16)
    assert nearly_zero_rows(folder) == ([3, 97], 100)
    assert describe_rows(folder) == (
        "embedding: 2 of 100 rows are nearly zero (norms below 1% of the median): tokens 3, 97; "
        "text that holds them makes large gradients at first"
    )


def test_only_some_are_named_and_none_where_there_are_none(tmp_path):
    assert "tokens 10, 11, 12, 13, 14, 15, 16, 17, ...;" in describe_rows(written(tmp_path, list(range(10, 30))))
    assert describe_rows(written(tmp_path, [])) is None
