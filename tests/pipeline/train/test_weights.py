import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig

from pipeline.errors import UserError
from pipeline.train.architecture import Architecture
from pipeline.train.layout import Layout
from pipeline.train.model import DTYPES, build_model
from pipeline.train.safetensors_folder import SafetensorsFolder, write_safetensors
from pipeline.train.weights import export_hugging_face, load_hugging_face

SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 176,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "vocab_size": 99,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
    "rope_theta": 10000.0,
}


def stretched(factor):
    rope = {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    return {**rope, "factor": factor, "original_max_position_embeddings": 32}


SHAPES = {
    "llama-2": {**SMALL, "num_key_value_heads": 8},
    "tinyllama": SMALL,
    "llama-3": {**SMALL, "rope_theta": 500000.0},
    "llama-3.1": {**SMALL, "rope_theta": 500000.0, "rope_scaling": stretched(8.0)},
    "llama-3.2": {
        **SMALL,
        "hidden_size": 48,
        "num_attention_heads": 6,
        "head_dim": 16,
        "vocab_size": 120,
        "tie_word_embeddings": True,
        "rope_theta": 500000.0,
        "rope_scaling": stretched(32.0),
    },
    "smollm2": {
        **SMALL,
        "num_hidden_layers": 3,
        "hidden_size": 36,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "tie_word_embeddings": True,
        "rope_theta": 100000.0,
    },
    "mistral without a window": {**SMALL, "rope_theta": 1000000.0, "sliding_window": None},
}


def written(name, folder, dtype=torch.float32):
    """Write random weights of a shape, as Hugging Face does, and return the folder."""
    torch.manual_seed(0)
    config = (MistralConfig if name.startswith("mistral") else LlamaConfig)(
        **SHAPES[name], bos_token_id=1, eos_token_id=2
    )
    model = AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():  # norms start at 1, where a mistake would not show
        parameter.data.add_(torch.randn_like(parameter) * 0.1)
    model.to(dtype).save_pretrained(folder)
    return folder


@pytest.fixture(params=SHAPES)
def hugging_face_folder(request, tmp_path):
    return written(request.param, tmp_path / "base")


def logits(folder, tokens):
    with torch.no_grad():
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)(tokens).logits


def load(folder, precision="fp32"):
    architecture = Architecture.from_hugging_face(folder)
    model = build_model(architecture, precision=precision, layout=Layout(), seed=3)
    load_hugging_face(model, architecture, folder)
    return architecture, model


def test_logits_equal_hugging_face_before_and_after_export(one_process, hugging_face_folder, tmp_path):
    architecture, model = load(hugging_face_folder)
    tokens = torch.randint(0, architecture.vocabulary_size, (2, 50))
    expected = logits(hugging_face_folder, tokens)
    with torch.no_grad():
        ours = model.eval()(tokens, None, None)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-5)
    assert architecture.parameters() == sum(parameter.numel() for parameter in model.parameters())

    export_hugging_face(model, architecture, tmp_path / "export", precision="fp32", companions=hugging_face_folder)
    assert torch.equal(logits(tmp_path / "export", tokens), expected)
    assert Architecture.from_hugging_face(tmp_path / "export") == architecture
    config = AutoModelForCausalLM.from_pretrained(tmp_path / "export").config
    assert (config.bos_token_id, config.eos_token_id) == (1, 2)


@pytest.mark.parametrize(("stored", "precision"), [("float32", "fp32"), ("bfloat16", "bf16"), ("bfloat16", "fp32")])
@pytest.mark.parametrize("name", SHAPES)
def test_round_trip_is_exact_to_the_bit(one_process, tmp_path, name, stored, precision):
    folder = written(name, tmp_path / "base", getattr(torch, stored))
    architecture, model = load(folder, precision)
    export_hugging_face(model, architecture, tmp_path / "export", precision=precision)
    before, after = (load_file(path / "model.safetensors") for path in (folder, tmp_path / "export"))
    assert before.keys() == after.keys()
    assert {tensor.dtype for tensor in after.values()} == {DTYPES[precision]}
    assert all(torch.equal(before[name].to(DTYPES[precision]), after[name]) for name in before)


@pytest.mark.parametrize("hugging_face_folder", ["llama-3.2"], indirect=True)
def test_another_shape_is_refused_by_tensor_found_and_expected(one_process, hugging_face_folder):
    architecture = Architecture.from_hugging_face(hugging_face_folder)
    wider = architecture.model_copy(update={"feed_forward_size": architecture.feed_forward_size + 16})
    model = build_model(wider, layout=Layout(), seed=3)
    size, inner = architecture.hidden_size, architecture.feed_forward_size
    message = rf"model.layers.0.mlp.gate_proj.weight: found \[{inner}, {size}\], expected \[{inner + 16}, {size}\]"
    with pytest.raises(UserError, match=message):
        load_hugging_face(model, wider, hugging_face_folder)


@pytest.mark.parametrize("hugging_face_folder", ["tinyllama"], indirect=True)
def test_missing_and_foreign_tensors_are_all_named(one_process, hugging_face_folder):
    file = hugging_face_folder / "model.safetensors"
    tensors = load_file(file)
    del tensors["model.norm.weight"]
    tensors["model.layers.0.self_attn.q_proj.bias"] = torch.zeros(3)
    write_safetensors(hugging_face_folder, tensors)
    architecture = Architecture.from_hugging_face(hugging_face_folder)
    with pytest.raises(UserError) as caught:
        load_hugging_face(build_model(architecture, layout=Layout(), seed=3), architecture, hugging_face_folder)
    assert "tensor model.norm.weight: missing" in str(caught.value)
    assert "q_proj.bias: found, but the architecture has no place for it" in str(caught.value)


def test_several_files_read_as_one(tmp_path):
    tensors = {f"t{number}": torch.full((10,), float(number)) for number in range(5)}
    write_safetensors(tmp_path, tensors, shard_bytes=80)
    assert len(list(tmp_path.glob("*.safetensors"))) == 3
    files = SafetensorsFolder(tmp_path)
    assert files.names() == set(tensors)
    assert all(torch.equal(files.read(name), tensors[name]) for name in tensors)
    (tmp_path / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(UserError, match=r"model-00002-of-00003.safetensors: no such file"):
        SafetensorsFolder(tmp_path)


def test_a_truncated_file_is_named(tmp_path):
    write_safetensors(tmp_path, {"t": torch.zeros(100)})
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(UserError, match=r"model.safetensors: not a whole safetensors file"):
        SafetensorsFolder(tmp_path)
