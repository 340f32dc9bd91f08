"""A small corpus whose documents have known topics, and the stages that label it."""

import json

from pipeline.clean.settings import Clean
from pipeline.clean.stage import CleanStage
from pipeline.label.learn_stage import LearnStage
from pipeline.label.stage import LabelStage
from pipeline.progress import Progress
from pipeline.sources import Source
from pipeline.stage import Where

WORDS = {
    "medicine-health": ["patient", "doctor", "fever", "hospital", "vaccine", "symptom", "nurse", "clinic"],
    "law-policy": ["court", "judge", "statute", "treaty", "parliament", "verdict", "lawyer", "appeal"],
    "biology-chemistry": ["enzyme", "molecule", "cell", "acid", "protein", "genome", "species", "reaction"],
}
CHINESE = {
    "medicine-health": ["患者", "医生", "发热", "医院", "疫苗", "症状"],
    "law-policy": ["法院", "法官", "条例", "议会", "判决", "律师"],
    "biology-chemistry": ["酶", "分子", "细胞", "蛋白", "基因", "物种"],
}
TOPICS = tuple(WORDS)


def text_of(number):
    """Return the text of document ``number``; its topic is ``TOPICS[number % 3]``, every fourth is Chinese."""
    topic = TOPICS[number % 3]
    words = (CHINESE if number % 4 == 3 else WORDS)[topic]
    gap = "" if number % 4 == 3 else " "
    said = gap.join(words[(number * 5 + i * i) % len(words)] for i in range(12))
    return f"{said}{'，第' if gap == '' else ' number '}{number}"


def write_corpus(folder, name, documents, first=0):
    """Write a source of JSON lines with ids and topics; return its clean stage."""
    rows = [{"id": str(i), "text": text_of(i), "topic": TOPICS[i % 3]} for i in range(first, first + documents)]
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = {"kind": "jsonl", "paths": [f"{name}.jsonl"]}
    source = Source.model_validate({"read": read, "profile": "en", "license": "x"})
    return CleanStage(name, source, Clean(filters=()), 0, folder)


def stages_for(signal, corpora, folder, seed=0):
    """Return the clean stages, the learning, and the labels of every corpus."""
    lesson = LearnStage(signal, corpora, seed, folder)
    return [*corpora.values(), lesson, *(LabelStage(corpus, signal, (lesson,)) for corpus in corpora.values())]


def quiet(root):
    """Return where to work, without a word."""
    return Where(root, 1, progress=Progress(quiet=True))
