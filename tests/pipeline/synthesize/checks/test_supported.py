import pytest

from pipeline.synthesize.candidate import Candidate, Pair
from pipeline.synthesize.checks.supported import Supported

SNIPPET = (
    "Photosynthesis takes place in the chloroplasts of plant cells. Chlorophyll absorbs mostly red and blue light. "
    "The oxygen that is released comes from water, not from carbon dioxide. About 115 billion tonnes of carbon are "
    "bound in this way every year. Solubility of gases decreases with rising temperature."
)
CHINESE = (
    "叶绿体是植物细胞进行光合作用的场所。叶绿素主要吸收红光和蓝光。气体的溶解度随温度升高而减小。"
    "每年约有1150亿吨碳被固定。"
)


def reason(answer, question="What is known about it?", snippet=SNIPPET, language="en", family="facts"):
    found = Supported().reject(Candidate(Pair(question, answer), snippet, language, family))
    return found and found.reason


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("In plant cells, photosynthesis happens inside the chloroplasts.", None),
        ("The released oxygen does not come from carbon dioxide but from water.", None),
        ("Every year, about 115 billion tonnes of carbon are bound. It is much.", None),
        ("Mitochondria of animal muscles burn sugar and fat at night during sleep.", "unsupported"),
        ("Chlorophyll does not absorb mostly red and blue light.", "contradicts_snippet"),
        ("The solubility of gases increases with rising temperature.", "contradicts_snippet"),
        ("Chlorophyll absorbs about 115 percent of mostly red and blue light.", "number_of_something_else"),
    ],
)
def test_sentences_are_laid_beside_the_snippet(answer, expected):
    assert reason(answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("植物细胞的光合作用在叶绿体中进行。", None),
        ("气体的溶解度随温度升高而增大。", "contradicts_snippet"),
        ("叶绿素主要不吸收红光和蓝光。", "contradicts_snippet"),
        ("线粒体是动物细胞呼吸和产生能量的主要场所。", "unsupported"),
    ],
)
def test_chinese(answer, expected):
    assert reason(answer, "问？", CHINESE, "zh") == expected


def test_an_exercise_may_say_more_than_its_snippet():
    assert reason("Something entirely different is calculated for trains here.", family="problem") is None
