"""The ledger: found by position, chained by hash, whole after a crash."""

import pytest
from stream_world import make_run

from pipeline.errors import UserError
from pipeline.stream.ledger import Ledger

RUN = make_run([(2000, {"en": 0.5, "zh": 0.5}), (500, {"qa": 1.0})], sequence_length=7, batch=2, round_steps=3)


def test_every_position_finds_its_round(world):
    _, _, ledger = world.finish(RUN)
    records = list(ledger)
    assert len(records) > 20
    for record in records:
        assert ledger.at(record.position) == record
        assert ledger.at(record.end - 1) == record
    assert ledger.at(ledger.last().end) is None
    assert ledger.last() == records[-1]
    assert list(ledger.problems()) == []


def test_phases_start_new_rounds(world):
    _, _, ledger = world.finish(RUN)
    edge = round(2000 / 14) * 2
    assert {r.phase for r in ledger if r.end <= edge} == {0}
    assert {r.phase for r in ledger if r.position >= edge} == {1}
    assert ledger.last().end == round(2500 / 14) * 2


@pytest.mark.parametrize("cut", [1, 5, 200])
def test_a_line_cut_short_by_a_crash_is_dropped(world, cut):
    _, _, ledger = world.finish(RUN)
    records = list(ledger)
    data = ledger.path.read_bytes()
    ledger.path.write_bytes(data[:-cut])
    reopened = Ledger(ledger.path)
    assert reopened.last() == records[-2]
    reopened.repair()
    assert list(reopened) == records[:-1]


def test_any_changed_byte_is_found(world):
    _, _, ledger = world.finish(RUN)
    data = ledger.path.read_bytes()
    for at in range(0, len(data), 97):
        if data[at] in b"\n":
            continue
        broken = bytearray(data)
        broken[at] ^= 1
        ledger.path.write_bytes(bytes(broken))
        with pytest.raises(UserError):
            found = list(Ledger(ledger.path).problems())
            if found:
                raise UserError(found[0])
    ledger.path.write_bytes(data)


def test_a_record_must_follow_the_last_one(world):
    _, director, ledger = world.open(RUN)
    first = director.next(None, {})
    ledger.append(first)
    with pytest.raises(ValueError, match="ledger ends at"):
        ledger.append(first)
