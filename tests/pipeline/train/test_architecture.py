import json
import subprocess
import sys

import pytest
from pydantic import ValidationError
from transformers import LlamaConfig, MistralConfig

from pipeline.errors import UserError
from pipeline.train.architecture import Architecture

TINYLLAMA = {
    "num_layers": 22,
    "hidden_size": 2048,
    "feed_forward_size": 5632,
    "num_heads": 32,
    "num_key_value_heads": 4,
    "vocabulary_size": 32000,
    "max_sequence_length": 2048,
}
LLAMA_3_8B = {
    "num_layers": 32,
    "hidden_size": 4096,
    "feed_forward_size": 14336,
    "num_heads": 32,
    "num_key_value_heads": 8,
    "vocabulary_size": 128256,
    "max_sequence_length": 8192,
    "rope_theta": 500000.0,
}


def test_parameters_of_known_models():
    assert Architecture(**TINYLLAMA).parameters() == 1_100_048_384
    assert Architecture(**LLAMA_3_8B).parameters() == 8_030_261_248
    tied = Architecture(**TINYLLAMA, tie_embeddings=True)
    assert Architecture(**TINYLLAMA).parameters() - tied.parameters() == 32000 * 2048


@pytest.mark.parametrize(
    ("shape", "length", "full", "causal"),
    [
        (TINYLLAMA, 2048, 7.31e9, 6.76e9),
        (TINYLLAMA, 4096, 8.42e9, 7.31e9),
        (LLAMA_3_8B, 8192, 57.9e9, 51.5e9),
    ],
)
def test_flops_per_token_of_published_tables(shape, length, full, causal):
    architecture = Architecture(**shape)
    assert architecture.flops_per_token(length, "full") == pytest.approx(full, rel=1e-3)
    assert architecture.flops_per_token(length, "causal") == pytest.approx(causal, rel=1e-3)


def test_impossible_heads_are_refused():
    with pytest.raises(ValidationError, match="num_key_value_heads: 5 does not divide num_heads 32"):
        Architecture(**{**TINYLLAMA, "num_key_value_heads": 5})
    with pytest.raises(ValidationError, match="num_heads: 30 does not divide hidden_size 2048"):
        Architecture(**{**TINYLLAMA, "num_heads": 30, "num_key_value_heads": 5})


def written(folder, **changes):
    config = {**Architecture(**TINYLLAMA).to_hugging_face_config(), **changes}
    (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value != "gone"}))
    return folder


def test_config_comes_back_in_both_forms_of_rotary_settings(tmp_path):
    assert Architecture.from_hugging_face(written(tmp_path)).rope_theta == 10000.0
    scaling = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    old = Architecture.from_hugging_face(written(tmp_path, rope_theta=5e5, rope_scaling=scaling))
    new = Architecture.from_hugging_face(
        written(tmp_path, rope_theta="gone", rope_scaling="gone", rope_parameters={**scaling, "rope_theta": 5e5})
    )
    assert old == new
    assert old.rope_scaling.original_max_sequence_length == 8192
    again = tmp_path / "again"
    again.mkdir()
    (again / "config.json").write_text(json.dumps(old.to_hugging_face_config()))
    assert Architecture.from_hugging_face(again) == old


def test_mistral_without_a_window_is_llama(tmp_path):
    assert Architecture.from_hugging_face(written(tmp_path, model_type="mistral", sliding_window=None)).num_layers == 22


@pytest.mark.parametrize(("model_type", "config_class"), [("llama", LlamaConfig), ("mistral", MistralConfig)])
def test_fields_left_out_mean_what_hugging_face_means(tmp_path, model_type, config_class):
    left_out = dict.fromkeys(["num_key_value_heads", "rms_norm_eps", "tie_word_embeddings", "rope_theta"], "gone")
    folder = written(
        tmp_path, model_type=model_type, **left_out, rope_scaling="gone", head_dim="gone", sliding_window=None
    )
    found, theirs = Architecture.from_hugging_face(folder), config_class.from_pretrained(folder)
    assert found.num_key_value_heads == theirs.num_key_value_heads
    assert found.norm_epsilon == theirs.rms_norm_eps
    assert found.tie_embeddings == theirs.tie_word_embeddings
    assert found.rope_theta == theirs.rope_parameters["rope_theta"]
    assert found.head_size == 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, 'model_type: found "gpt2", allowed is "llama" or "mistral"'),
        ({"model_type": "qwen2"}, 'model_type: found "qwen2", allowed is "llama" or "mistral"'),
        (
            {"architectures": ["LlamaForSequenceClassification"]},
            'architectures: found ["LlamaForSequenceClassification"]',
        ),
        ({"model_type": "mistral", "sliding_window": 4096}, "sliding_window: found 4096, allowed is null"),
        # Hugging Face's default where the field is left out.
        ({"model_type": "mistral", "sliding_window": "gone"}, "sliding_window: found 4096, allowed is null"),
        (
            {"rope_parameters": {"rope_theta": 1e4, "partial_rotary_factor": 0.5}},
            "rope_parameters.partial_rotary_factor: found 0.5, allowed is 1.0",
        ),
        ({"attention_bias": True}, "attention_bias: found true, allowed is false"),
        ({"mlp_bias": True}, "mlp_bias: found true, allowed is false"),
        ({"hidden_act": "gelu"}, 'hidden_act: found "gelu", allowed is "silu"'),
        (
            {"rope_scaling": {"type": "linear", "factor": 2.0}},
            'rope_type: found "linear", allowed is "default" or "llama3"',
        ),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 2.0}}, "rope_scaling.low_freq_factor: missing"),
        ({"vocab_size": "gone"}, "vocab_size: missing"),
        ({"vocab_size": "many"}, "vocab_size: Input should be a valid integer"),
    ],
)
def test_anything_else_is_refused_by_file_field_found_allowed(tmp_path, change, message):
    with pytest.raises(UserError) as caught:
        Architecture.from_hugging_face(written(tmp_path, **change))
    assert f"{tmp_path / 'config.json'}: " in str(caught.value)
    assert message in str(caught.value)


def test_all_problems_are_named_at_once(tmp_path):
    with pytest.raises(UserError) as caught:
        Architecture.from_hugging_face(written(tmp_path, mlp_bias=True, hidden_size="gone"))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not JSON"), ("[]", "a JSON object is needed"), (None, "no such file")]
)
def test_a_broken_config_is_refused(tmp_path, text, message):
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=message):
        Architecture.from_hugging_face(tmp_path)


def test_neither_torch_nor_megatron_is_imported():
    heavy = "{'torch', 'megatron', 'transformers'}"
    code = f"import sys, pipeline.train.architecture; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
