"""Quantities: numbers with a unit or beside a sign of arithmetic, and no dates, prices or counters."""

import pytest

from pipeline.clean.quantities import quantities
from pipeline.clean.unit_hashes import units_of


def counted(*texts):
    return [int(number) for piece in units_of(texts) for number in quantities(piece)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a mass of 5 kg, 12 m high and 30cm wide", 3),
        ("$v = 18$ and 3 + 4", 3),
        ("质量为25 kg，速度3米每秒，重5千克，长8厘米，功率60瓦", 5),
        ("on 12 May 1998 at 9:30, page 7 of 20, for $15.99 or 20 % off", 0),
        ("in the 1980s, with 5G and 3D, call 555 - 1234", 0),
        ("2023年5月3日，共有120人参加，售价35元，第4页", 0),
        ("5", 0),
        ("", 0),
    ],
)
def test_what_counts(text, number):
    assert counted(text) == [number]


def test_a_unit_belongs_to_the_number_of_its_own_document():
    assert counted("it has 5", "kg", "5 kg") == [0, 0, 1]
