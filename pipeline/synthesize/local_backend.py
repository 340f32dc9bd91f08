"""A model at work in this process: batches of requests, each answered and kept whole."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline import seeds
from pipeline.errors import UserError
from pipeline.label.answers import Answer, Answers, Refusal, key_of
from pipeline.synthesize.local_model import LocalGenerator


class LocalBackend:
    """The model at work."""

    def __init__(self, generator: LocalGenerator, answers: Answers, data: Path) -> None:
        self._generator, self._answers, self._data = generator, answers, data
        self._batch: dict[str, tuple[Mapping[str, Any], asyncio.Future[Answer | Refusal]]] = {}
        self._running = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loaded: tuple[Any, Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ask(self, request: Mapping[str, Any], prompt_tokens: int) -> Answer | Refusal:
        """Return the kept answer, else let the request wait for its batch; a prompt that is too long is refused."""
        key = key_of(request)
        if (kept := self._answers.find_key(key)) is not None:
            return kept
        if key not in self._batch:
            self._batch[key] = (request, asyncio.get_running_loop().create_future())
        answered = self._batch[key][1]
        if len(self._batch) == self._generator.batch:
            self._start()
        return await asyncio.shield(answered)

    def hurry(self, request: Mapping[str, Any]) -> None:
        """Start the batch that this request waits in, full or not."""
        if self._batch and key_of(request) in self._batch:
            self._start()

    def _start(self) -> None:
        batch, self._batch = self._batch, {}
        task = asyncio.get_running_loop().create_task(self._answer(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, batch: Mapping[str, tuple[Mapping[str, Any], asyncio.Future[Answer | Refusal]]]) -> None:
        try:
            async with self._running:  # in turn: the lock lets in who came first
                requests = [request for request, _ in batch.values()]
                found = await asyncio.to_thread(self._generated, requests, next(iter(batch)))
                rows = [(k, r, a) for k, r, a in zip(batch, requests, found, strict=True) if isinstance(a, Answer)]
                await asyncio.to_thread(self._answers.keep_all, rows)
        except Exception as error:
            for _, answered in batch.values():
                answered.set_exception(error)
            return
        for (_, answered), one in zip(batch.values(), found, strict=True):
            answered.set_result(one)

    def _generated(self, requests: list[Mapping[str, Any]], first: str) -> list[Answer | Refusal]:
        """Answer a batch; the seed and the first request's key decide what is drawn."""
        import torch

        tokenizer, model = self._model()
        prompts = [_prompt(tokenizer, request["messages"]) for request in requests]
        room = model.config.max_position_embeddings - self._generator.answer_tokens
        fits = [i for i, prompt in enumerate(prompts) if len(prompt) <= room]
        found: list[Answer | Refusal] = [
            Refusal("refused", f"a prompt of {len(p)} tokens leaves no room for an answer: {room} fit") for p in prompts
        ]
        if not fits:
            return found
        sampling = self._generator.sampling
        longest = max(len(prompts[i]) for i in fits)
        padding = model.generation_config.pad_token_id
        ids = torch.tensor([[padding] * (longest - len(prompts[i])) + prompts[i] for i in fits], device=model.device)
        mask = torch.tensor([[0] * (longest - len(prompts[i])) + [1] * len(prompts[i]) for i in fits]).to(model.device)
        draw = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(seeds.key(sampling.seed or 0, first))
            made = model.generate(
                ids,
                attention_mask=mask,
                max_new_tokens=self._generator.answer_tokens,
                do_sample=sampling.temperature > 0,
                **(draw if sampling.temperature > 0 else {}),
            )
        for i, row in zip(fits, made[:, longest:].tolist(), strict=True):
            found[i] = _answer(tokenizer, model, row, len(prompts[i]))
        return found

    def _model(self) -> tuple[Any, Any]:
        if self._loaded is None:
            folder = self._data / self._generator.path
            if not (folder / "config.json").is_file():
                raise UserError(
                    f"generator.path: {self._generator.path}: no config.json there; a local Hugging Face folder is "
                    f"wanted (paths start at {self._data})"
                )
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).to(self._generator.device)
            if model.generation_config.pad_token_id is None:
                ends = _ends(model)
                model.generation_config.pad_token_id = ends[0] if ends else 0
            self._loaded = tokenizer, model.eval()
        return self._loaded


def _prompt(tokenizer: Any, messages: list[Mapping[str, str]]) -> list[int]:
    if tokenizer.chat_template is None:
        return list(tokenizer("\n".join(message["content"] for message in messages) + "\n").input_ids)
    chat = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return list(tokenizer(chat, add_special_tokens=False).input_ids)


def _ends(model: Any) -> list[int]:
    ends = model.generation_config.eos_token_id
    return [] if ends is None else [ends] if isinstance(ends, int) else list(ends)


def _answer(tokenizer: Any, model: Any, row: list[int], prompt_tokens: int) -> Answer:
    """Return a row of tokens up to its first end as an answer."""
    end = next((i for i, token in enumerate(row) if token in _ends(model)), None)
    text = tokenizer.decode(row[:end], skip_special_tokens=True)
    return Answer(text, "length" if end is None else "stop", prompt_tokens, len(row) if end is None else end + 1)
