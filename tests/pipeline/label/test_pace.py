import asyncio

import pytest

from pipeline.label.endpoint import Endpoint
from pipeline.label.gate import Gate
from pipeline.label.pace import Concurrency, Meter


def served(concurrency, seconds, rate):
    """Answer for so many seconds, ``rate(limit)`` a second; return the limits that it went through."""
    limits, now = [concurrency.limit], 0.0
    while now < seconds:
        now += 1 / rate(concurrency.limit)
        concurrency.answered(now, more_wait=True)
        if limits[-1] != concurrency.limit:
            limits.append(concurrency.limit)
    return limits


def test_the_first_round_begins_with_the_first_request():
    concurrency = Concurrency(100)
    for number in range(32):
        concurrency.sent(float(number) / 100)
    for _ in range(32):
        assert concurrency.limit == 32
        concurrency.answered(1.0, more_wait=True)
    assert concurrency.limit == 64


def test_it_doubles_to_the_most_while_more_under_way_answers_more():
    assert served(Concurrency(100), 20, lambda limit: 10 * limit) == [32, 64, 100]


def test_it_goes_back_where_more_under_way_only_waits_longer():
    limits = served(Concurrency(512), 60, lambda limit: 10 * min(limit, 100))
    assert limits[:4] == [32, 64, 128, 256]
    assert max(limits[4:]) <= 256
    assert min(limits[3:]) >= 100


def test_a_busy_server_halves_it_once_for_all_that_were_under_way_and_then_it_grows_in_steps():
    concurrency = Concurrency(64)
    served(concurrency, 20, lambda limit: 10 * limit)
    seen = concurrency.halvings
    for _ in range(64):
        concurrency.overloaded(seen)
    assert concurrency.limit == 32
    concurrency.overloaded(concurrency.halvings)
    assert served(concurrency, 2.5, lambda limit: 10 * limit)[:4] == [16, 20, 24, 28]


def test_it_never_leaves_one_to_the_most():
    concurrency = Concurrency(3)
    assert concurrency.limit == 3
    for _ in range(5):
        concurrency.overloaded(concurrency.halvings)
    assert concurrency.limit == 1
    served(concurrency, 30, lambda limit: limit)
    assert concurrency.limit == 3


def test_nothing_is_learnt_from_rounds_in_which_nothing_waited():
    concurrency = Concurrency(64)
    for now in range(1000):
        concurrency.answered(now, more_wait=False)
    assert concurrency.limit == 32


@pytest.mark.parametrize("amounts", [[1] * 500, [1, 250, 3, 40, 700, 2] * 20])
def test_no_minute_holds_more_than_its_share_and_one_amount(amounts):
    meter = Meter(600)
    sent = [(meter.reserve(amount, now=0.0), amount) for amount in amounts]
    for begin, _ in sent:
        within = [amount for time, amount in sent if begin <= time < begin + 60]
        assert sum(within) - max(within) <= 600
    assert sent[-1][0] == pytest.approx(sum(amounts[:-1]) / 10)


def test_what_was_reserved_and_not_used_is_free_again_and_no_limit_never_waits():
    meter = Meter(60)
    meter.reserve(100, 0.0)
    meter.give_back(90)
    assert meter.reserve(1, 0.0) == pytest.approx(10)
    free = Meter(None)
    assert [free.reserve(10**9, 5.0) for _ in range(3)] == [5.0] * 3


def test_earlier_requests_pass_first_however_late_they_come_back():
    passed = []

    async def run():
        gate = Gate(Endpoint(url="http://a/v1", model="m", concurrency=1))

        async def one(number):
            async with gate.passage(number, 1):
                passed.append(number)
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            for number in (5, 9, 7, 2):
                group.create_task(one(number))

    asyncio.run(run())
    assert passed == [5, 2, 7, 9]
