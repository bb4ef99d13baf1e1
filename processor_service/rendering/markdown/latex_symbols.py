"""LaTeX commands that have a character, and the characters that have a raised or lowered form."""

from typing import Final


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Letters and other signs: the next character follows without a space.
LETTERS: Final = _pairs(
    r"""
    alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι
    kappa κ lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ
    upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ
    Upsilon Υ Phi Φ Psi Ψ Omega Ω infty ∞ partial ∂ nabla ∇ hbar ℏ ell ℓ Re ℜ Im ℑ aleph ℵ wp ℘
    emptyset ∅ varnothing ∅ forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ angle ∠ triangle △ square □
    blacksquare ■ bullet • star ⋆ dagger † ddagger ‡ degree ° circ ∘ prime ′ ldots … dots … cdots ⋯
    vdots ⋮ ddots ⋱ dotsb ⋯ dotsc … sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ bigcup ⋃
    bigcap ⋂ bigoplus ⨁ bigotimes ⨂ langle ⟨ rangle ⟩ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lbrace {
    rbrace } lvert | rvert | vert | lVert ‖ rVert ‖ Vert ‖ colon : checkmark ✓ top ⊤ bot ⊥
    therefore ∴ because ∵ copyright © pounds £ yen ¥ S § imath ı jmath ȷ surd √ backslash \
    """
)
# Operators and relations: a space goes on either side.
OPERATORS: Final = _pairs(
    r"""
    times × div ÷ pm ± mp ∓ cdot · ast ∗ oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙ cup ∪ cap ∩ setminus ∖
    wedge ∧ land ∧ vee ∨ lor ∨ eq = ne ≠ neq ≠ le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ lt < gt >
    ll ≪ gg ≫ approx ≈ sim ∼ simeq ≃ cong ≅ equiv ≡ propto ∝ in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃
    subseteq ⊆ supseteq ⊇ subsetneq ⊊ perp ⊥ parallel ∥ to → rightarrow → longrightarrow → gets ←
    leftarrow ← longleftarrow ← leftrightarrow ↔ Rightarrow ⇒ implies ⇒ Longrightarrow ⇒ Leftarrow ⇐
    impliedby ⇐ Leftrightarrow ⇔ iff ⇔ Longleftrightarrow ⇔ mapsto ↦ longmapsto ↦ uparrow ↑
    downarrow ↓ nearrow ↗ searrow ↘ hookrightarrow ↪ rightleftharpoons ⇌ models ⊨ vdash ⊢ asymp ≍
    prec ≺ succ ≻ doteq ≐ triangleq ≜ coloneqq ≔ nmid ∤ mid | bmod mod
    """
)
FUNCTIONS: Final = _names(
    """
    sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp lim max min sup inf
    arg det dim ker deg gcd hom Pr argmax argmin limsup liminf
    """
)
SPACES: Final = frozenset(
    ["quad", "qquad", ",", ";", ":", " ", ">", "enspace", "space", "thinspace"]
)
# They change a size or a place only.
NOTHING: Final = _names(
    """
    displaystyle textstyle scriptstyle limits nolimits left right big Big bigg Bigg bigl bigr Bigl
    Bigr biggl biggr middle ! nonumber notag
    """
)
FONTS: Final = _names(
    """
    mathrm mathbf mathit mathsf mathtt mathcal mathscr mathfrak boldsymbol bm operatorname
    operatorname* boxed
    """
)
TEXTS: Final = _names("text textbf textit textrm textsf texttt textnormal mbox")
DOUBLE_STRUCK: Final = dict(zip("CHNPQRZEFB1", "ℂℍℕℙℚℝℤ𝔼𝔽𝔹𝟙", strict=True))
# Characters that combine with the one before them.
ACCENTS: Final = {
    "hat": "\u0302",
    "widehat": "\u0302",
    "bar": "\u0304",
    "overline": "\u0305",
    "vec": "\u20d7",
    "dot": "\u0307",
    "ddot": "\u0308",
    "tilde": "\u0303",
    "widetilde": "\u0303",
}
NEGATED: Final = {"=": "≠", "∈": "∉", "<": "≮", ">": "≯", "⊂": "⊄", "≡": "≢", "∃": "∄", "|": "∤"}
RAISED: Final = dict(
    zip(
        "0123456789+−-=()abcdefghijklmnoprstuvwxyzT′∘*",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ′°*",
        strict=True,
    )
)
LOWERED: Final = dict(
    zip("0123456789+−-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)
)
