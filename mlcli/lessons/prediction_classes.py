"""How the classes of one input are told, and whether an edge joins two nodes."""

from mlcli.core.prediction import ClassPrediction, LinkPrediction, Neighbour
from mlcli.lesson import Cell, Figure, Part, Picture, Step, Table, Term, Worked
from mlcli.lessons.prediction_told import Told, bar

MOST_CLASSES = 20
UNSURE = 0.5
PARTS = {"train": "to train on", "validation": "to validate on", "test": "to test on"}


def tell_class(found: ClassPrediction) -> Told:
    """Each class with its probability; the input itself, or its neighbours."""
    classes, p, order = found.classes, found.probabilities, found.order
    name, taken = found.given.name, found.predicted
    rows: list[tuple[Cell, ...]] = [
        (classes[c], float(found.logits[c]), float(p[c]), bar(float(p[c])), "its class" if c == found.label else "")
        for c in order[:MOST_CLASSES]
    ]
    figures: list[Figure] = []
    if found.picture is not None:
        figures.append(Picture("what the network looks at", found.picture))
    figures.append(Table("", ("class", "logit", "p", "", " "), tuple(rows), marked=(0,)))
    steps = [Step(f"p({name})", f"{name}: taken for {classes[taken]}", "p = exp(logit) / Σ exp(logit)", tuple(figures))]
    if found.neighbours is not None:
        steps.append(_neighbours(found, found.neighbours))
    return Told(
        rules=(("rule", "p = softmax(logits); taken for the class of the largest p"),),
        steps=tuple(steps),
        answer=(
            ("taken for", classes[taken]),
            ("p", float(p[taken])),
            ("is", "not known" if found.label is None else classes[found.label]),
        ),
        notice=_notice(found),
    )


def _neighbours(found: ClassPrediction, neighbours: tuple[Neighbour, ...]) -> Step:
    classes = found.classes
    rows: list[tuple[Cell, ...]] = [
        (n.name, "not known" if n.label is None else classes[n.label], classes[n.predicted], n.p) for n in neighbours
    ]
    return Step(
        f"N({found.given.name})",
        f"{found.given.name}: {len(neighbours)} neighbour{'s' * (len(neighbours) != 1)}",
        "",
        (Table("", ("neighbour", "is", "taken for", "p"), tuple(rows)),) if rows else (),
        _company(found, neighbours),
    )


def _company(found: ClassPrediction, neighbours: tuple[Neighbour, ...]) -> str:
    known = [n.label for n in neighbours if n.label is not None]
    alike = sum(label == found.predicted for label in known)
    return f"{alike} of {len(known)} whose class is known are {found.classes[found.predicted]}." if known else ""


def _notice(found: ClassPrediction) -> tuple[str, ...]:
    classes, p, (first, second, *_) = found.classes, found.probabilities, found.order
    sentences = []
    if found.label is not None:
        own = classes[found.label]
        verdict = "right" if found.label == first else f"wrong: it is {own}, of which it is {p[found.label]:.1%} sure"
        where = f"; {found.given.name} is {PARTS[found.part]}" if found.part else ""
        sentences.append(f"{found.given.name} is taken for {classes[first]}: {verdict}{where}.")
    if p[first] < UNSURE:
        sentences.append(f"{found.given.name}: it is not sure. {classes[second]} is next, with {p[second]:.1%}.")
    if found.given.values is not None:
        sentences.append(
            "A network knows nothing but its classes: shown anything else, it still names one, often surely."
        )
    return tuple(sentences)


def tell_link(found: LinkPrediction) -> Told:
    """The dot product written out, and what σ makes of it."""
    u, v = found.u, found.v
    terms = tuple(
        Term(f"e_{u}[{i}]", *numbers)
        for i, numbers in enumerate(zip(found.e_u.tolist(), found.e_v.tolist(), found.products.tolist(), strict=True))
    )
    known = f"joined: an edge {PARTS[found.part]}" if found.part else "not joined"
    return Told(
        rules=(("rule", "s = e_u · e_v; σ(s) is how sure it is that an edge joins u and v"),),
        steps=(
            Step(
                f"s({u}, {v})",
                f"{u} and {v}: {'taken for joined' if found.s > 0 else 'taken for not joined'}, σ(s) = {found.p:.3f}",
                "s = Σ_d e_u[d] · e_v[d]",
                (Worked("s", (Part("", terms, found.s),), found.s, after=("σ", found.p)),),
                f"{found.likelier:,} of the {found.others:,} nodes that {u} is not joined to score higher with {u}.",
            ),
        ),
        answer=(("s", found.s), ("σ(s)", found.p), ("taken for", "joined" if found.s > 0 else "not joined"),
                ("is", known)),
        notice=(f"{u} and {v} are {known}.",),
    )  # fmt: skip
