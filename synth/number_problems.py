"""Problems about numbers: chains of operations, long division, percentages, fractions, common divisors."""

from __future__ import annotations

import math
from fractions import Fraction

from synth.problem import Draw, Problem, fraction, number

ITEMS = {
    "en": ("pencils", "apples", "tickets", "postcards", "chairs", "seeds", "bottles", "tiles"),
    "zh": ("苹果", "橘子", "气球", "鸡蛋", "零件", "瓶子", "杯子", "皮球"),
}


def expression(draw: Draw, language: str) -> Problem:
    """Order of operations with brackets."""
    a, b, c, d = draw.whole(2, 60), draw.whole(2, 40), draw.whole(2, 25), draw.whole(2, 99)
    inner, product = a + b, (a + b) * c
    answer = product - d
    ask = draw.one_of(
        {
            "en": (
                f"Evaluate $({a} + {b}) \\times {c} - {d}$.",
                f"What is $({a} + {b}) \\times {c} - {d}$? Show each step.",
                f"Work out the value of the expression $({a} + {b}) \\times {c} - {d}$.",
            ),
            "zh": (f"计算 $({a} + {b}) \\times {c} - {d}$。", f"求 $({a} + {b}) \\times {c} - {d}$ 的值，并写出步骤。"),
        }[language]
    )
    solve = draw.one_of(
        {
            "en": (
                f"Brackets come first: ${a} + {b} = {inner}$. Multiplication comes before subtraction, so "
                f"${inner} \\times {c} = {product}$. Subtracting {d} leaves ${product} - {d} = {answer}$. "
                f"The value is {answer}.",
                f"Start inside the brackets, where {a} and {b} add up to {inner}. Multiply this by {c} to get "
                f"{product}. "
                f"Finally take away {d}: ${product} - {d} = {answer}$. So the expression equals {answer}.",
            ),
            "zh": (
                f"先算括号里的加法：${a} + {b} = {inner}$。再算乘法：${inner} \\times {c} = {product}$。"
                f"最后算减法：${product} - {d} = {answer}$。所以结果是 {answer}。",
            ),
        }[language]
    )
    return Problem(ask, solve, Fraction(answer), Fraction(a * c) + Fraction(b * c) - d)


def sharing(draw: Draw, language: str) -> Problem:
    """Division with a remainder; the answer is what is left over."""
    each, groups = draw.whole(11, 240), draw.whole(3, 29)
    left = draw.whole(0, groups - 1)
    total = each * groups + left
    item = draw.one_of(ITEMS[language])
    ask = draw.one_of(
        {
            "en": (
                f"{total} {item} are shared equally among {groups} boxes. How many go into each box, and how many are "
                f"left?",
                f"A shop packs {total} {item} into {groups} boxes, the same number in each. How many {item} remain "
                f"unpacked?",
                f"How many {item} are left over when {total} of them are divided evenly among {groups} groups?",
            ),
            "zh": (
                f"把 {total} 个{item}平均放进 {groups} 个盒子，每盒放多少个，还剩多少个？",
                f"有 {total} 个{item}，平均分成 {groups} 组，最后剩下几个？",
            ),
        }[language]
    )
    solve = draw.one_of(
        {
            "en": (
                f"Divide: ${total} \\div {groups}$. Since ${groups} \\times {each} = {each * groups}$ is the largest "
                f"multiple of "
                f"{groups} that does not exceed {total}, each gets {each}. What remains is ${total} - {each * groups} "
                f"= {left}$. "
                f"So each holds {each}, and {left} are left over.",
                f"We look for the largest multiple of {groups} up to {total}. It is ${groups} \\times {each} = "
                f"{each * groups}$. "
                f"The quotient is therefore {each} and the remainder is ${total} - {each * groups} = {left}$.",
            ),
            "zh": (
                f"列式：${total} \\div {groups}$。因为 ${groups} \\times {each} = {each * groups}$ 不超过 {total}，"
                f"所以每份是 {each} 个，"
                f"余数是 ${total} - {each * groups} = {left}$。答：每份 {each} 个，还剩 {left} 个。",
            ),
        }[language]
    )
    return Problem(ask, solve, Fraction(left), Fraction(total - math.floor(Fraction(total, groups)) * groups))


