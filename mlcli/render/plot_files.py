"""Figures as a picture in a file, by matplotlib: a panel each, for slides and papers.

Which figures can be drawn is `Drawable`; a new kind is its name there, a function, and its case in `write_plot`.
matplotlib is imported only when a file is written.
"""

import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mlcli.core.errors import InputError
from mlcli.files import refuse_existing, write_whole
from mlcli.lesson import Curve, Graph, Lesson, Picture, Scatter, Values
from mlcli.render.graph_pictures import draw_graph_picture
from mlcli.render.text import safe

Drawable = Curve | Scatter | Picture | Graph
SUFFIXES = (".png", ".svg", ".pdf")
UNDATED = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}  # the same bytes for the same numbers
PANEL = (7.0, 4.2)  # inches
GRAPH_HEIGHT = 6.5
TITLE = 80  # letters in a line of a panel's title
MARKS = "osD^v<>Phd"  # one for each group, so that colour is not all that tells them apart
MOST_WRITTEN = 225  # cells of a heat map; with more, their numbers would be too small to read
MOST_NAMED = 60  # points of a scatter; with more, their names would hide each other


def refuse_plot(path: Path, force: bool) -> None:
    """Called before the work starts, so that its result finds its place.

    Raises:
        InputError: a suffix that is none of ours; a file that exists, a folder that does not.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("this suffix is not known", str(path), f"one of {' '.join(SUFFIXES)}")
    refuse_existing(path, force)


def write_plot(lesson: Lesson, path: Path, force: bool = False) -> None:
    """Every figure of the lesson that can be drawn, in the order of telling, below each other.

    Raises:
        InputError: there is none; or see `refuse_plot`.
        RequestFailed: it cannot be written.
    """
    from matplotlib.figure import Figure

    figures = [*(figure for step in lesson.steps for figure in step.figures), *lesson.result.drawn]
    drawn = [figure for figure in figures if isinstance(figure, Drawable)]
    if not drawn:
        raise InputError("there is nothing to draw", "--plot", "leave it out")
    width, height = PANEL
    heights = [GRAPH_HEIGHT if isinstance(figure, Graph) else height for figure in drawn]
    picture = Figure(figsize=(width, sum(heights)), layout="constrained")
    panels = picture.subplots(len(drawn), squeeze=False, height_ratios=heights)[:, 0]
    for axes, figure in zip(panels, drawn, strict=True):
        match figure:
            case Curve():
                _curve(axes, figure)
            case Scatter():
                _scatter(axes, figure)
            case Picture():
                _picture(picture, axes, figure)
            case Graph():
                draw_graph_picture(axes, figure)
        _entitle(axes, figure.name)
        as_written(axes)
    picture.suptitle(safe(f"{lesson.command} · {lesson.title}"), fontsize="medium", parse_math=False, wrap=True)
    for axes, figure in zip(panels, drawn, strict=True):
        if isinstance(figure, Scatter) and axes.texts:
            _leave_out_names(picture, axes, figure.name)
    save_plot(picture, path, force)


def save_plot(picture: Any, path: Path, force: bool = False) -> None:
    """A matplotlib figure in the format of the suffix, whole or not at all, the same bytes again.

    Raises:
        InputError: see `refuse_plot`.
        RequestFailed: it cannot be written.
    """
    import matplotlib as mpl

    refuse_plot(path, force)

    def save(beside: Path) -> None:
        with (
            mpl.rc_context({"svg.hashsalt": "mlcli"}),
            warnings.catch_warnings(action="ignore"),
        ):  # a sign without glyph
            picture.savefig(beside, dpi=150, metadata=UNDATED[path.suffix.lower()])

    write_whole(path, save, force)


def _entitle(axes: Any, name: str) -> None:
    axes.set_title(textwrap.fill(safe(name), TITLE), fontsize="medium")


def _leave_out_names(picture: Any, axes: Any, title: str) -> None:
    """Of names that would lie over each other the first stays; the title says how many do not."""

    def told(count: int) -> str:
        return f"{title}; {count} of {len(axes.texts)} names left out, where there is no room" if count else title

    _entitle(axes, told(len(axes.texts)))  # the longest, so that the panel can only grow after it was measured
    with warnings.catch_warnings(action="ignore"):  # a sign without glyph
        picture.draw_without_rendering()
    taken: list[Any] = []
    for name in axes.texts:
        box = name.get_window_extent()
        if any(box.overlaps(other) for other in taken):
            name.set_visible(False)
        else:
            taken.append(box)
    _entitle(axes, told(sum(not name.get_visible() for name in axes.texts)))


def as_written(axes: Any) -> None:
    """A name with a $ in it is no formula."""
    legend = axes.get_legend()
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *(legend.get_texts() if legend else [])):
        text.set_parse_math(False)


def _curve(axes: Any, figure: Curve) -> None:
    """A series is a line; a reference is dashed, in the colour of the series before it."""
    colour = None
    for series in figure.series:
        values = np.asarray(series.values, dtype=float)
        values = np.where(np.isfinite(values) & ((values > 0) | (not figure.log_y)), values, np.nan)
        style = {"linestyle": "--", "color": colour} if series.reference else {"marker": "o", "markersize": 2.5}
        [line] = axes.plot(figure.x, values, label=safe(series.name), linewidth=1.3, **style)
        colour = line.get_color()
    for at, name in figure.marks:
        axes.axvline(at, color="grey", linestyle=":", label=safe(name))
    if figure.log_y:
        axes.set_yscale("log")
    if np.asarray(figure.x).dtype.kind == "i":  # no step between two steps
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(xlabel=safe(figure.x_label), ylabel=safe(figure.y_label))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def _scatter(axes: Any, figure: Scatter) -> None:
    """A colour and a mark for each group; the points' names beside them where they are few."""
    points = np.asarray(figure.points, dtype=float).reshape(-1, 2)
    groups = np.array(figure.groups or [""] * len(points))
    size = 18 if len(points) <= 10 * MOST_NAMED else 6
    for i, group in enumerate(dict.fromkeys(groups.tolist())):
        axes.scatter(*points[groups == group].T, s=size, marker=MARKS[i % len(MARKS)], label=safe(group))
    if len(points) <= MOST_NAMED:
        for point, label in zip(points, figure.labels, strict=False):
            axes.annotate(safe(label), point, xytext=(3, 3), textcoords="offset points", size=7, parse_math=False)
    axes.set(xlabel=safe(figure.x_label), ylabel=safe(figure.y_label))
    if figure.groups:
        axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))  # beside the points, not over them


