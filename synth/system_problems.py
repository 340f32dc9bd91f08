"""Problems of linear systems: two or three unknowns by elimination, checked by Cramer's rule."""

from __future__ import annotations

from fractions import Fraction

from synth.problem import Draw, Problem, fraction

UNKNOWNS = ("x", "y", "z")


def linear_system(draw: Draw, language: str, level: int) -> Problem:
    """Two unknowns with whole solutions, two with any, or three."""
    size = 3 if level == 3 else 2
    rows = _rows(draw, size, whole=level != 2)
    system = "\\begin{cases} " + " \\\\ ".join(equation(row) for row in rows) + " \\end{cases}"
    ask = draw.one_of(
        {
            "en": (
                f"Solve the system $${system}$$",
                f"Find the numbers ${', '.join(UNKNOWNS[:size])}$ that satisfy $${system}$$",
                f"Use elimination to solve $${system}$$",
            ),
            "zh": (f"解方程组 $${system}$$", f"用消元法求解 $${system}$$"),
        }[language]
    )
    steps, solution = eliminate(rows, language)
    written = ", ".join(f"{name} = {fraction(value)}" for name, value in zip(UNKNOWNS, solution, strict=False))
    close = {"en": f" The solution is ${written}$.", "zh": f"所以解为 ${written}$。"}[language]
    determinant = _determinant([row[:size] for row in rows])
    cramer = [
        Fraction(_determinant([[*row[:i], row[size], *row[i + 1 : size]] for row in rows]), determinant)
        for i in range(size)
    ]
    return Problem(ask, steps + close, solution, cramer)


def _rows(draw: Draw, size: int, *, whole: bool) -> list[list[int]]:
    while True:
        rows = [[draw.nonzero(9) for _ in range(size)] for _ in range(size)]
        solution = [draw.whole(-9, 9) for _ in range(size)]
        minor = rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0]
        if minor != 0 and _determinant(rows) != 0:
            sides = [sum(a * b for a, b in zip(row, solution, strict=True)) for row in rows]
            return [[*row, side if whole else draw.whole(-30, 30)] for row, side in zip(rows, sides, strict=True)]


def _determinant(m: list[list[int]]) -> int:
    if len(m) == 2:
        return m[0][0] * m[1][1] - m[0][1] * m[1][0]
    return sum((-1) ** i * m[0][i] * _determinant([[*row[:i], *row[i + 1 :]] for row in m[1:]]) for i in range(3))


def equation(row: list[int]) -> str:
    """Return a row of coefficients and a right side as LaTeX."""
    written = ""
    for value, name in zip(row, UNKNOWNS[: len(row) - 1], strict=False):
        if value:
            sign = ("-" if value < 0 else "") if not written else (" - " if value < 0 else " + ")
            written += f"{sign}{'' if abs(value) == 1 else abs(value)}{name}"
    return f"{written or '0'} = {row[-1]}"


def eliminate(rows: list[list[int]], language: str) -> tuple[str, list[Fraction]]:
    """Return the steps as text, and the solution, by forward elimination without fractions and back substitution.

    The first two leading minors must not be zero.
    """
    size, rows = len(rows), [list(row) for row in rows]
    said: list[str] = []
    for pivot in range(size - 1):
        for below in range(pivot + 1, size):
            p, q = rows[pivot][pivot], rows[below][pivot]
            was = equation(rows[below]), equation(rows[pivot])
            rows[below] = [p * b - q * a for a, b in zip(rows[pivot], rows[below], strict=True)]
            now = equation(rows[below])
            said.append(
                f"Multiply ${was[0]}$ by {p} and subtract {q} times ${was[1]}$ to remove ${UNKNOWNS[pivot]}$: ${now}$."
                if language == "en"
                else f"将 ${was[0]}$ 乘以 {p}，减去 ${was[1]}$ 的 {q} 倍，消去 ${UNKNOWNS[pivot]}$，得 ${now}$。"
            )
    solution = [Fraction(0)] * size
    for i in range(size - 1, -1, -1):
        known = sum((rows[i][j] * solution[j] for j in range(i + 1, size)), Fraction(0))
        solution[i] = (rows[i][-1] - known) / rows[i][i]
        said.append(
            f"From ${equation(rows[i])}$ we get ${UNKNOWNS[i]} = {fraction(solution[i])}$."
            if language == "en"
            else f"由 ${equation(rows[i])}$ 得 ${UNKNOWNS[i]} = {fraction(solution[i])}$。"
        )
    return (" " if language == "en" else "").join(said), solution


TEMPLATES = {"linear_system": linear_system}