def percentage(draw: Draw, language: str) -> Problem:
    """A price after a discount."""
    price, percent = draw.whole(4, 400) * 5, draw.whole(1, 18) * 5
    saved = Fraction(price * percent, 100)
    answer = price - saved
    ask = draw.one_of(
        {
            "en": (
                f"A coat costs {price} dollars. In a sale its price is reduced by {percent}%. What is the sale price?",
                f"A machine listed at {price} dollars is sold with a discount of {percent} percent. How much does the "
                f"buyer pay?",
                f"Find the price of a {price}-dollar ticket after {percent}% has been taken off.",
            ),
            "zh": (
                f"一件商品原价 {price} 元，降价 {percent}% 出售，现价是多少元？",
                f"某台机器标价 {price} 元，优惠 {percent}%，买家实际付多少元？",
            ),
        }[language]
    )
    solve = {
        "en": f"The discount is ${percent}\\%$ of {price}, that is ${price} \\times \\frac{{{percent}}}{{100}} = "
        f"{number(saved)}$ "
        f"dollars. The new price is the old one less the discount: ${price} - {number(saved)} = "
        f"{number(answer)}$ dollars.",
        "zh": f"降低的钱数是 ${price} \\times \\frac{{{percent}}}{{100}} = {number(saved)}$ 元。"
        f"现价等于原价减去降低的部分：${price} - {number(saved)} = {number(answer)}$ 元。",
    }[language]
    return Problem(ask, solve, answer, Fraction(price) * Fraction(100 - percent, 100))


def fractions_sum(draw: Draw, language: str) -> Problem:
    """Adding two fractions over their least common denominator."""
    p = draw.whole(2, 15)
    r = draw.one_of([other for other in range(2, 16) if other != p])
    q, s = draw.whole(1, p - 1), draw.whole(1, r - 1)
    common = math.lcm(p, r)
    first, second = q * (common // p), s * (common // r)
    top, answer = first + second, Fraction(first + second, common)
    ask = draw.one_of(
        {
            "en": (
                f"Add the fractions $\\frac{{{q}}}{{{p}}}$ and $\\frac{{{s}}}{{{r}}}$ and give the result in lowest "
                f"terms.",
                f"Compute $\\frac{{{q}}}{{{p}}} + \\frac{{{s}}}{{{r}}}$.",
                f"What is the sum of $\\frac{{{q}}}{{{p}}}$ and $\\frac{{{s}}}{{{r}}}$, fully simplified?",
            ),
            "zh": (
                f"计算 $\\frac{{{q}}}{{{p}}} + \\frac{{{s}}}{{{r}}}$，结果化成最简形式。",
                f"求分数 $\\frac{{{q}}}{{{p}}}$ 与 $\\frac{{{s}}}{{{r}}}$ 的和。",
            ),
        }[language]
    )
    reduced = f" = {fraction(answer)}" if answer.denominator != common else ""
    lowest = f"$\\frac{{{top}}}{{{common}}}{reduced}$"
    solve = {
        "en": f"Fractions can be added once they share a denominator. The least common multiple of {p} and {r} is "
        f"{common}, so "
        f"$\\frac{{{q}}}{{{p}}} = \\frac{{{first}}}{{{common}}}$ and $\\frac{{{s}}}{{{r}}} = "
        f"\\frac{{{second}}}{{{common}}}$. "
        f"Adding the numerators gives ${first} + {second} = {top}$, hence the sum is {lowest}.",
        "zh": f"先通分：{p} 和 {r} 的最小公倍数是 {common}，于是 $\\frac{{{q}}}{{{p}}} = "
        f"\\frac{{{first}}}{{{common}}}$，"
        f"$\\frac{{{s}}}{{{r}}} = \\frac{{{second}}}{{{common}}}$。分子相加：${first} + {second} = {top}$，"
        f"所以和是 {lowest}。",
    }[language]
    return Problem(ask, solve, answer, Fraction(q, p) + Fraction(s, r))


def common_divisor(draw: Draw, language: str) -> Problem:
    """Greatest common divisor by Euclid's algorithm."""
    factor = draw.whole(2, 30)
    a, b = factor * draw.whole(5, 60), factor * draw.whole(3, 50)
    a, b = max(a, b), min(a, b)
    steps, x, y = [], a, b
    while y:
        steps.append(f"${x} = {x // y} \\times {y} + {x % y}$")
        x, y = y, x % y
    ask = draw.one_of(
        {
            "en": (
                f"Find the greatest common divisor of {a} and {b}.",
                f"Use Euclid's algorithm to compute $\\gcd({a}, {b})$.",
                f"What is the largest whole number that divides both {a} and {b}?",
            ),
            "zh": (f"求 {a} 和 {b} 的最大公约数。", f"用辗转相除法求 $\\gcd({a}, {b})$。"),
        }[language]
    )
    solve = {
        "en": f"Euclid's algorithm replaces the larger number by its remainder until the remainder is zero: "
        f"{', '.join(steps)}. "
        f"The last divisor is the answer, so $\\gcd({a}, {b}) = {x}$.",
        "zh": f"用辗转相除法，反复用余数代替较大的数，直到余数为零：{'，'.join(steps)}。最后的除数就是答案，"
        f"所以 $\\gcd({a}, {b}) = {x}$。",
    }[language]
    largest = max(d for d in range(1, b + 1) if a % d == 0 and b % d == 0)
    return Problem(ask, solve, Fraction(x), Fraction(largest))


TEMPLATES = {
    "expression": expression,
    "sharing": sharing,
    "percentage": percentage,
    "fractions_sum": fractions_sum,
    "common_divisor": common_divisor,
}
