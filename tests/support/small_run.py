"""A whole run in half a minute: real English from the interpreter's own help texts, Chinese prose, made questions."""

import json
import os
import pydoc_data.topics
import subprocess
import sys
from pathlib import Path

CHINESE = [
    "清晨的阳光照进教室，同学们正在认真地朗读课文，老师在黑板上写下今天的题目。",
    "这座城市位于长江下游，气候温和，雨量充沛，历史上一直是重要的贸易港口。",
    "科学家发现，植物通过光合作用把二氧化碳和水转化为有机物，同时释放出氧气。",
    "他沿着河岸慢慢走着，心里想着昨天在图书馆里读到的那本关于天文学的书。",
    "为了提高农业产量，当地政府组织技术人员到农村推广新的灌溉方法和优良品种。",
    "数学是一门研究数量、结构、变化以及空间等概念的学科，它的应用非常广泛。",
    "经过多年的努力，工程师们终于建成了这座横跨峡谷的大桥，大大缩短了两地的距离。",
    "医生提醒大家，冬季要注意保暖，多喝热水，适当运动，保证充足的睡眠。",
    "博物馆里陈列着许多古代的青铜器，它们的纹饰精美，反映了当时高超的工艺水平。",
    "随着信息技术的发展，人们获取知识的方式发生了深刻的变化，远程教育逐渐普及。",
]

RECIPE = """
name: small
seed: 7
tokenizer: {kind: train, vocabulary_size: 512, sources: [help, chinese]}
sources:
  help:
    read: {kind: jsonl, paths: [raw/help.jsonl]}
    profile: en
    license: PSF-2.0
  chinese:
    read: {kind: jsonl, paths: [raw/chinese.jsonl]}
    profile: zh
    license: Apache-2.0
  made:
    read: {kind: synthetic, documents: 150, synthesizer: {kind: arithmetic}}
    profile: qa
    license: Apache-2.0
labels: [{kind: language}, {kind: length}, {kind: compression_ratio}]
validation: {share: 0.1, tokens: 400}
runs:
  base:
    start:
      kind: architecture
      architecture: {num_layers: 2, hidden_size: 32, feed_forward_size: 64, num_heads: 4, num_key_value_heads: 2,
        vocabulary_size: 512, max_sequence_length: 128, tie_embeddings: true}
    phases: [{name: English, tokens: 6K, mixture: {kind: static, shares: {help: 1.0}}}]
    watch: [chinese]
    sequence_length: 64
    batch: 8
    micro_batch: 4
    round_steps: 3
    learning_rate: {kind: warmup_constant, peak: 3.0e-3, warmup: 1K}
    precision: fp32
  cpt:
    start: {kind: run, run: base}
    phases:
      - {name: bilingual, tokens: 6K, mixture: {kind: static, shares: {help: 0.8, chinese: 0.2}}}
      - {name: synthetic, tokens: 3K, mixture: {kind: static, shares: {help: 0.7, chinese: 0.1, made: 0.2}}}
    orders: {help: {kind: ascending, signal: compression_ratio}}
    packing: {made: best_fit}
    attention: document
    sequence_length: 64
    batch: 8
    micro_batch: 4
    round_steps: 3
    learning_rate: {kind: wsd, peak: 3.0e-3, decay_share: 0.3}
    precision: fp32
"""


def write_jsonl(path: Path, texts) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"id": f"{i}", "text": text}) + "\n" for i, text in enumerate(texts)))


def write_small(folder: Path) -> Path:
    """Write the raw text and the recipe; return the recipe's path."""
    help_texts = [text for _, text in sorted(pydoc_data.topics.topics.items())][:60]
    chinese = ["\n".join(CHINESE[(i * 3 + j * (i % 7 + 1)) % 10] for j in range(6)) + f"第{i}节。" for i in range(60)]
    write_jsonl(folder / "raw" / "help.jsonl", help_texts)
    write_jsonl(folder / "raw" / "chinese.jsonl", chinese)
    recipe = folder / "small.yaml"
    recipe.write_text(RECIPE)
    return recipe


def headwater(folder: Path, *arguments: str, **options):
    """Run the command in a folder and return the finished process."""
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, **options)
