"""Strings: what lies at every token of every slice, over all epochs of a run and all of its segments.

A slice's string of an epoch is its documents in an order, end to end or packed. An amended order holds from the first
epoch of which nothing has been read yet, not even as a label: inside an epoch nothing may be skipped or seen twice. A
packed slice has to follow another sequence length at once; what its epoch has left is then packed anew. Where all
this happens follows from the ledger; it is written down nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curricula.orders import AnyOrder
from pipeline.recipe import Run
from pipeline.stream import order_file, pack_file
from pipeline.stream.ledger import Cursor, Record
from pipeline.stream.order_file import OrderFile, open_order
from pipeline.stream.pack_file import Pack, Parts, open_pack, open_rest
from pipeline.stream.slice_table import SliceFile

Integers = npt.NDArray[np.int64]
SCANNED = 1 << 20
"""Parts of a pack that are looked through at a time."""


@dataclass(frozen=True, eq=False)
class Rule:
    """How the string of a slice is made from some token on. Tokens count from the beginning of the first epoch."""

    begin: int
    """First token that it holds for."""
    first_epoch: int
    origin: int
    """Token at which the first of its epochs begins; before ``begin`` where it holds for the rest of one only."""
    size: int
    """Tokens of an epoch, with padding."""
    order: AnyOrder
    piece: SliceFile
    pack: Pack | None = None
    rest: bool = False
    """Whether the pack holds what the epoch had left, its bins in reading order."""
    read: float = 0.0
    """Share of the epoch that had been read when such a rest began."""

    def locate(self, token: int) -> Cursor:
        """Return (epoch, offset) of a token."""
        epochs, offset = divmod(token - self.origin, self.size)
        return self.first_epoch + epochs, offset

    def epochs_at(self, token: int) -> float:
        """Return how many epochs have been read up to a token."""
        if self.rest:
            left = self.origin + self.size - self.begin
            return self.first_epoch + self.read + (1.0 - self.read) * (token - self.begin) / left
        epoch, offset = self.locate(token)
        return (epoch * self.size + offset) / self.size

    def start_of(self, epoch: int) -> int:
        """Return the token at which an epoch begins."""
        return self.origin + (epoch - self.first_epoch) * self.size


@dataclass(frozen=True)
class Section:
    """A stretch of one epoch's string."""

    rule: Rule
    epoch: int
    begin: int
    """First token, counted as in `Rule`."""
    end: int

    @property
    def start(self) -> int:
        """Token at which the epoch begins."""
        return self.rule.start_of(self.epoch)