def _picture(whole: Any, axes: Any, figure: Picture) -> None:
    """Dark is low, bright is high, as in the terminal; a heat map has the names of its rows and columns."""
    values = np.asarray(figure.values, dtype=float)
    values = np.abs(values) if figure.signed else values
    if values.ndim == 3:
        axes.imshow(np.clip((values - figure.low) / ((figure.high - figure.low) or 1.0), 0, 1), interpolation="nearest")
    else:
        tall = figure.labels and len(values) > 2 * values.shape[1]  # cells may then be wider than high
        shown = axes.imshow(
            values, cmap="gray", vmin=figure.low, vmax=figure.high, interpolation="nearest",
            aspect="auto" if tall else "equal",
        )  # fmt: skip
        whole.colorbar(shown, ax=axes, shrink=0.8)
    if figure.labels:
        rows, columns = ([safe(name) for name in names] for names in figure.labels)
        if values.ndim == 2 and values.size <= MOST_WRITTEN:
            _write_cells(axes, values, (figure.low + figure.high) / 2)
        axes.set_yticks(range(len(rows)), rows, fontsize="small", parse_math=False)
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize="small", parse_math=False)


def _write_cells(axes: Any, values: Values, middle: float) -> None:
    """Each value in its cell, dark on bright and bright on dark; a 0 is left to its shade."""
    for (r, c), value in np.ndenumerate(values):
        if value:
            colour = "black" if value > middle else "white"
            axes.text(c, r, f"{value:.2f}", ha="center", va="center", size=7, color=colour)
