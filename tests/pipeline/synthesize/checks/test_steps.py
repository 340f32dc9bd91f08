import pytest

from pipeline.synthesize.checks.steps import wrong_steps


@pytest.mark.parametrize(
    "text",
    [
        r"$\binom{12}{4} = 495$ and $5! = 120$",
        r"$\sqrt{2} \approx 1.41$, $\sqrt{2} = 1.414$",
        r"$\sqrt{50} = 5\sqrt{2}$",
        r"$\sin 30^\circ = \frac{1}{2}$",
        r"$y = (x + 1)^2 = x^2 + 2x + 1$",
        r"$x^2 - 5x + 6 = 0$ and $x^2 - 5x + 6 = 2x - 6$",
        r"$f(x) = x^3 - 2x$, so $f'(x) = 3x^2 - 2$ and $f'(2) = 10$, $f''(x) = 6x$",
        r"With $y = \cos{2x}$ we have $y' = -2\sin{2x}$ and $\frac{dy}{dx} = -2 \sin 2x$.",
        r"$\frac{d}{dx}\left(x^2 e^{x}\right) = (x^2 + 2x) e^{x}$",
        r"$\int 3x^2 \, dx = x^3 + C$, and $\int_{0}^{2} 3x^2 \, dx = 8$",
        r"$2x + 3 = 7$, so $2x = 4$ and $x = 2$",
        r"$(x - 2)(x - 3) = 0$, so $x - 2 = 0$ or $x - 3 = 0$",
        r"$3x^2 - 3 = 0$. At $x = 2$ the function is positive.",
        r"$x^2 = 2$, so $x = 1.414$",
        r"$\frac{1}{2} x = 3$; $4(s / 100) = s / 25$; $s(0) = 3$",
        r"$30^{4} \equiv 18$ and $99 = 1 + 2 + 32 + 64$",
        "240e-6/(1200e-6 * 100) = 2e-3",
        r"$F = ma = 5 \times 3 = 15$",
        "Choose 0 (D) S = 1",
    ],
)
def test_right_or_doubtful_steps_stay(text):
    assert list(wrong_steps("", text)) == []


@pytest.mark.parametrize(
    "text",
    [
        r"$\binom{12}{4} = 496$",
        r"$\sqrt{2} \approx 1.51$",
        r"$\sqrt{50} = 5\sqrt{3}$",
        r"$\sin 30^\circ = \frac{1}{3}$",
        r"$y = (x + 1)^2 = x^2 + 2x + 2$",
        r"Factor: $x^2 - 5x + 6 = (x - 1)(x - 6)$",
        r"$f(x) = x^3 - 2x$, so $f'(x) = 3x^2 + 2$",
        r"$f(x) = x^3 - 2x$, so $f(2) = 6$",
        r"With $y = \cos{2x}$ we have $y' = 2\sin{2x}$",
        r"$\frac{d}{dx}\left(x^2 e^{x}\right) = (x^2 + x) e^{x}$",
        r"$\int 3x^2 \, dx = x^2 + C$",
        r"$\int_{0}^{2} 3x^2 \, dx = 9$",
        r"$2x + 3 = 7$, so $2x = 10$",
        r"$2x = 5$，因此 $x = 2$",
        r"$x^2 = 2$, so $x = 1.424$",
    ],
)
def test_wrong_steps_are_found(text):
    assert len(list(wrong_steps("", text))) == 1


def test_a_function_of_the_question_is_known_in_the_solution():
    assert list(wrong_steps(r"Differentiate $f(x) = x^2$.", r"$f'(x) = 2x$")) == []
    assert list(wrong_steps(r"Differentiate $f(x) = x^2$.", r"$f'(x) = 3x$")) == ["f'(x) = 3x"]
