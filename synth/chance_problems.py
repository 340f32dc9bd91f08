"""Problems of probability with exact fractions; checked by listing every outcome or following every path."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

from synth.problem import Draw, Problem, fraction

COLOURS = {
    "en": (("red", "blue"), ("green", "white"), ("black", "yellow")),
    "zh": (("红", "蓝"), ("绿", "白"), ("黑", "黄")),
}


def dice(draw: Draw, language: str, level: int) -> Problem:
    """The sum of two or three dice: equal to, or at least, a number."""
    count, faces = (2, 6) if level == 1 else (level, draw.one_of((4, 6, 8, 10, 12)))
    at_least = draw.one_of((True, False))
    goal = draw.whole(count + 1, count * faces - 1)
    ways = [1]
    for _ in range(count):
        ways = [sum(ways[max(0, n - faces) : n]) for n in range(len(ways) + faces)]
    good = sum(ways[goal:]) if at_least else ways[goal]
    whole, answer = faces**count, Fraction(good, faces**count)
    what = {"en": (f"equal to {goal}", f"at least {goal}"), "zh": (f"等于 {goal}", f"不小于 {goal}")}[language][
        at_least
    ]
    number = {"en": {2: "two", 3: "three"}, "zh": {2: "两", 3: "三"}}[language][count]
    ask = draw.one_of(
        {
            "en": (
                f"You roll {number} fair dice with {faces} faces each, numbered from 1. What is the probability that "
                f"the sum is {what}?",
                f"Find the probability that the total of {number} fair {faces}-sided dice (1 to {faces}) is {what}.",
            ),
            "zh": (f"掷{number}个均匀的 {faces} 面骰子（各面为 1 到 {faces}），点数之和{what}的概率是多少？",),
        }[language]
    )
    end = "" if math.gcd(good, whole) == 1 else f" = {fraction(answer)}"
    sums = list(range(goal, count * faces + 1)) if at_least else [goal]
    listed = " + ".join(str(ways[n]) for n in sums)
    listed = f"{listed} = {good}" if len(sums) > 1 else str(good)
    solve = {
        "en": f"There are ${faces}^{count} = {whole}$ equally likely outcomes. Counting those whose sum is {what} "
        + (f"for each sum from {goal} to {count * faces} in turn gives ${listed}$" if at_least else f"gives {good}")
        + f". The probability is $\\frac{{{good}}}{{{whole}}}{end}$.",
        "zh": f"共有 ${faces}^{count} = {whole}$ 种等可能的结果，其中和{what}的有 ${listed}$ 种，"
        f"所以概率是 $\\frac{{{good}}}{{{whole}}}{end}$。",
    }[language]
    rolled = sum(
        sum(roll) >= goal if at_least else sum(roll) == goal for roll in product(range(1, faces + 1), repeat=count)
    )
    return Problem(ask, solve, answer, Fraction(rolled, whole))


def balls(draw: Draw, language: str, level: int) -> Problem:
    """Draws without putting back: so many of one colour."""
    a, b = draw.whole(2, 12), draw.whole(2, 12)
    drawn = draw.whole(2, min(level + 1, a + b - 1))
    good = draw.whole(max(0, drawn - b), min(drawn, a))
    ways, whole = math.comb(a, good) * math.comb(b, drawn - good), math.comb(a + b, drawn)
    answer = Fraction(ways, whole)
    first, second = draw.one_of(COLOURS[language])
    ask = draw.one_of(
        {
            "en": (
                f"A bag holds {a} {first} and {b} {second} balls. {drawn} are drawn without being put back. What is "
                f"the probability that exactly {good} of them are {first}?",
                f"An urn contains {a} {first} and {b} {second} balls. Find the probability that a random sample of "
                f"{drawn} balls holds exactly {good} {first}.",
            ),
            "zh": (
                f"袋中有 {a} 个{first}球和 {b} 个{second}球，不放回地取出 {drawn} 个，恰有 {good} "
                f"个{first}球的概率是多少？",
            ),
        }[language]
    )
    end = "" if math.gcd(ways, whole) == 1 else f" = {fraction(answer)}"
    top = f"\\binom{{{a}}}{{{good}}}\\binom{{{b}}}{{{drawn - good}}}"
    numbers = f"{math.comb(a, good)} \\times {math.comb(b, drawn - good)} = {ways}"
    solve = {
        "en": f"All $\\binom{{{a + b}}}{{{drawn}}} = {whole}$ samples are equally likely. Those with {good} "
        f"{first} balls "
        f"number ${top} = {numbers}$. The probability is $\\frac{{{ways}}}{{{whole}}}{end}$.",
        "zh": f"共有 $\\binom{{{a + b}}}{{{drawn}}} = {whole}$ 种等可能的取法，其中恰有 {good} 个{first}球的有 "
        f"${top} = {numbers}$ 种，概率为 $\\frac{{{ways}}}{{{whole}}}{end}$。",
    }[language]
    return Problem(ask, solve, answer, _one_at_a_time(a, b, drawn, good))


def _one_at_a_time(a: int, b: int, drawn: int, good: int) -> Fraction:
    """Probability of ``good`` balls of the first colour, ball by ball."""
    if drawn == 0:
        return Fraction(good == 0)
    chance = Fraction(0)
    if a and good:
        chance += Fraction(a, a + b) * _one_at_a_time(a - 1, b, drawn - 1, good - 1)
    if b:
        chance += Fraction(b, a + b) * _one_at_a_time(a, b - 1, drawn - 1, good)
    return chance


def repeated_trials(draw: Draw, language: str, level: int) -> Problem:
    """So many successes in independent trials; the last level asks for at least one."""
    chance = Fraction(draw.whole(1, 5), draw.whole(6, 9))
    trials = draw.whole(2, 3 + level)
    goal = draw.whole(1, trials - 1)
    fails = 1 - chance
    if level == 3:
        answer, rule = 1 - fails**trials, {"en": "at least one time", "zh": "至少命中一次"}[language]
        none = f"\\left({fraction(fails)}\\right)^{{{trials}}}"
        done = f"1 - {none} = 1 - {fraction(fails**trials)} = {fraction(answer)}"
    else:
        answer = math.comb(trials, goal) * chance**goal * fails ** (trials - goal)
        rule = {"en": f"exactly {goal} time{'s' if goal > 1 else ''}", "zh": f"恰好命中 {goal} 次"}[language]
        done = (
            f"\\binom{{{trials}}}{{{goal}}} \\left({fraction(chance)}\\right)^{{{goal}}} "
            f"\\left({fraction(fails)}\\right)^{{{trials - goal}}} = {fraction(answer)}"
        )
    ask = draw.one_of(
        {
            "en": (
                f"An archer hits the target with probability ${fraction(chance)}$ on each shot, independently. "
                f"What is "
                f"the probability of hitting {rule} in {trials} shots?",
                f"A machine starts with probability ${fraction(chance)}$ at each attempt, whatever happened before. "
                f"In {trials} attempts, how likely is it to start {rule}?",
            ),
            "zh": (
                f"某射手每次命中的概率是 ${fraction(chance)}$，各次相互独立。射击 {trials} 次，{rule}的概率是多少？",
            ),
        }[language]
    )
    complement = {
        "en": (
            "Multiply the chances along one order of successes and failures, and count the orders",
            "It is easier to find the chance of no success at all and to subtract it from 1",
        ),
        "zh": ("一种次序的概率是各次概率之积，再乘以次序的个数", "先求一次也不命中的概率，再用 1 减去它"),
    }[language][level == 3]
    solve = {"en": f"{complement}: ${done}$.", "zh": f"{complement}：${done}$。"}[language]
    paths = Fraction(0)
    for path in product((True, False), repeat=trials):
        if sum(path) >= 1 if level == 3 else sum(path) == goal:
            paths += math.prod((chance if hit else fails for hit in path), start=Fraction(1))
    return Problem(ask, solve, answer, paths)


def screening(draw: Draw, language: str, level: int) -> Problem:
    """Bayes' rule in whole numbers of people; the first level asks for the chance of a positive result alone."""
    share, caught, false = draw.whole(1, 20), draw.whole(80, 99), draw.whole(1, 20)
    ill, people = share * 100, 10_000
    true_positive, false_positive = ill * caught // 100, (people - ill) * false // 100
    positive = true_positive + false_positive
    answer = Fraction(positive, people) if level == 1 else Fraction(true_positive, positive)
    end = {
        "en": (
            "Someone is chosen at random. What is the probability of a positive result?",
            "A person's result is positive. What is the probability that this person is ill?",
        ),
        "zh": ("随机选一人，检测呈阳性的概率是多少？", "某人检测呈阳性，他确实患病的概率是多少？"),
    }[language][level > 1]
    ask = draw.one_of(
        {
            "en": (
                f"A disease affects {share}% of a population. A test finds {caught}% of the ill and is wrongly "
                f"positive for {false}% of the healthy. {end}",
                f"{share}% of people carry an illness. A test is positive for {caught}% of those who have it and for "
                f"{false}% of those who do not. {end}",
            ),
            "zh": (f"某病的患病率为 {share}%。检测能查出 {caught}% 的患者，对健康人有 {false}% 的误报率。{end}",),
        }[language]
    )
    last = (
        f"\\frac{{{positive}}}{{{people}}} = {fraction(answer)}"
        if level == 1
        else f"\\frac{{{true_positive}}}{{{positive}}} = {fraction(answer)}"
    )
    last = last if math.gcd(positive, people if level == 1 else true_positive) > 1 else last.split(" = ")[0]
    solve = {
        "en": f"Think of {people} people. {ill} are ill, and {caught}% of them, {true_positive}, test "
        f"positive. Of the "
        f"{people - ill} healthy, {false}%, that is {false_positive}, test positive too. In all there are "
        f"${true_positive} + {false_positive} = {positive}$ positive results, so the probability is ${last}$.",
        "zh": f"设想 {people} 人，其中 {ill} 人患病，{caught}% 即 {true_positive} 人呈阳性；{people - ill} "
        f"名健康人中有 {false}% "
        f"即 {false_positive} 人误报。阳性共 ${true_positive} + {false_positive} = {positive}$ 人，所以概率为 "
        f"${last}$。",
    }[language]
    prior, hit, alarm = Fraction(share, 100), Fraction(caught, 100), Fraction(false, 100)
    evidence = prior * hit + (1 - prior) * alarm
    return Problem(ask, solve, answer, evidence if level == 1 else prior * hit / evidence)


TEMPLATES = {"dice": dice, "balls": balls, "repeated_trials": repeated_trials, "screening": screening}