@dataclass
class Strings:
    """The rules of each slice, in the order of the amendments."""

    cache: Path
    """Where orders and packs are kept."""
    seed: int
    rules: dict[str, list[Rule]] = field(default_factory=dict)
    _orders: dict[tuple[Rule, int], OrderFile] = field(default_factory=dict)

    def add(self, run: Run, slices: Mapping[str, SliceFile], before: Mapping[str, Cursor]) -> None:
        """Let a segment's orders hold; ``before`` is where each slice stood when it began."""
        for name, piece in slices.items():
            if piece.tokens:
                cursor = before.get(name, (0, 0))
                here = self.absolute(name, cursor)
                # What an earlier amendment brought and nothing has been read by never comes to hold.
                known = [rule for rule in self.rules.get(name, []) if rule.begin <= here] if here else []
                self.rules[name] = [*known, *self._new(run, piece, known, here)]

    def _new(self, run: Run, piece: SliceFile, known: list[Rule], here: int) -> Iterator[Rule]:
        """Yield the rules that a segment brings for a slice of which ``here`` tokens have been read."""
        order = run.order_of(piece.source)
        pack = self._pack(run, piece)
        size = pack.bins.tokens if pack else piece.tokens
        if here == 0:
            yield Rule(0, 0, 0, size, order, piece, pack)
            return
        old = known[-1]
        epoch, offset = old.locate(here)
        # A packed sequence ends with its bin; any other one has the next sequence's first token as its last label.
        untouched = epoch if pack and not offset else epoch + 1
        begin = old.start_of(untouched)
        if pack and old.pack and old.pack.capacity != pack.capacity and offset:
            rest = self._rest(Section(old, epoch, here, begin), pack.capacity)
            read = old.epochs_at(here) - epoch
            yield Rule(here, epoch, here - offset, offset + rest.bins.tokens, old.order, piece, rest, True, read)
            begin = here + rest.bins.tokens
        yield Rule(begin, untouched, begin, size, order, piece, pack)

    def _pack(self, run: Run, piece: SliceFile) -> Pack | None:
        if run.packing_of(piece.source) == "end_to_end":
            return None
        return open_pack(self.cache / "packs", piece, run.sequence_length, self.seed, run.order_of(piece.source))

    def _rest(self, section: Section, capacity: int) -> Pack:
        """Return the pack of a section's documents for sequences of another length."""
        rule = section.rule
        assert rule.pack is not None
        of = [rule.pack.folder.name, rule.order.model_dump(mode="json"), self.seed, section.epoch]
        of.append(section.begin - section.start)
        return open_rest(self.cache / "packs", rule.piece, capacity, of, rule.order, lambda: self._left(section))

    def _left(self, section: Section) -> Parts:
        """Return the documents of a packed section in reading order, their stretches joined where they touch.

        Takes some 100 bytes a document, when a run's length is amended and never again.
        """
        assert section.rule.pack is not None
        section.rule.pack.check()
        parts = np.asarray(section.rule.pack.parts)[self.bins(section)[1]]
        turn = np.lexsort((parts["begin"], parts["document"]))
        parts = parts[turn]
        touches = (parts["document"][1:] == parts["document"][:-1]) & (
            parts["begin"][1:] == parts["begin"][:-1] + parts["tokens"][:-1]
        )
        starts = np.flatnonzero(np.append(True, ~touches))
        left = parts[starts]
        left["tokens"] = np.add.reduceat(parts["tokens"], starts)
        return left[np.argsort(np.minimum.reduceat(turn, starts))]

    def rule_at(self, name: str, token: int) -> Rule:
        """Return the rule that holds at a token of a slice."""
        return next(rule for rule in reversed(self.rules[name]) if rule.begin <= token)

    def locate(self, name: str, token: int) -> Cursor:
        """Return (epoch, offset) of a token of a slice, counted since its first epoch began."""
        return self.rule_at(name, token).locate(token)

    def absolute(self, name: str, cursor: Cursor) -> int:
        """Return the tokens of a slice up to a cursor, since its first epoch began."""
        epoch, offset = cursor
        if (only := self._only(name)) is not None:
            return epoch * only.size + offset
        rule = self._rule_of(name, epoch)
        return rule.start_of(epoch) + offset if rule else 0

    def _only(self, name: str) -> Rule | None:
        """Return the rule of a slice that has one: with a thousand slices a round, looking for it takes longest."""
        rules = self.rules.get(name, ())
        return rules[0] if len(rules) == 1 else None

    def _rule_of(self, name: str, epoch: int) -> Rule | None:
        """Return the newest rule of an epoch; a slice without tokens has none, and never moves."""
        return next((rule for rule in reversed(self.rules.get(name, [])) if rule.first_epoch <= epoch), None)

    def epochs(self, name: str, cursor: Cursor) -> float:
        """Return how often a slice has been read at a cursor."""
        rule = self._only(name)
        if rule is None:
            if name not in self.rules:
                return 0.0
            rule = self.rule_at(name, self.absolute(name, cursor))
        return rule.epochs_at(rule.start_of(cursor[0]) + cursor[1])

    def locate_all(self, name: str, tokens: Integers) -> tuple[Integers, Integers]:
        """Return (epochs, offsets) of many tokens of a slice."""
        rules = self.rules[name]
        if len(rules) == 1:
            epochs, offsets = np.divmod(tokens, rules[0].size)
            return epochs, offsets
        which = np.searchsorted([rule.begin for rule in rules], tokens, side="right") - 1
        origins, sizes, firsts = (
            np.array([getattr(rule, column) for rule in rules])[which] for column in ("origin", "size", "first_epoch")
        )
        epochs, offsets = np.divmod(tokens - origins, sizes)
        return firsts + epochs, offsets

    def advance(self, name: str, cursor: Cursor, tokens: int) -> Cursor:
        """Return the cursor so many tokens further on."""
        if (only := self._only(name)) is not None:
            more, offset = divmod(cursor[1] + tokens, only.size)
            return cursor[0] + more, offset
        return self.locate(name, self.absolute(name, cursor) + tokens)

    def before(self, record: Record, name: str) -> int:
        """Return the tokens of a slice up to the beginning of a round that reads from it."""
        return self.absolute(name, record.cursors[name]) - record.given[name] * record.sequence_length

    def cursors_before(self, record: Record) -> dict[str, Cursor]:
        """Return where every slice stood before a round."""
        given = {name: self.locate(name, self.before(record, name)) for name in record.given}
        return {**record.cursors, **given}

    def sections(self, name: str, begin: int, end: int) -> Iterator[Section]:
        """Yield the epochs' parts of tokens ``begin`` to ``end`` of a slice."""
        rules = self.rules[name]
        while begin < end:
            rule = self.rule_at(name, begin)
            epoch, _ = rule.locate(begin)
            following = rules[rules.index(rule) + 1 :]
            stop = min([end, rule.start_of(epoch + 1), *(r.begin for r in following if r.begin > begin)])
            yield Section(rule, epoch, begin, stop)
            begin = stop

    def is_packed(self, name: str) -> bool:
        """Tell whether the documents of a slice are packed."""
        return self.rules[name][-1].pack is not None

    def bins(self, section: Section) -> tuple[Integers, Integers]:
        """Return (number of its bin in the section, index in the pack) of every part, in reading order."""
        rule = section.rule
        assert rule.pack is not None
        if rule.rest:
            first = (section.begin - rule.begin) // rule.pack.capacity
            bins = np.arange(first, (section.end - rule.begin) // rule.pack.capacity)
        else:
            bins, _ = self.order(rule, section.epoch).find(section.begin - section.start, section.end - section.start)
        firsts = np.asarray(rule.pack.starts)[bins]
        counts = np.asarray(rule.pack.starts)[bins + 1] - firsts
        nth = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(np.arange(len(bins)), counts), np.repeat(firsts, counts) + nth

    def stretches(self, section: Section, document: int) -> list[tuple[int, int]]:
        """Return (first token, end) of all of a document in a section's epoch, of the whole bin where it is packed."""
        rule = section.rule
        if rule.pack is None:
            order = self.order(rule, section.epoch)
            end = section.start + order.end_of(document)
            return [(end - int(rule.piece.documents["tokens"][document]), end)]
        parts = rule.pack.parts["document"]
        found = [
            start + np.flatnonzero(parts[start : start + SCANNED] == document)
            for start in range(0, len(parts), SCANNED)
        ]
        bins = np.searchsorted(rule.pack.starts, np.concatenate(found), side="right") - 1
        if rule.rest:
            ends = [rule.begin + (number + 1) * rule.pack.capacity for number in bins.tolist()]
        else:
            order = self.order(rule, section.epoch)
            ends = [section.start + order.end_of(number) for number in bins.tolist()]
        return [(end - rule.pack.capacity, end) for end in sorted(ends)]

    def order(self, rule: Rule, epoch: int) -> OrderFile:
        """Return the order of an epoch: of documents, or of bins where the slice is packed."""
        if (rule, epoch) not in self._orders:
            piece = rule.pack.bins if rule.pack else rule.piece
            self._orders[rule, epoch] = open_order(self.cache / "orders", piece, rule.order, self.seed, epoch)
        return self._orders[rule, epoch]

    def problems_of_packs(self) -> Iterator[str]:
        """Make every pack again and yield where the cache holds something else."""
        packs = {rule.pack.folder: rule.pack for rules in self.rules.values() for rule in rules if rule.pack}
        for _, pack in sorted(packs.items()):
            yield from pack_file.problems(pack)

    def problems_of_order(self, rule: Rule, epoch: int) -> Iterator[str]:
        """Make an epoch's order again and yield where the cache holds something else."""
        if not rule.rest:
            piece = rule.pack.bins if rule.pack else rule.piece
            yield from order_file.problems(self.cache / "orders", piece, rule.order, self.seed, epoch)
