import asyncio

import pytest
from tiny_llama import write_tiny_llama

from pipeline.errors import UserError
from pipeline.label.answers import Answer, Answers, Refusal
from pipeline.synthesize.local_model import LocalGenerator

QUESTIONS = [f"question {number} " * (number + 1) for number in range(10)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("checkpoint") / "model", longest=160)


def run(root, folder, questions=QUESTIONS, **settings):
    """Ask everything at once and wait for the answers in order, as the making does."""
    fields = {"path": str(folder), "model": "tiny", "answer_tokens": 12, "batch": 4, **settings}
    generator = LocalGenerator.model_validate(fields)

    async def ask():
        requests = [generator.request(({"role": "user", "content": question},)) for question in questions]
        async with generator.opened(Answers(root), print, root) as backend:
            tasks = [asyncio.create_task(backend.ask(request, 1)) for request in requests]
            answers = []
            for request, task in zip(requests, tasks, strict=True):
                await asyncio.sleep(0)
                backend.hurry(request)
                answers.append(await task)
        return answers

    return asyncio.run(ask())


def test_the_seed_decides_the_answers_also_after_a_kill(tmp_path, folder):
    first = run(tmp_path / "a", folder)
    assert all((answer.answer_tokens, answer.ended) == (12, "length") for answer in first)
    assert len({answer.text for answer in first}) == 10
    assert run(tmp_path / "b", folder) == first
    assert run(tmp_path / "c", folder, sampling={"seed": 7}) != first
    assert run(tmp_path / "a", tmp_path / "nowhere") == first  # kept answers need no model

    # A kill leaves whole batches: the ones that are missing are answered as before.
    killed = Answers(tmp_path / "d")
    for row in list(Answers(tmp_path / "a").all())[:4]:
        killed.keep(row.request, row.answer)
    killed.close()
    assert run(tmp_path / "d", folder) == first


def test_a_prompt_that_leaves_no_room_is_refused_by_itself(tmp_path, folder):
    long, short = run(tmp_path, folder, ["long " * 200, "short"], sampling={"temperature": 0})
    assert isinstance(long, Refusal)
    assert "leaves no room for an answer: 148 fit" in long.problem
    assert isinstance(short, Answer)


def test_a_folder_without_a_model_is_said(tmp_path):
    with pytest.raises(UserError, match=r"generator.path: .*no: no config.json there"):
        run(tmp_path, tmp_path / "no", QUESTIONS[:1])
