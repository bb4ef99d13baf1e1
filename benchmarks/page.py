"""The results as one HTML page: the tables and four plots."""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import matplotlib as mpl
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from benchmarks.run import Results

_COLOURS: Final = {"ours": "#2457a6", "floor": "#8a8f98", "old way": "#c0762b"}
_STYLE: Final = """
body{font:16px/1.55 system-ui,sans-serif;color:#1d1d1f;max-width:72rem;
margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-size:.86rem;margin:1rem 0;display:block;overflow-x:auto}
th,td{border:1px solid #d9dbe0;padding:.3rem .6rem;text-align:left;white-space:nowrap}
th{background:#f4f5f7}figure{margin:1.5rem 0}svg{max-width:100%;height:auto}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}
"""


def page(results: Results, markdown: str) -> str:
    """The page, whole in one file."""
    tables = MarkdownIt("commonmark").enable("table").render(markdown)
    plots = "".join(f"<figure>{_svg(draw, results)}</figure>" for draw in _PLOTS)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Benchmark</title>'
        f"<style>{_STYLE}</style>{tables}<h2>Plots</h2>{plots}</html>\n"
    )


def _svg(draw: Callable[[Any, Results], None], results: Results) -> str:
    # Without these the file would change with every run, whatever was measured.
    with mpl.rc_context({"svg.hashsalt": "mechachang", "font.size": 10}):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        draw(figure.subplots(), results)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue().partition("<svg")[1] + out.getvalue().partition("<svg")[2]


def _latency(axes: Any, results: Results) -> None:
    steps = ("first_sign", "first_words", "finished")
    rows = [one for one in results.series if one.trigger == "mention"]
    subjects = list(dict.fromkeys(one.subject for one in rows))
    for place, subject in enumerate(subjects):
        mine = [one for one in rows if one.subject == subject]
        heights = [_middle([getattr(one, step).p95 for one in mine]) for step in steps]
        places = [number + 0.38 * place for number in range(len(steps))]
        bars = axes.bar(places, heights, 0.36, label=subject, color=_COLOURS[subject])
        axes.bar_label(bars, fmt="%.0f", fontsize=8)
    axes.set_xticks([n + 0.19 for n in range(len(steps))], [s.replace("_", " ") for s in steps])
    axes.set(ylabel="ms after the question, p95", title="A mention, step by step")
    axes.legend(frameon=False)


def _cpu(axes: Any, results: Results) -> None:
    names = list(dict.fromkeys((one.subject, one.trigger) for one in results.series))
    left = [0.0] * len(names)
    for part in ("command_service", "processor_service", "floor", "old way"):
        widths = [
            _middle(
                [
                    one.cpu_ms.get(part, 0.0)
                    for one in results.series
                    if (one.subject, one.trigger) == name
                ]
            )
            for name in names
        ]
        labels = [f"{subject}, {trigger}" for subject, trigger in names]
        axes.barh(labels, widths, left=left, label=part)
        left = [sum(pair) for pair in zip(left, widths, strict=True)]
    axes.set(xlabel="CPU ms a question", title="What a question costs")
    axes.legend(frameon=False)


def _saturation(axes: Any, results: Results) -> None:
    for found in results.saturation:
        rates = [step.rate for step in found.steps]
        axes.plot(
            rates,
            [step.added.p95 for step in found.steps],
            marker="o",
            label=found.subject,
            color=_COLOURS[found.subject],
        )
    axes.set(
        xlabel="questions a second",
        ylabel="added, p95, ms",
        yscale="log",
        title="How many questions a second are carried",
    )
    if results.saturation:
        axes.legend(frameon=False)


def _cost(axes: Any, results: Results) -> None:
    for design in dict.fromkeys(one.design for one in results.costs):
        mine = [one for one in results.costs if one.design == design]
        axes.plot(
            [one.answers for one in mine],
            [one.a_thousand for one in mine],
            marker="o",
            label=design,
        )
    axes.set(
        xlabel="answers a month",
        ylabel="US dollars for 1,000",
        xscale="log",
        yscale="log",
        title="Cost of 1,000 answers",
    )
    axes.legend(frameon=False)


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


_PLOTS: Final = (_latency, _cpu, _saturation, _cost)
