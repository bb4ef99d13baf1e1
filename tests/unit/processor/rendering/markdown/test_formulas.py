"""Formulas in LaTeX, as models write them: readable, or in code; money and code stay."""

import pytest

from processor_service.rendering.incremental import IncrementalRenderer
from processor_service.rendering.markdown.document import read_document, words_of
from processor_service.rendering.markdown.formulas import readable_formula
from tests.support.markdown.judge import shown


def mended(source: str) -> str:
    return "".join(block.gap + block.text for block in read_document(source)).strip("\n")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", "x = (−b ± √(b² − 4ac))/(2a)"),
        (r"\sum_{i=1}^{n} i = \frac{n(n+1)}{2}", "∑ᵢ₌₁ⁿ i = n(n+1)/2"),
        (r"e^{i\pi} + 1 = 0", "e^(iπ) + 1 = 0"),
        (r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}", "∫₀^∞ e^(−x²) dx = √π/2"),
        (r"\lim_{x \to 0} \frac{\sin x}{x} = 1", "lim(x → 0) (sin x)/x = 1"),
        (r"P(A \mid B) = \frac{P(B \mid A)P(A)}{P(B)}", "P(A | B) = P(B | A)P(A)/P(B)"),
        (r"\text{売上} = \text{単価} \times \text{数量}", "売上 = 単価 × 数量"),
        (r"\text{CAC} = \frac{\text{costs}}{\text{new customers}}", "CAC = costs/(new customers)"),
        (r"O(n \log n)", "O(n log n)"),
        (r"\alpha \leq \beta \Rightarrow \mathbb{R}^2", "α ≤ β ⇒ ℝ²"),
        (r"x_{max}, a_{ij}, H_2O, 10^{-3}", "x_max, aᵢⱼ, H₂O, 10⁻³"),
        (r"\left( \frac{1}{2} \right)^{2}", "(1/2)²"),
        (r"\hat{y} = \bar{x} \not= 90^\circ", "ŷ = x̄ ≠ 90°"),
        (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", None),
        (r"\frac{1}", None),
        (r"{a", None),
        (r"a}", None),
        (r"\ce{H2O}", None),
        ("{" * 9 + "x" + "}" * 9, None),
    ],
)
def test_a_formula_is_written_in_characters_or_not_at_all(latex: str, text: str | None) -> None:
    found = readable_formula(latex)
    assert found == text or found == (text and text.replace("ŷ", "y\u0302").replace("x̄", "x\u0304"))


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        (r"解は $x = \frac{1}{2}$ です。", "解は x = 1/2 です。"),
        (r"The sum is \(a^2 + b^2\).", "The sum is a² + b²."),
        (r"Let $n$ be odd, so $n$-th, $f(x)$ and $2n+1$.", "Let n be odd, so n-th, f(x) and 2n+1."),
        (r"面積は$$S = \pi r^2$$です。", "面積はS = πr²です。"),
        (r"行列 $\begin{pmatrix}1\end{pmatrix}$ は", "行列 `\\begin{pmatrix}1\\end{pmatrix}` は"),
        ("$$\nE = mc^2\n$$", "E = mc²"),
        (
            "結果は次のとおり。\n\\[\nx_1 = 2\n\\]\n以上です。",
            "結果は次のとおり。\nx₁ = 2\n\n以上です。",
        ),
        ("\\begin{align}\na &= b^2 \\\\\n&= 4\n\\end{align}", "```\na = b²\n= 4\n```"),
        (
            "$$\n\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}\n$$",
            "```\n\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}\n```",
        ),
        ("- 式\n  $$\n  x^2\n  $$\n- 次", "- 式\n  x²\n- 次"),
        ("CO$_2$ と H$_2$O", "CO₂ と H₂O"),
        # Gemma writes prices so (ggml-org/llama.cpp 21795).
        (r"価格は $\$0.60$ から $\$5 \times 3$、$20\%$ 引き", "価格は $0.60 から $5 × 3、20% 引き"),
        ("> $$\n> - x^2\n> $$", "> −x²".replace("−", "− ")),
    ],
)
def test_formulas_in_text_are_readable(source: str, seen: str) -> None:
    assert mended(source).replace("\u200b", "") == seen


