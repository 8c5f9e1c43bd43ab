"""Charts as SVG inside the page, drawn by matplotlib; their colours follow the page's, in light, dark and print."""

import io
import re
import zlib
from typing import Any

from planning.breakeven import BreakEven, Ownership
from planning.cost import Cost

INK, FAINT = "#111111", "#888888"
SERIES = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#b45309", "#0e7490", "#be123c", "#4d7c0f")
TITLE_LINES = 40


def bars(bill: Cost) -> str:
    """The lines of a bill that have a price, the largest first."""
    known = sorted(((float(line.usd), line.item) for line in bill.lines if line.usd), reverse=True)[:12]
    figure, axes = _figure(max(2.0, 0.34 * len(known) + 0.8))
    labels = [item if len(item) < TITLE_LINES else item[: TITLE_LINES - 1] + "…" for _, item in known]
    drawn = axes.barh(range(len(known)), [usd for usd, _ in known], color=SERIES[0])
    axes.bar_label(drawn, [f"{usd:,.0f}" for usd, _ in known], padding=3, color=INK)
    axes.set_yticks(range(len(known)), labels)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("USD a month")
    return _svg(figure, "A bar for each priced line of the month's bill; the table below has the same figures.")


def curves(even: BreakEven, now: float) -> str:
    """USD a month over the load, a curve for each way of buying."""
    figure, axes = _figure(3.6)
    for index, curve in enumerate(even.curves):
        points = [(load, usd) for load, usd in zip(even.requests_per_s, curve.usd, strict=True) if usd is not None]
        style = ("-", "--", "-.", ":")[index % 4]
        axes.plot(*zip(*points, strict=True), style, color=SERIES[index % len(SERIES)], label=curve.name, linewidth=2)
    axes.axvline(now, color=FAINT, linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("mean requests a second (the line is today's)")
    axes.set_ylabel("USD a month")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8)
    return _svg(figure, f"What each way of buying costs over load. {' '.join(even.changes)}")


def ownership(found: Ownership) -> str:
    """Money spent by month, owning against renting."""
    from planning.breakeven import MONTHS

    figure, axes = _figure(3.0)
    for values, name, color, style in (
        (found.rented_usd, "rented", SERIES[0], "-"),
        (found.owned_usd, f"{found.servers} owned", SERIES[1], "--"),
    ):
        axes.plot(MONTHS, [usd / 1000 for usd in values], style, color=color, label=name, linewidth=2)
    axes.set_xlabel("months")
    axes.set_ylabel("thousand USD spent")
    axes.legend(frameon=False, labelcolor=INK, fontsize=8)
    when = f"even after {found.even_month:.0f} months" if found.even_month is not None else "never even"
    return _svg(figure, f"Money spent over five years, renting against owning: {when}.")


def day(hours: tuple[float, ...], replicas: tuple[int, ...] | None) -> str:
    """Requests a second in each hour of a day, and the replicas that carry them."""
    figure, axes = _figure(2.6)
    axes.fill_between(range(24), hours, step="mid", color=SERIES[0], alpha=0.35)
    axes.set_xlabel("hour of the day")
    axes.set_ylabel("requests a second")
    axes.set_ylim(0)
    if replicas:
        other = axes.twinx()
        other.step(range(24), replicas, where="mid", color=SERIES[1], linewidth=2)
        other.set_ylabel("replicas")
        other.set_ylim(0, max(replicas) + 1)
        other.yaxis.get_major_locator().set_params(integer=True)
        _plain(other)
    return _svg(figure, "Requests a second in each hour of a day as an area, the replicas that carry them as a line.")


def _figure(height: float) -> tuple[Any, Any]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "domicile", "font.family": "sans-serif", "font.size": 9}
    )
    figure: Any = Figure(figsize=(7.2, height), layout="constrained")
    axes: Any = figure.subplots()
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    _plain(axes)
    return figure, axes


def _plain(axes: Any) -> None:
    for name in ("top", "right"):
        axes.spines[name].set_visible(False)
    for name in ("bottom", "left"):
        axes.spines[name].set_color(FAINT)
    axes.tick_params(colors=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)


def _svg(figure: Any, words: str) -> str:
    """The figure as an SVG element with a description; ids are its own, ink is the page's."""
    from markupsafe import Markup, escape

    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) (?:width|height)="[^"]*"', r"\1", text)
    text = re.sub(r'(<svg[^>]*?) (?:width|height)="[^"]*"', r"\1", text, count=1)
    text = text.replace(INK, "var(--ink)").replace(FAINT, "var(--faint)")
    prefix = f"c{zlib.crc32(words.encode()):08x}"
    text = re.sub(r'id="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'(href="#|url\(#)', rf"\1{prefix}-", text)
    # the figure is ours: what people wrote is in it as text, which matplotlib escapes
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{escape(words)}"', 1))  # noqa: S704 said above
