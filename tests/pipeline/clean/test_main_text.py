import pytest

from pipeline.clean.markup.main_text import main_text

FILLER = "<p>Rivers carry more water in spring, when the snow in the mountains melts and the meadows are wet.</p>" * 3


def page(body):
    return main_text(
        f"<html><body><nav><a href='/'>Home</a> <a>Log in</a></nav><article>{FILLER}{body}</article></body></html>"
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></semantics></math>',
            "$x^2$",
        ),
        ('<math alttext="{\\displaystyle a\n+b}"><mi>a</mi></math>', "$a +b$"),
        ("<math><mfrac><mn>1</mn><msup><mi>x</mi><mn>2</mn></msup></mfrac></math>", r"$\frac{1}{x^2}$"),
        ("<math><msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt></math>", r"$\sqrt{a+b}$"),
        ('<script type="math/tex">e^{i\\pi}</script>', r"$e^{i\pi}$"),
        (
            '<span class="MathJax_Preview">drawn</span><span class="MathJax"><span>drawn</span></span>'
            '<script type="math/tex">y_7</script>',
            "$y_7$",
        ),
        (
            '<span class="katex"><span class="katex-mathml"><math><semantics><mi>z</mi><annotation '
            'encoding="application/x-tex">z_0</annotation></semantics></math></span>'
            '<span class="katex-html" aria-hidden="true">drawn</span></span>',
            "$z_0$",
        ),
        (
            '<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;"><math alttext='
            '"{\\displaystyle E=mc^{2}}"><mi>E</mi></math></span><img class="mwe-math-fallback-image-inline" '
            'alt="{\\displaystyle E=mc^{2}}" src="x.svg"></span>',
            "$E=mc^{2}$",
        ),
        ('<img class="math" src="_images/math/1.png" alt="\\alpha">', r"$\alpha$"),
        ('<img src="https://latex.codecogs.com/gif.latex?a" alt="a_1">', "$a_1$"),
        ('<span class="math notranslate">\\(a &lt; b\\)</span>', "$a < b$"),
    ],
)
def test_a_formula_comes_once_as_latex(html, expected):
    text = page(f"<p>We write {html} here, and so do all others who write about it at length.</p>")
    assert f"We write {expected} here" in text
    assert "drawn" not in text
    assert text.count(expected.strip("$")) == 1


def test_a_displayed_formula_stands_alone():
    text = page(
        r'<p>As follows:</p><div class="math">\[a = b\]</div><p>And that was it, as everyone could see at once.</p>'
    )
    assert "\n\n$$a = b$$\n\n" in text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<pre>if a:\n    b()\n</pre>", "```\nif a:\n    b()\n```"),
        ('<pre><code class="language-python">x = 1<br>y = 2</code></pre>', "```python\nx = 1\ny = 2\n```"),
        (
            '<div class="highlight-c notranslate"><div class="highlight"><table class="highlighttable"><tr>'
            '<td class="linenos"><div><pre>1\n2</pre></div></td>'
            '<td class="code"><div><pre><span>int</span> x;\n  x++;</pre></div></td></tr></table></div></div>',
            "```c\nint x;\n  x++;\n```",
        ),
        ("<pre>```\nnested\n```</pre>", "````\n```\nnested\n```\n````"),
        ("<p><code>a\nb</code></p>", "```\na\nb\n```"),
    ],
)
def test_code_keeps_its_lines_and_indents(html, expected):
    text = page(f"<p>Like this one, which is short enough:</p>{html}<p>Nothing more is needed to see what it does.</p>")
    assert f"\n\n{expected}\n\n" in text


def test_menus_go_and_inline_code_stays_in_its_sentence():
    text = page("<p>Call <code>run()</code> once, or as often as you like to see it.</p>")
    assert "Call run() once" in text
    assert "Log in" not in text


@pytest.mark.parametrize(
    "html", ["", " ", "\x00", "<", "<math>", "<pre>", "\ud800", "<p>" * 3000, "<math>" * 500, "&#xD800;<b>"]
)
def test_any_page_has_a_text_or_none(html):
    assert isinstance(main_text(html), str)
