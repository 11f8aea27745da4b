"""Graphs in JSON, each entry looked at before networkx reads it, so that what is wrong with one is told with its line.

node-link    {"nodes": [{"id": "Ann"}, …], "links": [{"source": "Ann", "target": "Bob"}, …]}
adjacency    {"nodes": [{"id": "Ann"}, …], "adjacency": [[{"id": "Bob"}, …], …]}, a list for each node
Cytoscape's  {"elements": {"nodes": [{"data": {"id": "Ann"}}, …], "edges": [{"data": {"source": …}}, …]}}
"""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from mlcli.core.errors import InputError
from mlcli.readers.source import Source, utf8
from mlcli.readers.wording import quoted

NODE_LINK = '{"nodes": [{"id": "Ann"}, …], "links": [{"source": "Ann", "target": "Bob"}, …]}'
ADJACENCY = '{"nodes": [{"id": "Ann"}, {"id": "Bob"}], "adjacency": [[{"id": "Bob"}], [{"id": "Ann"}]]}'
CYTOSCAPE = '{"elements": {"nodes": [{"data": {"id": "Ann"}}, …], "edges": [{"data": {"source": "Ann", "target": …}}]}}'

Place = tuple[tuple[str, ...], int]  # the keys that lead to a list, and the number of an element of it, from 1


def read_json(source: Source) -> tuple[str, Callable[[], Any]]:
    """What kind of JSON it is, and what makes networkx's graph of it.

    Raises:
        InputError: it is no JSON, or lacks a list of nodes or of edges; a node has no id; an edge has an end that is
            none of the nodes.
    """
    import networkx

    plain = _plain(source)
    if isinstance(plain, dict) and isinstance(plain.get("elements"), dict):
        _check_cytoscape(plain["elements"], source)
        for node in plain["elements"]["nodes"]:
            node["data"].setdefault("value", node["data"].get("id"))  # networkx's own has both
        plain.setdefault("data", [])
        return "Cytoscape's JSON", lambda: networkx.cytoscape_graph(plain)
    if isinstance(plain, dict) and "adjacency" in plain:
        _check_adjacency(plain, source)
        return "adjacency JSON", lambda: networkx.adjacency_graph(plain, multigraph=False)  # else it asks for keys
    _check_node_link(plain, source)
    edges = "links" if "links" in plain else "edges"
    plain["multigraph"] = True
    return "node-link JSON", lambda: networkx.node_link_graph(plain, edges=edges)


def place_of_weight(source: Source, key: str, value: Any) -> str:
    """The file, and the line of the first edge whose `key` is this."""
    for place, edge in _edges(_plain(source)):
        if repr(edge.get(key)) == repr(value):  # NaN too
            return _at(source, place)
    return source.where


def _plain(source: Source) -> Any:
    try:
        return json.loads(utf8(source))
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not JSON: {error.msg}", f"{source.where}:{error.lineno}", "see docs/gnn-propagate.md"
        ) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", source.where, "see docs/gnn-propagate.md") from error


