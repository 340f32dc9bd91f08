"""Problems of algebra: linear equations, pairs of equations, arithmetic series, means."""

from __future__ import annotations

from fractions import Fraction

from synth.problem import Draw, Problem, number, signed


def linear_equation(draw: Draw, language: str) -> Problem:
    """One unknown on both sides; the solution may be a fraction."""
    a, c = draw.whole(5, 30), draw.whole(1, 4)
    b, d = (draw.one_of((-1, 1)) * draw.whole(1, 60) for _ in range(2))
    slope, right = a - c, d - b
    answer = Fraction(right, slope)
    unknown = draw.one_of(("x", "y", "t", "n"))
    equation = f"{a}{unknown} {signed(b)} = {c if c > 1 else ''}{unknown} {signed(d)}"
    ask = draw.one_of(
        {
            "en": (
                f"Solve the equation ${equation}$.",
                f"For which value of ${unknown}$ does ${equation}$ hold?",
                f"Find ${unknown}$ if ${equation}$.",
            ),
            "zh": (f"解方程 ${equation}$。", f"已知 ${equation}$，求 ${unknown}$ 的值。"),
        }[language]
    )
    solve = draw.one_of(
        {
            "en": (
                f"Collect the unknowns on one side and the numbers on the other. Subtracting "
                f"${c if c > 1 else ''}{unknown}$ from both sides "
                f"gives ${slope if slope > 1 else ''}{unknown} {signed(b)} = {d}$, and moving {b} across gives "
                f"${slope if slope > 1 else ''}{unknown} = {right}$. "
                f"Dividing by {slope} yields ${unknown} = {number(answer)}$.",
                f"Both sides are linear in ${unknown}$. Moving terms, $({a} - {c}){unknown} = {d} {signed(-b)}$, that "
                f"is "
                f"${slope if slope > 1 else ''}{unknown} = {right}$. Hence ${unknown} = {number(answer)}$.",
            ),
            "zh": (
                f"移项，把含 ${unknown}$ 的项放在左边，常数放在右边：$({a} - {c}){unknown} = {d} {signed(-b)}$，"
                f"即 ${slope if slope > 1 else ''}{unknown} = {right}$。"
                f"两边同除以 {slope}，得 ${unknown} = {number(answer)}$。",
            ),
        }[language]
    )
    # Where two straight lines meet, found from their values at 0 and 1 instead of by moving terms.
    gap_at_0, gap_at_1 = Fraction(b - d), Fraction(a + b - c - d)
    return Problem(ask, solve, answer, gap_at_0 / (gap_at_0 - gap_at_1))


