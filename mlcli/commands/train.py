"""mlcli train: fit a graph network, as its paper does, and set it beside the published result."""

from dataclasses import dataclass
from pathlib import Path

from mlcli.commands.options import command, program
from mlcli.core.errors import InputError
from mlcli.core.graphs import LabelledGraph
from mlcli.datasets.labelled_graphs import load
from mlcli.files import refuse_twice
from mlcli.lessons.training import tell
from mlcli.readers.labelled_graphs import read
from mlcli.render.learning_curves import write_plot
from mlcli.render.plot_files import refuse_plot
from mlcli.render.progress import TrainingProgress
from mlcli.render.runs import run_document
from mlcli.render.show import Output, option, show
from mlcli.training.checkpoints import refuse_folder, save
from mlcli.training.settings import GATSettings, GCNSettings, Settings

DEFAULT = "digits-graph"

app = program("Fit a graph network, as its paper does, and set it beside the published result.")


@dataclass(frozen=True)
class Source:
    """The graph to learn: a named one, or the user's own files."""

    dataset: str | None = option(None, f"karate, digits-graph, cora or citeseer; {DEFAULT} if no file is given.")
    edges: str | None = option(None, "Your own graph: an edge a line, two nodes.", metavar="FILE")
    features: str | None = option(None, "Numbers for each node; else each has one of its own.", metavar="FILE")
    labels: str | None = option(None, "A class for each node, and if you like its part of the split.", metavar="FILE")
    directed: bool = option(False, "In --edges, Ann,Bob is a message from Ann to Bob only.")
    delimiter: str | None = option(None, "What parts the columns of --edges, if it is not found.")


@dataclass(frozen=True)
class Job:
    """How often to train, and what to keep of it."""

    runs: int = option(1, "Train so often, from seed, seed+1, …; gives mean ± standard deviation.", min=1)
    seed: int = option(0, "For the first weights, dropout, and the split of your own files.", min=0)
    threads: int = option(1, "Threads of a run; more than one helps from about 100,000 edges on.", min=1)
    plot: Path | None = option(None, "Draw the curves of all runs: .png, .svg or .pdf.", metavar="FILE")
    save: Path | None = option(None, "Write the best run's weights, settings and epochs here.", metavar="DIR")
    check: bool = option(False, "Compute the trained model's logits with NumPy too and compare.", is_flag=True)


@command(
    app,
    examples=(
        "mlcli train gat --epochs 60",
        "mlcli train gat --edges sample_data/edges.csv --labels sample_data/labels.csv",
    ),
)
def gat(
    source: Source = Source(), settings: GATSettings = GATSettings(), job: Job = Job(), output: Output = Output()
) -> None:
    """Train a graph attention network (GAT), settings as in its paper, and tell how it went."""
    _train(settings, source, job, output)


@command(app, examples=("mlcli train gcn", "mlcli train gcn --dataset karate --runs 3"))
def gcn(
    source: Source = Source(), settings: GCNSettings = GCNSettings(), job: Job = Job(), output: Output = Output()
) -> None:
    """Train a graph convolutional network (GCN), settings as in its paper, and tell how it went."""
    _train(settings, source, job, output)


def _train(settings: Settings, source: Source, job: Job, output: Output) -> None:
    _refuse_names_taken(job, output)
    graph = _graph(source, job.seed)
    from mlcli.training.runs import study, train_all, workers_for

    seeds = range(job.seed, job.seed + job.runs)
    with TrainingProgress(job.runs, settings.epochs) as progress:
        outcomes = train_all(graph, settings, seeds, job.threads, progress, workers_for(job.threads))
    record = study(graph, settings, job.threads, outcomes)
    best = outcomes[record.runs.index(record.best)]
    checks = ()
    if job.check:
        from mlcli.checks.training import against_core
        from mlcli.training.networks import trained_network

        checks = (against_core(trained_network(graph, settings, best.weights), graph),)
    if job.save:
        save(job.save, record, best.run, best.weights, output.force)
    if job.plot:
        write_plot(record, job.plot, output.force)
    lesson = tell(record, saved=str(job.save) if job.save else None, checks=checks)
    show(lesson, output, run_document(record, checks))


def _refuse_names_taken(job: Job, output: Output) -> None:
    refuse_twice(*output.out, job.plot, job.save)
    if job.save:
        refuse_folder(job.save, output.force)
    if job.plot:
        refuse_plot(job.plot, output.force)


def _graph(source: Source, seed: int) -> LabelledGraph:
    if source.edges is None and source.labels is None and source.features is None:
        if source.directed or source.delimiter:
            option = "--directed" if source.directed else "--delimiter"
            raise InputError("is for a graph of your own", option, "add --edges FILE and --labels FILE")
        return load(source.dataset or DEFAULT)
    if source.dataset is not None:
        raise InputError("give either --dataset or your own files", hint=f"leave out --dataset {source.dataset}")
    if source.edges is None or source.labels is None:
        missing = "--edges" if source.edges is None else "--labels"
        raise InputError("your own graph needs --edges and --labels", hint=f"add {missing} FILE")
    return read(
        source.edges, source.features, source.labels, seed,
        weighted=False, directed=source.directed, delimiter=source.delimiter,
    )  # fmt: skip