@pytest.mark.parametrize(
    "source",
    [
        "It costs $5 and $10 a month.",
        "From $5-$10, US$5/$6, or $20.",
        "料金は$5で、別料金が$10です。",
        "Use $HOME/$USER, and $PATH is set.",
        "$_GET と $_POST、$_ です",
        "[$] と [$]、($)+($)、'$'|'$'",
        "`$x^2$` and ``\\(y\\)``",
        "```latex\n$$\nx^2\n$$\n```",
        "\\[注\\] これは \\[x\\] と \\(補足\\)",
        "$$ is the shell's number\nof its process",
        "\\$x^2\\$",
        "A dollar $ and another $ apart.",
        "(in $) or x^2 and a_1",
    ],
)
def test_money_variables_escapes_and_code_stay_as_they_are(source: str) -> None:
    assert mended(source) == source


def test_a_formula_in_bold_beside_japanese_keeps_the_bold() -> None:
    assert mended("$x$**「注意」**です") == "x\u200a**「注意」**\u200aです"
    assert shown(mended("**$x^2$**です")) == "x²です"


def test_a_formula_cannot_make_a_ping_or_markup() -> None:
    assert "<!" not in mended(r"$<\text{!channel}>$ と $a\text{*b*} < \text{@U1}$")
    assert shown(mended(r"$\text{*b*}^2$")) == "*b*²"


def test_the_words_of_a_formula_are_words() -> None:
    assert words_of("速さは\n\n$$\nv = \\frac{x}{t}\n$$") == "速さは v = x/t"


@pytest.mark.parametrize(
    ("so_far", "settled"),
    [
        (r"解は $x = \frac{1}", "解は"),
        (r"解は $x = \frac{1}{2}$", "解は"),
        (r"解は $x = \frac{1}{2}$ で", "解は x = 1/2 で"),
        ("It costs $5 and then", "It costs $5 and then"),
        (r"So \(a", "So"),
        ("前です。\n\n$$\nE = m", "前です。"),
        ("前です。\n\n\\begin{ali", "前です。"),
        ("前です。\n\n\\[\nx", "前です。"),
        ("- 式\n  $$\n  x^2", "- 式"),
        ("これは<b>重", "これは"),
        ("これは<b>重</b>要", "これは重要"),
        ("水はH<sub>2", "水はH"),
        ("一行目。<br>", "一行目。"),
    ],
)
def test_a_formula_or_tag_that_still_grows_is_not_settled(so_far: str, settled: str) -> None:
    assert IncrementalRenderer().draw(so_far).settled() == settled


@pytest.mark.parametrize("step", [1, 2, 5])
def test_what_is_settled_of_formulas_is_never_taken_back(step: int) -> None:
    text = (
        "料金は$5です。解は $x = \\frac{-b}{2a}$、**$x^2$**と<b>太</b>字、H<sub>2</sub>O。<br>次。"
        "\n\n"
        "$$\n\\begin{aligned}\na &= b \\\\\n- c &= d\n\\end{aligned}\n$$\n\n- 式 \\(\\alpha\\) と\n"
        "  $$\n  - x^2\n  $$\n- It costs $5 and $10.\n\n\\[ y = 1 \\]\n\n以上です。"
    )
    draft, settled = IncrementalRenderer(), ""
    for end in range(1, len(text) + step, step):
        now = draft.draw(text[:end]).settled()
        assert now.startswith(settled) or settled.startswith(now), (text[:end], settled, now)
        settled = max(settled, now, key=len)
    assert mended(text).startswith(settled)