def two_unknowns(draw: Draw, language: str) -> Problem:
    """Two numbers from their sum and difference, asked as tickets of two prices."""
    dear, cheap = draw.whole(12, 40), draw.whole(3, 11)
    many, few = draw.whole(5, 90), draw.whole(5, 90)
    total, income = many + few, many * dear + few * cheap
    ask = draw.one_of(
        {
            "en": (
                f"A theatre sold {total} tickets for {income} dollars in all. Adults paid {dear} dollars and children "
                f"{cheap}. "
                "How many adults came?",
                f"{total} people bought tickets at {dear} or {cheap} dollars, and the takings were {income} dollars. "
                f"How many "
                f"tickets at {dear} dollars were sold?",
            ),
            "zh": (
                f"剧院共卖出 {total} 张票，收入 {income} 元。成人票每张 {dear} 元，儿童票每张 {cheap} 元。"
                f"成人票卖出多少张？",
                f"{total} 人买票共花了 {income} 元，票价有 {dear} 元和 {cheap} 元两种。{dear} 元的票有多少张？",
            ),
        }[language]
    )
    base, extra, gap = total * cheap, income - total * cheap, dear - cheap
    solve = {
        "en": f"Let $a$ be the number of tickets at {dear} dollars. The other ${total} - a$ tickets cost {cheap} "
        f"dollars each, so "
        f"${dear}a + {cheap}({total} - a) = {income}$. If all had paid {cheap} dollars, the takings would be "
        f"{base}; "
        f"the missing ${income} - {base} = {extra}$ dollars come from the {gap} dollars more that each dear "
        f"ticket costs. "
        f"Therefore $a = {extra} \\div {gap} = {extra // gap}$.",
        "zh": f"设 {dear} 元的票有 $a$ 张，则 ${dear}a + {cheap}({total} - a) = {income}$。假设全是 {cheap} 元的票，"
        f"收入应为 {base} 元，"
        f"少了 ${income} - {base} = {extra}$ 元；每张贵票多 {gap} 元，所以 $a = {extra} \\div {gap} = "
        f"{extra // gap}$。",
    }[language]
    determinant = Fraction(1 * cheap - 1 * dear)
    return Problem(ask, solve, Fraction(extra // gap), Fraction(total * cheap - income) / determinant)


def arithmetic_series(draw: Draw, language: str) -> Problem:
    """Sum of the first terms of an arithmetic sequence."""
    first, step, count = draw.whole(-30, 60), draw.whole(2, 15), draw.whole(8, 60)
    last = first + (count - 1) * step
    answer = Fraction(count * (first + last), 2)
    terms = ", ".join(str(first + i * step) for i in range(3))
    ask = draw.one_of(
        {
            "en": (
                f"Find the sum of the first {count} terms of the arithmetic sequence ${terms}, \\dots$",
                f"An arithmetic progression begins with {first} and grows by {step} each time. What do its first "
                f"{count} terms add up to?",
                f"Compute the sum of {count} terms of the series ${first} {signed(first + step)} "
                f"{signed(first + 2 * step)} + \\cdots$",
            ),
            "zh": (
                f"求等差数列 ${terms}, \\dots$ 的前 {count} 项之和。",
                f"一个等差数列的首项是 {first}，公差是 {step}，它的前 {count} 项的和是多少？",
            ),
        }[language]
    )
    solve = {
        "en": f"The common difference is {step}, so the last of the {count} terms is "
        f"$a_{{{count}}} = {first} + {count - 1} \\times {step} = {last}$. "
        f"Pairing the first term with the last, the second with the last but one, and so on, every pair has "
        f"the same sum, and "
        f"$S_{{{count}}} = \\frac{{{count}({first} {signed(last)})}}{{2}} = {number(answer)}$.",
        "zh": f"公差是 {step}，第 {count} 项为 $a_{{{count}}} = {first} + {count - 1} \\times {step} = {last}$。"
        f"首尾两两配对，每对的和相等，"
        f"所以 $S_{{{count}}} = \\frac{{{count}({first} {signed(last)})}}{{2}} = {number(answer)}$。",
    }[language]
    return Problem(ask, solve, answer, sum((Fraction(first + i * step) for i in range(count)), Fraction(0)))


def missing_value(draw: Draw, language: str) -> Problem:
    """The value that gives a list a stated mean."""
    known = [draw.whole(40, 99) for _ in range(draw.whole(3, 5))]
    answer = draw.whole(40, 99)
    mean = Fraction(sum(known) + answer, len(known) + 1)
    listed = ", ".join(map(str, known))
    count = len(known) + 1
    ask = draw.one_of(
        {
            "en": (
                f"The mean of {count} scores is ${number(mean)}$. All but one of them are {listed}. What is the "
                f"missing score?",
                f"After {count} tests a pupil has an average of ${number(mean)}$. The first {count - 1} results were "
                f"{listed}. "
                "What was the result of the last test?",
            ),
            "zh": (
                f"{count} 次测验的平均分是 ${number(mean)}$，其中 {count - 1} 次的分数是 {listed}。"
                f"剩下一次的分数是多少？",
            ),
        }[language]
    )
    solve = {
        "en": f"A mean of ${number(mean)}$ over {count} values means a total of ${count} \\times {number(mean)} = "
        f"{sum(known) + answer}$. "
        f"The known values add up to {sum(known)}. The missing one is ${sum(known) + answer} - {sum(known)} = "
        f"{answer}$.",
        "zh": f"平均分乘以次数得到总分：${count} \\times {number(mean)} = {sum(known) + answer}$。已知分数之和是 "
        f"{sum(known)}，"
        f"所以剩下一次的分数是 ${sum(known) + answer} - {sum(known)} = {answer}$。",
    }[language]
    # The distances from the mean must cancel.
    return Problem(ask, solve, Fraction(answer), mean - sum((value - mean for value in known), Fraction(0)))


TEMPLATES = {
    "linear_equation": linear_equation,
    "two_unknowns": two_unknowns,
    "arithmetic_series": arithmetic_series,
    "missing_value": missing_value,
}
