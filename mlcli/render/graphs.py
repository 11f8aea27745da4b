"""Graphs and computation trees in the terminal."""

from rich.cells import cell_len
from rich.text import Text as Line

from mlcli.lesson import Graph, Tree
from mlcli.render.page import MARGIN, MOST_ROWS, TAKES_PART, Page, kept
from mlcli.render.text import number, safe, vectors

MOST_PICTURED = 12  # nodes of a graph that is drawn in characters too
PICTURE_ROWS, PICTURE_COLUMNS, MOST_IN_A_NAME = 11, 46, 6


def draw_graph(graph: Graph, page: Page) -> list[Line]:
    """A row a node: its name, its group, and whom it is joined to with what weight."""
    arrow = "→" if graph.directed else "–"
    into: list[list[str]] = [[] for _ in graph.nodes]
    for i, (u, v) in enumerate(graph.edges):
        weight = f" {number(graph.weights[i], page.precision)}" if graph.weights else ""
        bracket = "[{}]" if i in graph.marked_edges else "{}"
        into[u].append(bracket.format(safe(graph.nodes[v]) + weight))
        if not graph.directed and u != v:
            into[v].append(bracket.format(safe(graph.nodes[u]) + weight))
    rows = kept(len(graph.nodes), 2 * MOST_ROWS)
    lines = page.paragraph(f"{graph.name} ({len(graph.nodes)} nodes, {len(graph.edges)} edges)", "dim")
    if len(graph.nodes) <= MOST_PICTURED and graph.edges and not graph.weights:
        lines += _picture(graph, page)
    facts = []
    for r in rows:
        if r is None:
            facts.append(("…", ""))
            continue
        group = f" ({safe(graph.groups[r])})" if graph.groups else ""
        name = f"[{safe(graph.nodes[r])}]" if r in graph.marked_nodes else safe(graph.nodes[r])
        facts.append((f"{name}{group} {arrow}", ", ".join(into[r]) or "nothing"))
    return lines + page.equations(facts)


def _picture(graph: Graph, page: Page) -> list[Line]:
    """The nodes' names at places like their distances, a dotted line for each edge."""
    import numpy as np

    from mlcli.core.graph_layout import layout

    columns = min(PICTURE_COLUMNS, page.width - len(MARGIN))
    places = layout(np.array(graph.edges, dtype=np.int64).T, len(graph.nodes))
    cells = np.rint((places * (1, -1) + (0, 1)) * (columns - 1 - MOST_IN_A_NAME, PICTURE_ROWS - 1)).astype(int)
    field = [[" "] * columns for _ in range(PICTURE_ROWS)]
    for u, v in graph.edges:
        steps = int(np.abs(cells[u] - cells[v]).max())
        for column, row in np.rint(np.linspace(cells[u], cells[v], steps + 1)).astype(int).tolist():
            field[row][column] = "·"
    names = [page.short(name, MOST_IN_A_NAME) for name in graph.nodes]
    if any(cell_len(name) != len(name) for name in names):  # wide letters would shift what stands behind them
        return []
    for (column, row), name in zip(cells.tolist(), names, strict=True):
        for i, letter in enumerate(name):
            field[row][column + i] = letter
    drawn = ["".join(row).rstrip() for row in field]
    while not drawn[0]:
        drawn.pop(0)
    while not drawn[-1]:
        drawn.pop()
    return [page.line(MARGIN + row) for row in drawn]


def draw_tree(tree: Tree, page: Page, indent: str = "") -> list[Line]:
    """A line a place, its children indented below it; a line that is too long is cut."""
    line = Line(MARGIN + page.plain(indent))
    line.append(page.plain(safe(tree.label)), TAKES_PART if tree.marked else "")
    if tree.values:
        line.append(page.plain(f"  {vectors([tree.values], page.precision)[0]}"))
    if line.cell_len > page.width:
        cut = page.plain("…")
        line.truncate(page.width - len(cut))
        line.append(cut)
    below = indent.replace("├─ ", "│  ").replace("└─ ", "   ")
    lines = [line]
    for i, child in enumerate(tree.children):
        lines += draw_tree(child, page, below + ("└─ " if i == len(tree.children) - 1 else "├─ "))
    return lines
