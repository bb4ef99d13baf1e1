"""Code, and formulas, which are shown as characters or as code."""

from markdown_it.rules_inline import backtick

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.formula_places import formula_at, is_open
from processor_service.rendering.markdown.inline.markers import gap
from processor_service.rendering.markdown.inline.state import GROWS, State


def read_code(state: State, silent: bool) -> bool:
    """Part the backticks from letters beside them."""
    start, known = state.pos, len(state.tokens)
    found = backtick(state, silent)
    if found and not silent:
        if len(state.tokens) == known or state.tokens[-1].type != "code_inline":
            state.spans.append((start, state.pos))
            state.runs.add((start, state.pos))
        else:
            before, after = state.around(start, state.pos)
            state.coded.append(((start, state.pos), state.tokens[-1].markup))
            state.edit(start, start, gap(before, "x"))
            state.edit(state.pos, state.pos, gap(after, "x"))
    return found


def read_inline_formula(state: State, silent: bool) -> bool:
    """Show a formula in LaTeX as characters, or as code."""
    found = formula_at(state.src, state.pos)
    if found is None or (found.end == len(state.src) and GROWS in state.env):
        if not silent and is_open(state.src, state.pos):
            state.open.append(state.pos)
        return False
    if silent:
        state.pos = found.end
        return True
    kind, tag = ("code_inline", "code") if found.coded else ("text", "")
    token = state.push(kind, tag, 0)
    token.content, token.markup = found.text, "`" * found.coded
    before, after = state.around(state.pos, found.end)
    written = found.markdown()
    if found.coded:
        gaps = (ZERO_WIDTH_SPACE if each == "`" else gap(each, "x") for each in (before, after))
        written = written.join(gaps)
    state.replace(found.end, written, "x" if found.coded else found.text)
    return True
