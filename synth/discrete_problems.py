"""Problems of discrete mathematics: remainders, congruences, and counting; checked by counting one by one."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from itertools import permutations

from synth.problem import Draw, Problem

WORDS = (
    *("level", "banana", "pepper", "success", "letter", "coffee", "balloon", "street", "bottle", "carrot", "summer"),
    *("apple", "tomato", "potato", "kitten", "rabbit", "silver", "orange", "planet", "garden", "window", "puzzle"),
)
GROUPS = {
    "en": (("women", "men"), ("teachers", "pupils"), ("violinists", "cellists"), ("red cards", "black cards")),
    "zh": (("名女生", "名男生"), ("位教师", "位学生"), ("个红球", "个白球")),
}


def modular_power(draw: Draw, language: str, level: int) -> Problem:
    """The remainder of a power, by repeated squaring."""
    base, modulus = draw.whole(2, 40), draw.whole(5, (20, 60, 200)[level - 1])
    exponent = draw.whole(5, (20, 100, 1000)[level - 1])
    said, value, result = [], base % modulus, 1
    power, rest, used = 1, exponent, []
    while rest:
        said.append(f"${base}^{{{power}}} \\equiv {value}$")
        if rest & 1:
            result = result * value % modulus
            used.append((power, value))
        value, power, rest = value * value % modulus, power * 2, rest >> 1
    total = " + ".join(str(p) for p, _ in used)
    product = " \\times ".join(str(v) for _, v in used)
    ask = draw.one_of(
        {
            "en": (
                f"What is the remainder when ${base}^{{{exponent}}}$ is divided by {modulus}?",
                f"Compute ${base}^{{{exponent}}} \\bmod {modulus}$.",
                f"Find the smallest non-negative number congruent to ${base}^{{{exponent}}}$ modulo {modulus}.",
            ),
            "zh": (
                f"${base}^{{{exponent}}}$ 除以 {modulus} 的余数是多少？",
                f"求 ${base}^{{{exponent}}} \\bmod {modulus}$。",
            ),
        }[language]
    )
    solve = {
        "en": f"Square again and again modulo {modulus}: {', '.join(said)}. In powers of two the exponent is "
        f"${exponent} = {total}$, so the power is congruent to ${product} \\equiv {result}$ modulo {modulus}. The "
        f"remainder is {result}.",
        "zh": f"模 {modulus} 反复平方：{'，'.join(said)}。把指数写成二的幂之和 ${exponent} = {total}$，"
        f"所以原数同余于 ${product} \\equiv {result} \\pmod{{{modulus}}}$，余数是 {result}。",
    }[language]
    one_by_one = 1
    for _ in range(exponent):
        one_by_one = one_by_one * base % modulus
    return Problem(ask, solve, result, one_by_one)


def congruence(draw: Draw, language: str, level: int) -> Problem:
    """A linear congruence with one solution, or two congruences at once."""
    if level == 3:
        return _two_congruences(draw, language)
    modulus = draw.whole(7, 40 if level == 1 else 150)
    a = draw.one_of([n for n in range(2, modulus) if math.gcd(n, modulus) == 1])
    b = draw.whole(0, modulus - 1)
    rows, (r, s, x, y) = [], (modulus, a, 0, 1)
    while s:
        q = r // s
        rows.append(f"${r} = {q} \\times {s} + {r - q * s}$")
        r, s, x, y = s, r - q * s, y, x - q * y
    inverse = x % modulus
    answer = inverse * b % modulus
    ask = draw.one_of(
        {
            "en": (
                f"Solve ${a}x \\equiv {b} \\pmod{{{modulus}}}$ for $0 \\le x < {modulus}$.",
                f"Which $x$ from 0 to {modulus - 1} makes ${a}x$ leave the remainder {b} on division by {modulus}?",
            ),
            "zh": (f"解同余方程 ${a}x \\equiv {b} \\pmod{{{modulus}}}$，其中 $0 \\le x < {modulus}$。",),
        }[language]
    )
    solve = {
        "en": f"Euclid's algorithm on {modulus} and {a}: {', '.join(rows)}. They have no common divisor but 1, and "
        f"working backwards ${a} \\times {inverse} = {a * inverse}$, which leaves 1 modulo {modulus}; so the inverse "
        f"of {a} is {inverse}. Then $x \\equiv {inverse} \\times {b} = {inverse * b} \\equiv {answer}$.",
        "zh": f"对 {modulus} 和 {a} 用辗转相除法：{'，'.join(rows)}。两数互素，回代得 ${a} \\times {inverse} = "
        f"{a * inverse}$，"
        f"模 {modulus} 余 1，所以 {a} 的逆是 {inverse}。于是 $x \\equiv {inverse} \\times {b} = {inverse * b} "
        f"\\equiv {answer}$。",
    }[language]
    return Problem(ask, solve, [answer], [n for n in range(modulus) if (a * n - b) % modulus == 0])


def _two_congruences(draw: Draw, language: str) -> Problem:
    m = draw.whole(3, 29)
    n = draw.one_of([k for k in range(3, 32) if math.gcd(k, m) == 1])
    r, s = draw.whole(0, m - 1), draw.whole(0, n - 1)
    tried = [r + m * k for k in range(n)]
    inverse = pow(m, -1, n)
    k = (s - r) * inverse % n
    answer = r + m * k
    ask = draw.one_of(
        {
            "en": (
                f"Find the smallest non-negative number that leaves {r} on division by {m} and {s} on division by {n}.",
                f"Solve $x \\equiv {r} \\pmod{{{m}}}$ and $x \\equiv {s} \\pmod{{{n}}}$ with $0 \\le x < {m * n}$.",
                f"Counted in rows of {m}, {r} soldiers are left over; in rows of {n}, {s} are left over. What is the "
                f"smallest possible number of soldiers?",
            ),
            "zh": (
                f"一个数除以 {m} 余 {r}，除以 {n} 余 {s}，这样的最小非负整数是多少？",
                f"解同余方程组 $x \\equiv {r} \\pmod{{{m}}}$，$x \\equiv {s} \\pmod{{{n}}}$，$0 \\le x < {m * n}$。",
            ),
        }[language]
    )
    solve = {
        "en": f"The first condition means $x = {r} + {m}k$. In the second, ${m}k \\equiv {s} - {r} \\pmod{{{n}}}$. "
        f"The inverse of {m} modulo {n} is {inverse}, because ${m} \\times {inverse} = {m * inverse}$, so "
        f"$k \\equiv {inverse} \\times ({s} - {r}) \\equiv {k}$. Hence $x = {r} + {m} \\times {k} = {answer}$.",
        "zh": f"由第一个条件，$x = {r} + {m}k$。代入第二个得 ${m}k \\equiv {s} - {r} \\pmod{{{n}}}$。{m} 模 "
        f"{n} 的逆是 {inverse}"
        f"（${m} \\times {inverse} = {m * inverse}$），所以 $k \\equiv {inverse} \\times ({s} - {r}) \\equiv {k}$，"
        f"$x = {r} + {m} \\times {k} = {answer}$。",
    }[language]
    return Problem(ask, solve, [answer], [x for x in tried if x % n == s])


def committee(draw: Draw, language: str, level: int) -> Problem:
    """Choices from two groups: exactly, or at least so many of the first."""
    a, b = draw.whole(3, 10), draw.whole(3, 10)
    size = draw.whole(2, min(6, a, b))
    least = draw.whole(1, size - 1)
    first, second = draw.one_of(GROUPS[language])
    counts = [least] if level == 1 else list(range(least, size + 1))
    cases = [(k, math.comb(a, k), math.comb(b, size - k)) for k in counts]
    answer = sum(x * y for _, x, y in cases)
    rule = {"en": ("exactly", "at least"), "zh": ("恰有", "至少有")}[language][level > 1]
    ask = draw.one_of(
        {
            "en": (
                f"There are {a} {first} and {b} {second}. In how many ways can {size} be chosen so that {rule} "
                f"{least} "
                f"of the {first} are among them?",
                f"From {a} {first} and {b} {second} a set of {size} is to be formed with {rule} {least} of the "
                f"{first}. How many different sets are possible?",
            ),
            "zh": (
                f"有 {a} {first}和 {b} {second}，从中一共选 {size} 个，{rule} {least} {first}，共有多少种选法？",
                f"从 {a} {first}和 {b} {second}里任选 {size} 个，其中{rule} {least} {first}的选法有几种？",
            ),
        }[language]
    )
    said = [f"\\binom{{{a}}}{{{k}}}\\binom{{{b}}}{{{size - k}}} = {x} \\times {y} = {x * y}" for k, x, y in cases]
    each = "; ".join(f"{k}: ${text}$" for k, text in zip(counts, said, strict=True))
    total = "" if len(cases) == 1 else " + ".join(str(x * y) for _, x, y in cases)
    solve = {
        "en": f"Choose from each group separately and multiply. By the number of {first}: {each}."
        + (f" The cases exclude each other, so they add up: ${total} = {answer}$." if total else "")
        + f" There are {answer} ways.",
        "zh": f"分别从两组中选取并相乘，按第一组的个数分类：{each}。"
        + (f"各类互斥，相加得 ${total} = {answer}$。" if total else "")
        + f"共有 {answer} 种。",
    }[language]
    # Ways to have so many of each, one person at a time.
    ways = {(0, 0): 1}
    for person in range(a + b):
        step = (1, 0) if person < a else (0, 1)
        for (i, j), count in list(ways.items()):
            ways[i + step[0], j + step[1]] = ways.get((i + step[0], j + step[1]), 0) + count
    return Problem(ask, solve, answer, sum(n for (i, j), n in ways.items() if i + j == size and i in counts))


def arrangements(draw: Draw, language: str, level: int) -> Problem:
    """Orders of the letters of a word, freely or with two letters kept together."""
    word = draw.one_of([w for w in WORDS if len(w) <= 6 + (level > 1)]).upper()
    counts = Counter(word)
    repeated = [(letter, n) for letter, n in sorted(counts.items()) if n > 1]
    below = math.prod(math.factorial(n) for _, n in repeated)
    start = draw.one_of(sorted(counts)) if level > 1 else ""
    if start:
        counts[start] -= 1
        below = math.prod(math.factorial(n) for n in counts.values())
    length = len(word) - bool(start)
    answer = math.factorial(length) // below
    extra = {"en": f" that begin with {start}", "zh": f"（以 {start} 开头）"}[language] if start else ""
    ask = draw.one_of(
        {
            "en": (
                f"How many different arrangements of the letters of {word}{extra} are there?",
                f"In how many ways can the letters of the word {word} be ordered"
                + (f" if {start} must come first?" if start else "?"),
            ),
            "zh": (f"用单词 {word} 的全部字母可以排成多少种不同的排列{extra}？",),
        }[language]
    )
    division = f"\\frac{{{length}!}}{{{below}}} = \\frac{{{math.factorial(length)}}}{{{below}}} = {answer}"
    fixed = {"en": f"With {start} fixed, {length} letters remain. ", "zh": f"固定 {start}，还剩 {length} 个字母。"}[
        language
    ]
    solve = {
        "en": f"{fixed if start else ''}If all were different, {length} letters could be ordered in "
        f"${length}! = {math.factorial(length)}$ ways. Swapping equal letters changes nothing, so this is divided by "
        f"{below}, the product of the factorials of how often each letter occurs: ${division}$.",
        "zh": f"{fixed if start else ''}若各不相同，{length} 个字母有 ${length}! = {math.factorial(length)}$ 种排法；"
        f"交换相同的字母不产生新排列，所以除以各字母重复次数的阶乘之积 {below}：${division}$。",
    }[language]
    listed = _count_orders("".join(sorted(counts.elements())))
    return Problem(ask, solve, answer, listed)


@cache
def _count_orders(letters: str) -> int:
    """Count different orders letter by letter; those of short words are listed outright."""
    if len(letters) <= 5:
        return len(set(permutations(letters)))
    return sum(_count_orders(letters.replace(letter, "", 1)) for letter in set(letters))


TEMPLATES = {
    "modular_power": modular_power,
    "congruence": congruence,
    "committee": committee,
    "arrangements": arrangements,
}
