import pytest

from pipeline.errors import UserError
from pipeline.label import topic_prompt
from pipeline.label.taxonomy import FOLDER, load_taxonomy, taxonomy_path

OURS = load_taxonomy(FOLDER / "llama3-syne.yaml")


def test_eleven_topics_group_every_subject_of_mmlu_and_cmmlu_once():
    assert len(OURS.topics) == 11
    for field, number in (("mmlu", 57), ("cmmlu", 67)):
        subjects = [subject for topic in OURS.topics.values() for subject in getattr(topic, field)]
        assert len(subjects) == len(set(subjects)) == number


@pytest.mark.parametrize(
    ("answer", "topic"),
    [
        ("3", "biology-chemistry"),
        ("**11.**\n", "others"),
        ("Topic 5: Law and Policy", "law-policy"),
        ("law and policy", "law-policy"),
        ("经济与商业", "economics-business"),
        ("<think>1 or 2?</think> 4", "history-geography"),
        ("<think>it is 1, no", None),
        ("1 or 2", None),
        ("99", None),
        ("0", None),
        ("", None),
        ("none of these", None),
    ],
)
def test_an_answer_names_one_topic_or_none(answer, topic):
    assert topic_prompt.topic_in(answer, OURS) == topic


def test_the_text_cannot_reach_into_the_template():
    (message,) = topic_prompt.question(OURS, "{topics} {text} \ud800", "en")
    assert "{topics} {text} ?" in message["content"]
    assert "11. Others" in message["content"]


@pytest.mark.parametrize(
    ("text", "code", "language"),
    [("x", "cmn_Hani", "zh"), ("中文", "eng_Latn", "en"), ("中文文本", "", "zh"), ("words", "", "en"), ("", "", "en")],
)
def test_the_language_of_the_question(text, code, language):
    assert topic_prompt.language_of(text, code) == language


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source: x\ntopics: {a: {en: A}}\n", "topics"),
        ("source: x\notherwise: c\ntopics: {a: {en: A}, b: {en: B}}\n", "c is no topic"),
        ("source: x\ntopics: {A B: {en: A}, b: {en: B}}\n", "A B"),
    ],
)
def test_a_wrong_taxonomy_is_named(tmp_path, text, words):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UserError, match=words):
        load_taxonomy(taxonomy_path("mine.yaml", tmp_path))


def test_an_unknown_taxonomy_lists_what_is_allowed(tmp_path):
    with pytest.raises(UserError, match=r"llama: no such taxonomy; allowed: llama3-syne"):
        taxonomy_path("llama", tmp_path)
