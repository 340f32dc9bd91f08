"""With the real encoder, which comes in a package."""

from pipeline.label.embeddings.sentence_encoder import SentenceEncoder
from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.checks.meaning import Meaning

PENDULUM = (
    "A pendulum swings with a period that depends on its length and on gravity alone. Galileo noticed that the mass of "
    "the bob does not matter."
)
OTHERS_WORDS = Pair(
    "Why may a heavier weight be hung on a clock's swinging rod?", "How fast it goes is not changed by that."
)
CHINESE = Pair("单摆的周期和什么有关？", "周期只取决于摆长和重力，与摆锤的质量无关。")
ANOTHER = Pair("What do ribosomes make?", "Ribosomes make proteins outside the nucleus of a living cell.")


def rejected(pair, family="facts", **settings):
    return Meaning.model_validate(settings).reject(Candidate(pair, PENDULUM, "en", family))


def test_the_same_in_other_words_or_another_language_stays_and_another_subject_goes():
    assert rejected(OTHERS_WORDS) is None
    assert rejected(CHINESE) is None
    found = rejected(ANOTHER)
    assert (found.reason, found.allowed) == ("other_meaning", "at least 0.25")


def test_words_alone_do_not_see_it():
    assert rejected(CHINESE, embedding={"kind": "hashed"}).reason == "other_meaning"


def test_programs_are_not_compared():
    assert rejected(ANOTHER, "code_tests") is None


def test_a_package_that_is_not_there_is_said_before_any_work(monkeypatch):
    monkeypatch.setattr("pipeline.label.embeddings.sentence_encoder.PACKAGE", "no-such-encoder")
    assert Meaning(embedding=SentenceEncoder()).unable() == (
        "embedding: sentence_encoder needs a package: pip install no-such-encoder"
    )
