"""A world of slices whose tokens are published with their documents, so that it can be emitted."""

import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import artifact
from pipeline.progress import Progress
from pipeline.stage import Where, make_stale
from pipeline.stream.emit import EmitStage, fingerprints_of, shards_of_equal_count
from pipeline.tokens.format import ShardWriter


def publish_tokens(world, *, shards=1):
    """Give every source its table of documents and a manifest; cut its tokens into shards between documents."""
    for name, sizes in world.lengths.items():
        folder = world.root / "tokens" / name
        shutil.rmtree(folder)
        draft = artifact.begin(folder, name)
        documents = np.split(world.values[name], np.cumsum(sizes)[:-1])
        for number, part in enumerate(np.array_split(np.arange(len(sizes)), min(shards, len(sizes)))):
            with ShardWriter(draft / f"train-{number:05d}", np.dtype(np.int32)) as writer:
                writer.add([documents[i] for i in part])
        pq.write_table(pa.table({"id": [id_of(name, i) for i in range(len(sizes))]}), draft / "documents.parquet")
        identity = artifact.fingerprint("tokens", 1, {"name": name}, {})
        artifact.publish(draft, folder, artifact.Manifest("tokens", 1, {"name": name}, {}, identity))


def id_of(name, row):
    return f"{name}-文-{row}" if row % 2 else f"{name}{row}"


def emit_stage(world, reader, out, *, begin=0, end=None, shards=1):
    end = reader.ledger.last().end if end is None else end
    fingerprints = fingerprints_of(world.root, sorted({piece.source for piece in reader.slices.values()}))
    return EmitStage(out, "cpt", reader, shards_of_equal_count(begin, end, shards), fingerprints)


def emit(world, reader, out, **options):
    stage = emit_stage(world, reader, out, **options)
    stage.check(world.root)
    make_stale((stage,), Where(world.root, progress=Progress(quiet=True)))
    return artifact.read_manifest(out)
