import pytest

from pipeline.clean.filter import Rejection
from pipeline.synthesize.families.case_to_code import CASE_TO_CODE
from pipeline.synthesize.families.code_tests import CODE_TESTS
from pipeline.synthesize.functions import function_spans, own_code
from pipeline.synthesize.sandbox.running import unavailable
from pipeline.synthesize.snippets import SnippetBounds, cut, fault

needs_isolation = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
CODE = "def double(x):  # twice\n    return 2 * x"
TESTS = "assert double(2) == 4\nassert double(0) == 0"
FORM = f"Add it to itself.\n\n```python\n{CODE}\n```\n\nThe function must pass these tests:\n\n```python\n{TESTS}\n```"


@pytest.mark.parametrize(
    "solution",
    [
        f"Add it to itself.\n```python\n{CODE}\n```\n[TESTS]\n```python\n{TESTS}\n```",
        f"Add it to itself.\n```py\n{CODE}\n```\n**Tests:**\n{TESTS}",
        f"Add it to itself.\n```python\n{CODE}\n\n{TESTS}\n```",
        f"Add it to itself.\n\n```\n{CODE}\n```\n\n## Unit tests\n```\n{TESTS}\n```\n",
    ],
)
def test_code_with_tests_gets_one_form(solution):
    (pair,) = CODE_TESTS.pairs(f"[PROBLEM]\nDouble a number.\n[SOLUTION]\n{solution}", "", "en")
    assert pair.question == "Double a number."
    assert pair.solution == FORM


def test_code_without_tests_stays_as_it_is():
    (pair,) = CODE_TESTS.pairs(f"[PROBLEM]\nDouble a number.\n[SOLUTION]\n{CODE}", "", "en")
    assert pair.solution == f"```python\n{CODE}\n```"


@needs_isolation
def test_a_function_is_run_on_the_inputs_of_the_model():
    snippet = 'def root(n):\n    """Return it.\n\n    >>> root(9)\n    3\n    """\n    return math.isqrt(n)'
    (pair,) = CASE_TO_CODE.pairs("root(9)\n- `root(10)` -> 3\nroot(-1)\nroot(n)\nroot(16) == 5\nroot(9)", snippet, "en")
    assert pair.question.endswith("write it.\n\n```\n>>> root(9)\n3\n>>> root(10)\n3\n>>> root(16)\n4\n```")
    assert pair.solution.endswith("```python\nimport math\n\n\ndef root(n):\n    return math.isqrt(n)\n```")


@needs_isolation
@pytest.mark.parametrize(
    ("answer", "snippet", "reason"),
    [
        ("f(1)\nf(2)\nf(3)", "some text", "no_function"),
        ("f(1)\nf(2)", "def f(x):\n    return x", "too_few_inputs"),
        ("f(1)\nf(2)\nf(3)", "def f(x):\n    return 0", "too_few_results"),
        ("f(1)\nf(2)\nf(3)", "def f(x):\n    return object()", "too_few_results"),
        ("f(1)\nf(2)\nf(__import__('os').getpid())", "def f(x):\n    return x", "too_few_inputs"),
    ],
)
def test_why_there_is_no_induction_problem(answer, snippet, reason):
    found = CASE_TO_CODE.pairs(answer, snippet, "en")
    assert isinstance(found, Rejection)
    assert found.reason == reason


@pytest.mark.parametrize(
    "code",
    [
        "def f(self):\n    return 1",
        "def f():\n    return 1",
        "def f(x):\n    print(x)",
        "def f(x):\n    return open(x)",
        "def f(x):\n    return g(x)",
        "def f(x):\n    import os\n    return os.getcwd()",
        "def f(x):\n    yield x",
        "@cache\ndef f(x):\n    return x",
    ],
)
def test_functions_that_do_not_stand_alone_are_no_snippets(code):
    assert list(function_spans(code)) == []
    assert own_code(code) is None


def test_functions_are_cut_out_of_a_file():
    text = f"import math\n\n{CODE}\n\n\nclass A:\n    pass\n\n\ndef half(x):\n    y = x // 2\n\n    return y\n"
    bounds = SnippetBounds(of="functions", shortest=5)
    found = [text[span.begin : span.end] for span in cut(text, bounds)]
    assert found == [CODE, "def half(x):\n    y = x // 2\n\n    return y"]
    assert [fault(snippet, bounds) for snippet in found] == [None, None]