def _edges(plain: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Each edge, and where it stands, of JSON that was checked; of adjacency the list that it is in."""
    if isinstance(plain.get("elements"), dict):
        for i, edge in enumerate(plain["elements"]["edges"], start=1):
            yield (("elements", "edges"), i), edge["data"]
    elif "adjacency" in plain:
        for i, neighbours in enumerate(plain["adjacency"], start=1):
            for neighbour in neighbours:
                yield (("adjacency",), i), neighbour
    else:
        key = "links" if "links" in plain else "edges"
        for i, link in enumerate(plain[key], start=1):
            yield ((key,), i), link


def _check_node_link(plain: Any, source: Source) -> None:
    if not isinstance(plain, dict):
        raise InputError("has no list of nodes", source.where, NODE_LINK)
    nodes = _list(plain, "nodes", source, NODE_LINK)
    key = "links" if "links" in plain or "edges" not in plain else "edges"
    links = _list(plain, key, source, NODE_LINK, "links")
    ids = _ids((_of(node, "id") for node in nodes), ("nodes",), source, NODE_LINK)
    for i, link in enumerate(links, start=1):
        _check_ends(link, f"link {i}", ids, ((key,), i), source, NODE_LINK)


def _check_adjacency(plain: dict[str, Any], source: Source) -> None:
    nodes, adjacency = (_list(plain, key, source, ADJACENCY) for key in ("nodes", "adjacency"))
    ids = _ids((_of(node, "id") for node in nodes), ("nodes",), source, ADJACENCY)
    if len(adjacency) != len(nodes):
        message = f"has {len(adjacency):,} lists of neighbours for {len(nodes):,} nodes"
        raise InputError(message, source.where, ADJACENCY)
    for i, neighbours in enumerate(adjacency, start=1):
        place = ("adjacency",), i
        if not isinstance(neighbours, list):
            raise InputError(f"the neighbours of node {i} are no list", _at(source, place), ADJACENCY)
        for j, neighbour in enumerate(neighbours, start=1):
            _check_end(_of(neighbour, "id"), f"neighbour {j} of node {i}", ids, place, source, ADJACENCY)


def _check_cytoscape(elements: dict[str, Any], source: Source) -> None:
    nodes, edges = (_list(elements, key, source, CYTOSCAPE) for key in ("nodes", "edges"))
    data = [_of(node, "data") for node in nodes]
    own = (_of(one, "value") if _of(one, "value") is not None else _of(one, "id") for one in data)
    ids = _ids(own, ("elements", "nodes"), source, CYTOSCAPE)
    for i, edge in enumerate(edges, start=1):
        _check_ends(_of(edge, "data"), f"edge {i}", ids, (("elements", "edges"), i), source, CYTOSCAPE)


def _of(entry: Any, key: str) -> Any:
    """What an entry has under this key, if it is one that has keys."""
    return entry.get(key) if isinstance(entry, dict) else None


def _list(plain: dict[str, Any], key: str, source: Source, hint: str, name: str = "") -> list[Any]:
    if not isinstance(plain.get(key), list):
        raise InputError(f"has no list of {name or key}", source.where, hint)
    return plain[key]


def _ids(own: Iterable[Any], keys: tuple[str, ...], source: Source, hint: str) -> set[Hashable]:
    """What the nodes are called."""
    ids: set[Hashable] = set()
    for i, name in enumerate(own, start=1):
        if not isinstance(name, str | int | float):
            raise InputError(f"node {i} has no id", _at(source, (keys, i)), hint)
        ids.add(name)
    return ids


def _check_ends(edge: Any, what: str, ids: set[Hashable], place: Place, source: Source, hint: str) -> None:
    for end in ("source", "target"):
        if not isinstance(edge, dict) or end not in edge:
            raise InputError(f"{what} has no {end}", _at(source, place), hint)
        _check_end(edge[end], f"the {end} of {what}", ids, place, source, hint)


def _check_end(name: Any, what: str, ids: set[Hashable], place: Place, source: Source, hint: str) -> None:
    if name is None:
        raise InputError(f"{what} has no id", _at(source, place), hint)
    if not isinstance(name, str | int | float) or name not in ids:
        raise InputError(f"{what}, {quoted(str(name))}, is not among the nodes", _at(source, place), hint)


def _at(source: Source, place: Place) -> str:
    """The file, and the line where an element begins."""
    (*outer, key), number = place
    text = utf8(source)
    at = text.index("{")
    for name in outer:
        at = _value(text, at, name)
    line, _ = list(_elements(text, _value(text, at, key)))[number - 1]
    return f"{source.where}:{line}"


DECODE, BLANK = json.JSONDecoder().raw_decode, re.compile(r"[\s,:]*")


def _skipped(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, key: str) -> int:
    """Where what stands under this key begins, in the object that begins at `at`: valid JSON."""
    at, value_at = _skipped(text, at + 1), 0
    while text[at] != "}":
        name, at = DECODE(text, at)
        value_at = _skipped(text, at) if name == key else value_at  # of a key given twice the last counts
        _, at = DECODE(text, _skipped(text, at))
        at = _skipped(text, at)
    return value_at


def _elements(text: str, at: int) -> Iterator[tuple[int, Any]]:
    """The line where each begins, and what it is, of the list that begins at `at`: valid JSON."""
    line, counted_to, at = 1, 0, _skipped(text, at + 1)
    while text[at] != "]":
        line, counted_to = line + text.count("\n", counted_to, at), at
        element, at = DECODE(text, at)
        yield line, element
        at = _skipped(text, at)
