"""The question about a document's topic, in the document's language, and how an answer is read."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.artifact import sha256_of
from pipeline.clean.units import CJK
from pipeline.label.endpoint import Messages
from pipeline.label.taxonomy import Language, Taxonomy

FOLDER = Path(__file__).parent / "prompts"
REMINDERS = 2
"""How often an answer that names no topic is asked about again."""
_REMINDER = {
    "en": "That is not the number of one topic. Answer with a single number from 1 to {last}, and nothing else.",
    "zh": "这不是一个主题的编号。只回答 1 到 {last} 之间的一个数字，不要写其他内容。",
}
_THOUGHTS = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
_CHINESE = re.compile(f"[{CJK}]")
_CHINESE_SHARE = 0.2
"""A text with this share of Chinese characters is Chinese, if cleaning did not say."""


def version() -> str:
    """Return a hash over the wording of all prompts."""
    return " ".join(sha256_of(path)[:16] for path in sorted(FOLDER.glob("topic-*.txt")))


def language_of(text: str, code: str) -> Language:
    """Return the language to ask in: by cleaning's code, or by the share of Chinese characters where it has none."""
    if code:
        return "zh" if code.endswith(("_Hani", "_Hans", "_Hant")) else "en"
    return "zh" if len(_CHINESE.findall(text)) > _CHINESE_SHARE * len(text) else "en"


def question(taxonomy: Taxonomy, text: str, language: Language) -> Messages:
    """Return the first message about a text."""
    template = (FOLDER / f"topic-{language}.txt").read_text(encoding="utf-8")
    # What cannot be encoded cannot be sent.
    sendable = text.encode("utf-8", "replace").decode("utf-8")
    before, _, after = template.replace("{topics}", taxonomy.listed(language)).partition("{text}")
    return ({"role": "user", "content": f"{before}{sendable}{after}"},)


def reminded(messages: Messages, answer: str, taxonomy: Taxonomy, language: Language) -> Messages | None:
    """Return the messages that ask again after an answer without a topic; None after the last reminder."""
    if len(messages) >= 1 + 2 * REMINDERS:
        return None
    reminder = _REMINDER[language].format(last=len(taxonomy.topics))
    said = answer.encode("utf-8", "replace").decode("utf-8")
    return (*messages, {"role": "assistant", "content": said}, {"role": "user", "content": reminder})


def topic_in(answer: str, taxonomy: Taxonomy) -> str | None:
    """Return the one topic that an answer names, by number or by name; None for none or several."""
    words = _THOUGHTS.sub("", answer)
    slugs = list(taxonomy.topics)
    numbers = {int(number) for number in re.findall(r"(?<![\d.])\d{1,3}(?!\d)", words)}
    found = {slugs[number - 1] for number in numbers if 1 <= number <= len(slugs)}
    if len(numbers) == 1 and found:
        return found.pop()
    if numbers:
        return None
    folded = words.casefold()
    for slug, topic in taxonomy.topics.items():
        if any(name and name.casefold() in folded for name in (slug, topic.en, topic.zh)):
            found.add(slug)
    return found.pop() if len(found) == 1 else None
